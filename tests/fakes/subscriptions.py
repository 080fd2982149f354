"""Subscriptions in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import (
    ImportFate,
    NewSubscriber,
    Subscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    address_key,
    import_fate,
)
from pipeline.domain.ledger import SubscriberId


def a_subscription(number: int = 7, **changes: Any) -> Subscription:
    """Anna's active subscription, with what a test changes about it."""
    anna = Subscriber(
        id=SubscriberId(3), address="anna@example.org", name="Anna", created=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return replace(
        Subscription(
            id=SubscriptionId(number),
            subscriber=anna,
            newsletter="weekly",
            cadence="weekly",
            state=SubscriptionState.ACTIVE,
        ),
        **changes,
    )


@dataclass
class MemorySubscriptions:
    """A `SubscriptionStore` that keeps what was done to it."""

    by_id: dict[int, Subscription] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    changes: list[tuple[str, int, str]] = field(default_factory=list)

    def put(self, subscription: Subscription) -> None:
        self.by_id[subscription.id] = subscription

    def subscription(self, id_: SubscriptionId) -> Subscription | None:
        return self.by_id.get(id_)

    def unsubscribe(
        self, id_: SubscriptionId, now: datetime, how: str, *, goodbyes: Collection[str] = ()
    ) -> Subscription | None:
        one = self.by_id.get(id_)
        if one is not None and one.state is not SubscriptionState.UNSUBSCRIBED:
            assert now.tzinfo is UTC
            self.changes.append(("unsubscribe", id_, how))
            self.by_id[id_] = replace(one, state=SubscriptionState.UNSUBSCRIBED, ended_how=how)
        return self.by_id.get(id_)

    def resubscribe(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        one = self.by_id.get(id_)
        if one is not None and one.state is SubscriptionState.UNSUBSCRIBED:
            assert now.tzinfo is UTC
            if address_key(one.subscriber.address) not in self.suppressed:
                self.changes.append(("resubscribe", id_, ""))
                self.by_id[id_] = replace(one, state=SubscriptionState.ACTIVE, ended_how=None)
        return self.by_id.get(id_)


@dataclass
class MemoryImport:
    """An `ImportStore`."""

    states: dict[str, SubscriptionState] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)

    def add_subscribers(
        self,
        people: Iterable[NewSubscriber],
        newsletter: str,
        cadence: str,
        *,
        confirmed: bool,
        now: datetime,
        consent: str = "",
    ) -> ImportCounts:
        fates: list[ImportFate] = []
        for person in people:
            key = address_key(person.address)
            fate = import_fate(self.states.get(key), suppressed=key in self.suppressed, standing=person.standing)
            fates.append(fate)
            if fate is ImportFate.NEW:
                self.states[key] = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        return ImportCounts(**{fate.value: fates.count(fate) for fate in ImportFate})
