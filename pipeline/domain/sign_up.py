"""Sign-ups: what somebody asks for through a page, and what becomes of it until they have confirmed it by mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from pipeline.domain.audience import Choice, SubscriptionId, SubscriptionState, SuppressionReason, address_key

SignUpId = NewType("SignUpId", int)

CONFIRM_WITHIN = timedelta(days=7)
"""How long a confirmation link works."""

LIFTED_BY_CONFIRMING = frozenset(
    {
        # The confirmation proves what these say to be over, or to be the person's own former will.
        SuppressionReason.HARD_BOUNCE,
        SuppressionReason.SOFT_BOUNCE,
        SuppressionReason.UNSUBSCRIBED,
        SuppressionReason.ERASED,
    }
)
"""Suppressions that end when their owner signs up again and confirms it.

Not a complaint: who called our mail spam is mailed only after an operator lifted that.  Nor an operator's own decision.
"""

_WAITS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
REMEMBERED = timedelta(days=30)
"""How long it is known that mail went to a mailbox because somebody gave its address."""
_DAY = timedelta(days=1)
_MOST_A_DAY = 3
# Where what is behind a plus, or dots, make no other mailbox.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class SignUpKind(StrEnum):
    """What has to be confirmed."""

    SUBSCRIPTION = "subscription"
    ADDRESS = "address"
    """That a subscriber's mail goes to another address from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignUp:
    """What somebody asked for.

    ``address`` is checked and normalised.  ``spoken`` is the language of the page, ``network`` the network that it came
    from, ``consent`` the words that they agreed to.  ``subscription`` is the one whose address is to change.
    """

    newsletter: str
    address: str
    choice: Choice
    name: str = ""
    spoken: str = ""
    network: str = ""
    consent: str = ""
    kind: SignUpKind = SignUpKind.SUBSCRIPTION
    subscription: SubscriptionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A sign-up as its link shows it.  ``subscription`` is what it made; None while it isn't confirmed."""

    id: SignUpId
    kind: SignUpKind
    newsletter: str
    address: str
    choice: Choice
    spoken: str
    subscription: SubscriptionId | None = None


class SignUpFate(StrEnum):
    """What is done about a sign-up; the page says the same of all of them."""

    CONFIRM = "confirm"
    """A mail asks for confirmation."""
    WELCOME = "welcome"
    """They are subscribed: a mail says so, and has the link to their preferences."""
    NOTHING = "nothing"


def sign_up_fate(
    state: SubscriptionState | None,
    suppressed: SuppressionReason | None,
    earlier: Sequence[tuple[str, datetime]],
    newsletter: str,
    now: datetime,
) -> SignUpFate:
    """What to do about a sign-up for a newsletter, given the subscription that there is and the address's suppression.

    ``earlier`` is the mail that was made for the mailbox because somebody gave its address: newsletters and times.
    """
    if suppressed is not None and suppressed not in LIFTED_BY_CONFIRMING:
        return SignUpFate.NOTHING
    if not may_mail(earlier, newsletter, now):
        return SignUpFate.NOTHING
    if state in (SubscriptionState.ACTIVE, SubscriptionState.PAUSED) and suppressed is None:
        return SignUpFate.WELCOME
    return SignUpFate.CONFIRM


def may_mail(earlier: Sequence[tuple[str, datetime]], newsletter: str, now: datetime) -> bool:
    """Whether one more mail may go to a mailbox because somebody gave its address.

    For one newsletter the second comes after an hour at the earliest, the third after a day, each further one after a
    week; and for all of them there are three a day.  Who wanted it will have found the first; who didn't must not be
    bombed, however often others give the address.
    """
    here = [when for name, when in earlier if name == newsletter and now - when < REMEMBERED]
    if here and now - max(here) < _WAITS[min(len(here), len(_WAITS)) - 1]:
        return False
    return sum(now - when < _DAY for _, when in earlier) < _MOST_A_DAY


def mailbox_of(address: str) -> str:
    """What mails are counted by: addresses that differ behind a plus are one mailbox, as are Gmail's with dots."""
    local, _, domain = address_key(address).rpartition("@")
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"
