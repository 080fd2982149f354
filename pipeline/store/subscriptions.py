"""Subscribers, subscriptions and suppressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Engine, case, func, select, update

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import (
    ERASED,
    Choice,
    ImportFate,
    NewSubscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    address_key,
    import_fate,
)
from pipeline.store.database import reading, writing
from pipeline.store.groups import join_turn, last_release
from pipeline.store.noting import say_goodbye
from pipeline.store.placing import Groups, choose, start_anew
from pipeline.store.reading_subscriptions import one, subscriptions, to_subscription
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, lift, needed, no_digests, suppress, suppressed, suppression_record
from pipeline.store.tables import subscriber, subscription, subscription_group, suppression

_PAGE = 500
# Who was erased leaves a row without a person, so that its number, which links are made of, is not given out again.
_THERE = subscription.c.ended_how.is_distinct_from(ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """The audience of one store (see `pipeline.audience.store`)."""

    engine: Engine
    digests: Digests = no_digests

    def subscription(self, id_: SubscriptionId) -> Subscription | None:
        with reading(self.engine) as tx:
            return one(tx, id_)

    def unsubscribe(
        self, id_: SubscriptionId, now: datetime, how: str, *, goodbyes: Collection[str] = ()
    ) -> Subscription | None:
        """End it; a notice says so where the newsletter is among ``goodbyes``."""
        ended = {"state": SubscriptionState.UNSUBSCRIBED, "changed_at": now, "ended_how": how, "paused_until": None}
        going = update(subscription).where(
            subscription.c.id == id_, subscription.c.state != SubscriptionState.UNSUBSCRIBED
        )
        with writing(self.engine) as tx:
            has_ended = tx.execute(going.values(ended)).rowcount == 1
            found = one(tx, id_)
            if has_ended and found is not None and found.newsletter in goodbyes:
                say_goodbye(tx, found, now)
            return found

    def resubscribe(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        """Make it active again, from now on: what was released while it was ended is not mailed."""
        with writing(self.engine) as tx:
            found = one(tx, id_)
            if found is None or found.state is not SubscriptionState.UNSUBSCRIBED:
                return found
            if suppressed(tx, [address_key(found.subscriber.address)], self.digests):
                return found
            start_anew(tx, id_, found.newsletter)
            again = {
                "state": case(
                    (subscription.c.confirmed_at.is_(None), SubscriptionState.PENDING.value),
                    else_=SubscriptionState.ACTIVE.value,
                ),
                "changed_at": now,
                "ended_how": None,
            }
            tx.execute(update(subscription).where(subscription.c.id == id_).values(again))
            return one(tx, id_)

    def choose(self, id_: SubscriptionId, choice: Choice, now: datetime) -> Subscription | None:
        """Change what a person chose.  It counts from the next issue on: nothing is repeated, and nothing dropped.

        Articles that earlier issues passed over, because they had none of the topics chosen then, are not mailed.
        """
        with writing(self.engine) as tx:
            found = one(tx, id_)
            if found is None:
                return None
            choose(tx, id_, found.newsletter, choice)
            tx.execute(update(subscription).where(subscription.c.id == id_).values(changed_at=now))
            return one(tx, id_)

    def add_subscribers(
        self, people: Iterable[NewSubscriber], newsletter: str, cadence: str, *, confirmed: bool, now: datetime
    ) -> ImportCounts:
        state = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        counts = dict.fromkeys(ImportFate, 0)
        stream = iter(people)
        with writing(self.engine) as tx:
            join_turn(tx, newsletter)
            groups = Groups(tx, newsletter, cadence, last_release(tx))
            digests = needed(tx, self.digests)
            while page := {address_key(person.address): person for person in islice(stream, _PAGE)}:
                fates = _fates(tx, list(page), newsletter, digests)
                for fate in fates.values():
                    counts[fate] += 1
                fresh = {key: page[key] for key, fate in fates.items() if fate is ImportFate.NEW}
                if not fresh:
                    continue
                ids = _subscribers(tx, fresh, now)
                rows = [
                    {
                        "subscriber_id": ids[key],
                        "newsletter": newsletter,
                        "group_id": groups.of(person),
                        "state": state,
                        "created_at": now,
                        "confirmed_at": now if confirmed else None,
                        "changed_at": now,
                    }
                    for key, person in fresh.items()
                ]
                tx.execute(insert_new(tx, subscription).on_conflict_do_nothing(), rows)
        return _import_counts(counts)

    def fates(self, people: Iterable[NewSubscriber], newsletter: str) -> ImportCounts:
        """What `add_subscribers` would do with these people; changes nothing."""
        counts = dict.fromkeys(ImportFate, 0)
        stream = iter(people)
        with reading(self.engine) as tx:
            digests = needed(tx, self.digests)
            while page := [address_key(person.address) for person in islice(stream, _PAGE)]:
                for fate in _fates(tx, page, newsletter, digests).values():
                    counts[fate] += 1
        return _import_counts(counts)

    def count(self, *, newsletter: str | None = None, state: SubscriptionState | None = None) -> int:
        query = select(func.count()).select_from(subscription).where(_THERE)
        if newsletter is not None:
            query = query.where(subscription.c.newsletter == newsletter)
        if state is not None:
            query = query.where(subscription.c.state == state)
        with reading(self.engine) as tx:
            number: int = tx.execute(query).scalar_one()
        return number

    def listed(
        self,
        *,
        newsletter: str | None = None,
        state: SubscriptionState | None = None,
        address: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Subscription]:
        """Subscriptions in the order of their making, streamed."""
        query = subscriptions().where(_THERE).order_by(subscription.c.id).limit(limit)
        if newsletter is not None:
            query = query.where(subscription.c.newsletter == newsletter)
        if state is not None:
            query = query.where(subscription.c.state == state)
        if address is not None:
            query = query.where(subscriber.c.address_key == address_key(address))
        with reading(self.engine) as tx, tx.execution_options(yield_per=_PAGE).execute(query) as rows:
            for row in rows:
                yield to_subscription(row)

    def census(self) -> Sequence[tuple[str, str, int]]:
        """How many active subscriptions there are, by newsletter and cadence."""
        columns = (subscription_group.c.newsletter, subscription_group.c.cadence)
        active = (
            select(*columns, func.count())
            .join(subscription, subscription.c.group_id == subscription_group.c.id)
            .where(subscription.c.state == SubscriptionState.ACTIVE)
        )
        with reading(self.engine) as tx:
            rows = tx.execute(active.group_by(*columns).order_by(*columns)).all()
        return [(newsletter, cadence, size) for newsletter, cadence, size in rows]

    def suppress(self, address: str, reason: SuppressionReason, detail: str, now: datetime) -> None:
        """Send this address nothing more.  The first reason stays."""
        with writing(self.engine) as tx:
            suppress(tx, address_key(address), reason, detail, now)

    def unsuppress(self, address: str) -> bool:
        """Lift it; False if there was none."""
        with writing(self.engine) as tx:
            return lift(tx, address_key(address), self.digests)

    def suppression(self, address: str) -> Suppression | None:
        """Why this address gets no mail; None if it does."""
        key = address_key(address)
        with reading(self.engine) as tx:
            return suppressed(tx, [key], self.digests).get(key)

    def suppressions(self) -> Sequence[Suppression]:
        with reading(self.engine) as tx:
            rows = tx.execute(select(suppression).order_by(suppression.c.created_at, suppression.c.address_key)).all()
        return [suppression_record(row) for row in rows]


def _import_counts(counts: Mapping[ImportFate, int]) -> ImportCounts:
    return ImportCounts(
        new=counts[ImportFate.NEW], existing=counts[ImportFate.EXISTING], suppressed=counts[ImportFate.SUPPRESSED]
    )


def _fates(tx: Connection, keys: Sequence[str], newsletter: str, digests: Digests) -> dict[str, ImportFate]:
    gone = suppressed(tx, keys, digests)
    there = (
        select(subscriber.c.address_key, subscription.c.state)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscriber.c.address_key.in_(keys), subscription.c.newsletter == newsletter)
    )
    states = {key: SubscriptionState(state) for key, state in tx.execute(there)}
    return {key: import_fate(states.get(key), suppressed=key in gone) for key in keys}


def _subscribers(tx: Connection, people: dict[str, NewSubscriber], now: datetime) -> dict[str, int]:
    rows = [
        {"address": person.address, "address_key": key, "name": person.name, "created_at": now}
        for key, person in people.items()
    ]
    tx.execute(insert_new(tx, subscriber).on_conflict_do_nothing(), rows)
    query = select(subscriber.c.address_key, subscriber.c.id).where(subscriber.c.address_key.in_(people))
    return {row.address_key: row.id for row in tx.execute(query)}
