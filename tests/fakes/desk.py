"""A desk over a store whose books are looked at after every transition, and a clock that a test sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.deliver.dispatch import Desk
from pipeline.deliver.provider import Provider
from pipeline.domain.budget import Budget
from pipeline.domain.ledger import Books, IssueId, RetryPolicy
from pipeline.store.store import Store
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import FakeProvider
from tests.fakes.times import START, at


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: at(10))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass
class Balanced:
    """A ledger of which every transition leaves books that balance."""

    store: Store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        transition = getattr(self.store.ledger, name)

        def checked(*args: Any, **named: Any) -> Any:
            result = transition(*args, **named)
            assert self.store.issues.unbalanced() == {}, name
            assert all(one.books.balanced for one in self.store.issues.shown()), name
            return result

        return checked


def desk(
    store: Store,
    clock: Clock,
    *providers: Provider,
    owner: str = "me",
    attempts: int = 12,
    budgets: Mapping[str, Budget] | None = None,
    accounts: Mapping[str, str] | None = None,
    canary: int = 0,
    sender: str = "news.example.org",
) -> Desk:
    return Desk(
        ledger=Balanced(store),
        providers={NEWSLETTER: providers},
        fields=lambda addressee, _language: {"unsubscribe_url": f"https://x.example/{addressee.subscription}"},
        owner=owner,
        clock=clock,
        policy=RetryPolicy(attempts=attempts),
        budgets=budgets or {},
        accounts=accounts or {},
        canaries={NEWSLETTER: canary},
        senders={NEWSLETTER: sender},
        witnesses=store.events.told_of,
        nap=lambda seconds: clock.forward(timedelta(seconds=seconds)),
    )


def drain(desk: Desk) -> None:
    while desk.submit_next():
        pass


def books(store: Store, issue: IssueId) -> Books:
    return store.issues.shown([issue])[0].books


def everyone(*providers: FakeProvider) -> list[str]:
    """Who was accepted, by whomever, as often as they were."""
    return sorted(address.partition("@")[0] for provider in providers for address, _ in provider.accepted)


def frozen_issue(store: Store, *names: str, key: str = "x", minutes: float = 1) -> IssueId:
    """An issue of one article for these people, who are new, in batches of two."""
    subscribe(store, START, *names)
    show(store, [sighting(key)], at(minutes))
    frozen = freeze_immediate(store, at(minutes + 1))
    assert frozen is not None
    return frozen
