"""People who sign up, and a desk that mails them what they are told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.audience.sign_up_store import Confirmation
from pipeline.audience.tokens import TokenKeys
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.provider import Provider
from pipeline.domain.audience import Choice
from pipeline.domain.message import Message
from pipeline.domain.notice import Notice
from pipeline.domain.sign_up import NewSignUp, SignUpId
from pipeline.store.store import Store

WEEKLY = "weekly"
KEYS = TokenKeys(b"k" * 32)
MAIL = Message(from_="Redaktion <redaktion@news.example.org>", subject="", html="<p>Ja?</p>", text="Ja?")


def asked(address: str = "anna@example.org", newsletter: str = WEEKLY, **changes: Any) -> NewSignUp:
    return replace(
        NewSignUp(
            newsletter=newsletter,
            address=address,
            choice=Choice(cadence="daily", topics=("KI",)),
            name="Anna",
            spoken="de",
            network="203.0.113.0/24",
            consent="Ja, ich will.",
        ),
        **changes,
    )


def sign_up(store: Store, now: datetime, *people: NewSignUp) -> list[Notice]:
    """The notices that come of it."""
    before = {one.id for one in store.notices.unrendered()}
    for person in people or (asked(),):
        store.sign_ups.ask(person, now)
    while store.sign_ups.decide(now):
        pass
    return [one for one in store.notices.unrendered() if one.id not in before]


def confirmed(store: Store, notice: Notice, now: datetime, welcomes: Sequence[str] = ()) -> Confirmation | None:
    assert notice.sign_up is not None
    return store.sign_ups.confirm(SignUpId(notice.sign_up), now, "198.51.100.0/24", welcomes)


def subscribed(store: Store, now: datetime, address: str = "anna@example.org") -> Confirmation:
    (notice,) = sign_up(store, now, asked(address))
    done = confirmed(store, notice, now)
    assert done is not None
    return done


def render_all(store: Store) -> None:
    for one in store.notices.unrendered():
        store.notices.keep_message(one, replace(MAIL, subject=f"{one.kind} {one.sign_up}"))


def desk_for(store: Store, providers: Sequence[Provider], now: datetime, owner: str = "desk") -> Desk:
    return Desk(
        ledger=store.notices,
        providers={WEEKLY: list(providers)},
        fields=lambda _addressee, _language: {},
        owner=owner,
        clock=lambda: now,
    )


def links(text: str) -> list[str]:
    return re.findall(r"https?://[^\s<>\"]+", text)
