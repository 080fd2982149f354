"""The audience: people, what each of them chose, and which addresses get no mail."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.domain.ledger import SubscriberId

SubscriptionId = NewType("SubscriptionId", int)

ERASED = "erased"
"""How a subscription ended whose person had everything deleted that we knew of them."""


class SubscriptionState(StrEnum):
    """Where a subscription stands.  Only an active one gets mail."""

    PENDING = "pending"
    """The person has still to confirm it."""
    ACTIVE = "active"
    PAUSED = "paused"
    """The person wants nothing until a day of their choice."""
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    """Why an address gets no mail, from any newsletter."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    """Too many soft bounces and no delivery between them; a delivery that is told of later lifts it."""
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    """The person told the provider or its mailbox, not us; a click on our link ends one subscription only."""
    MANUAL = "manual"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person's address.  ``created`` is aware, in UTC.  ``untracked``: nothing that they do is counted."""

    id: SubscriberId
    address: str
    name: str
    created: datetime
    untracked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A person's choice for one newsletter.

    ``topics`` are topic keys, empty for all.  ``language`` (BCP 47) and ``timezone`` (IANA) are None where the
    person left them to the newsletter.  ``ended_how`` says how an unsubscribed one ended: ``one-click``, ``page`` …
    ``paused_until`` (aware, UTC) is when a paused one goes on.
    """

    id: SubscriptionId
    subscriber: Subscriber
    newsletter: str
    cadence: str
    state: SubscriptionState
    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: str | None = None
    ended_how: str | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person may choose for a newsletter; as in `Subscription`, but ``topics`` are labels."""

    cadence: str
    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no mail, by its `address_key`; it outlives the subscriber.  ``since`` is aware, in UTC."""

    address_key: str
    reason: SuppressionReason
    since: datetime
    detail: str = ""


class Standing(StrEnum):
    """How somebody stands with the list that brings them along."""

    SUBSCRIBED = "subscribed"
    UNCONFIRMED = "unconfirmed"
    """They were asked, and have not said yes."""
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"
    """They get no mail from there at all, by their own will or the operator's."""


BARRED_BY_STANDING = {
    Standing.BOUNCED: SuppressionReason.HARD_BOUNCE,
    Standing.COMPLAINED: SuppressionReason.COMPLAINT,
    Standing.BLOCKED: SuppressionReason.UNSUBSCRIBED,
}
"""Whose address is suppressed when a list brings them along, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """A person as a list or a form brings them: checked, normalised, not yet in the store.

    ``agreed`` (aware, UTC) is when they said yes, where that is known.
    """

    address: str
    name: str = ""
    language: str | None = None
    timezone: str | None = None
    topics: tuple[str, ...] = ()
    standing: Standing = Standing.SUBSCRIBED
    agreed: datetime | None = None


class ImportFate(StrEnum):
    """What an import does with a person."""

    NEW = "new"
    EXISTING = "existing"
    SUPPRESSED = "suppressed"
    """Their address gets no mail here."""
    ENDED = "ended"
    """They are written down as having unsubscribed."""
    BARRED = "barred"
    """Their address is suppressed from now on, because the list says so."""
    UNCONFIRMED = "unconfirmed"
    """They have never said yes, and are left out."""


def import_fate(
    state: SubscriptionState | None, *, suppressed: bool, standing: Standing = Standing.SUBSCRIBED, own: bool = False
) -> ImportFate:
    """What an import does, given the state of the person's subscription to that newsletter (None: there is none).

    An import never revives: whoever unsubscribed, or whose address is suppressed, said so later than any list.
    It doesn't change what there is either, so that the same file can be imported twice; but who has left by what the
    list says is not mailed, unless they came here by themselves (``own``: they confirmed a sign-up).
    """
    if suppressed:
        return ImportFate.SUPPRESSED
    if standing in BARRED_BY_STANDING:
        return ImportFate.BARRED
    if standing is Standing.UNSUBSCRIBED and state is not SubscriptionState.UNSUBSCRIBED and not own:
        return ImportFate.ENDED
    if state is not None:
        return ImportFate.EXISTING
    return ImportFate.UNCONFIRMED if standing is Standing.UNCONFIRMED else ImportFate.NEW


def list_address(provider: str) -> str:
    """What a list that its provider owns is called as a subscriber: an address that nobody has (RFC 6761)."""
    return f"list@{provider}.invalid"


def address_key(address: str) -> str:
    """The form by which addresses are compared: NFC and case folded.

    RFC 5321 lets a host tell ``Anna@`` from ``anna@``; none that people use does, and mailing both mails one twice.
    """
    return unicodedata.normalize("NFC", address.strip()).casefold()


def masked(address: str) -> str:
    """The address as a page may show it to whoever holds a link: ``a***@example.org``."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else "***"
