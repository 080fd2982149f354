"""Subscribers, subscriptions and suppressions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, case, delete, func, select, update

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import (
    Choice,
    ImportFate,
    NewSubscriber,
    Subscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    address_key,
    import_fate,
)
from pipeline.domain.ledger import SubscriberId
from pipeline.store.database import reading, writing
from pipeline.store.groups import join_turn, last_release
from pipeline.store.placing import Groups, choose, start_anew
from pipeline.store.statements import insert_new
from pipeline.store.tables import subscriber, subscription, subscription_group, suppression, topic_set

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """The audience of one store (see `pipeline.audience.store`)."""

    engine: Engine

    def subscription(self, id_: SubscriptionId) -> Subscription | None:
        with reading(self.engine) as tx:
            return _one(tx, id_)

    def unsubscribe(self, id_: SubscriptionId, now: datetime, how: str) -> Subscription | None:
        ended = {"state": SubscriptionState.UNSUBSCRIBED, "changed_at": now, "ended_how": how}
        going = update(subscription).where(
            subscription.c.id == id_, subscription.c.state != SubscriptionState.UNSUBSCRIBED
        )
        with writing(self.engine) as tx:
            tx.execute(going.values(ended))
            return _one(tx, id_)

    def resubscribe(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        """Make it active again, from now on: what was released while it was ended is not mailed."""
        with writing(self.engine) as tx:
            found = _one(tx, id_)
            if found is None or found.state is not SubscriptionState.UNSUBSCRIBED:
                return found
            gone = select(suppression).where(suppression.c.address_key == address_key(found.subscriber.address))
            if tx.execute(gone).one_or_none() is not None:
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
            return _one(tx, id_)

    def choose(self, id_: SubscriptionId, choice: Choice, now: datetime) -> Subscription | None:
        """Change what a person chose.  It counts from the next issue on: nothing is repeated, and nothing dropped.

        Articles that earlier issues passed over, because they had none of the topics chosen then, are not mailed.
        """
        with writing(self.engine) as tx:
            found = _one(tx, id_)
            if found is None:
                return None
            choose(tx, id_, found.newsletter, choice)
            tx.execute(update(subscription).where(subscription.c.id == id_).values(changed_at=now))
            return _one(tx, id_)

    def add_subscribers(
        self, people: Iterable[NewSubscriber], newsletter: str, cadence: str, *, confirmed: bool, now: datetime
    ) -> ImportCounts:
        state = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        counts = dict.fromkeys(ImportFate, 0)
        stream = iter(people)
        with writing(self.engine) as tx:
            join_turn(tx, newsletter)
            groups = Groups(tx, newsletter, cadence, last_release(tx))
            while page := {address_key(person.address): person for person in islice(stream, _PAGE)}:
                fates = _fates(tx, list(page), newsletter)
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
            while page := [address_key(person.address) for person in islice(stream, _PAGE)]:
                for fate in _fates(tx, page, newsletter).values():
                    counts[fate] += 1
        return _import_counts(counts)

    def count(self, *, newsletter: str | None = None, state: SubscriptionState | None = None) -> int:
        query = select(func.count()).select_from(subscription)
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
        query = _subscriptions().order_by(subscription.c.id).limit(limit)
        if newsletter is not None:
            query = query.where(subscription.c.newsletter == newsletter)
        if state is not None:
            query = query.where(subscription.c.state == state)
        if address is not None:
            query = query.where(subscriber.c.address_key == address_key(address))
        with reading(self.engine) as tx, tx.execution_options(yield_per=_PAGE).execute(query) as rows:
            for row in rows:
                yield _subscription(row)

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
        row = {"address_key": address_key(address), "reason": reason, "detail": detail, "created_at": now}
        with writing(self.engine) as tx:
            tx.execute(insert_new(tx, suppression).values(row).on_conflict_do_nothing())

    def unsuppress(self, address: str) -> bool:
        """Lift it; False if there was none."""
        with writing(self.engine) as tx:
            lifted = delete(suppression).where(suppression.c.address_key == address_key(address))
            return tx.execute(lifted).rowcount == 1

    def suppression(self, address: str) -> Suppression | None:
        """Why this address gets no mail; None if it does."""
        with reading(self.engine) as tx:
            query = select(suppression).where(suppression.c.address_key == address_key(address))
            row = tx.execute(query).one_or_none()
        return _suppression(row) if row else None

    def suppressions(self) -> Sequence[Suppression]:
        with reading(self.engine) as tx:
            rows = tx.execute(select(suppression).order_by(suppression.c.created_at, suppression.c.address_key)).all()
        return [_suppression(row) for row in rows]


def _import_counts(counts: Mapping[ImportFate, int]) -> ImportCounts:
    return ImportCounts(
        new=counts[ImportFate.NEW], existing=counts[ImportFate.EXISTING], suppressed=counts[ImportFate.SUPPRESSED]
    )


def _subscriptions() -> Select[Any]:
    return (
        select(subscription, subscriber.c.address, subscriber.c.name, subscriber.c.created_at.label("known_since"))
        .add_columns(subscription_group.c.cadence, subscription_group.c.language, subscription_group.c.timezone)
        .add_columns(topic_set.c.topics)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(subscription_group, subscription_group.c.id == subscription.c.group_id)
        .join(topic_set, topic_set.c.id == subscription_group.c.topic_set_id)
    )


def _one(tx: Connection, id_: SubscriptionId) -> Subscription | None:
    row = tx.execute(_subscriptions().where(subscription.c.id == id_)).one_or_none()
    return _subscription(row) if row else None


def _subscription(row: Row[Any]) -> Subscription:
    person = Subscriber(id=SubscriberId(row.subscriber_id), address=row.address, name=row.name, created=row.known_since)
    return Subscription(
        id=SubscriptionId(row.id),
        subscriber=person,
        newsletter=row.newsletter,
        cadence=row.cadence,
        state=SubscriptionState(row.state),
        topics=tuple(json.loads(row.topics)),
        language=row.language or None,
        timezone=row.timezone or None,
        ended_how=row.ended_how,
    )


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(
        address_key=row.address_key, reason=SuppressionReason(row.reason), since=row.created_at, detail=row.detail
    )


def _fates(tx: Connection, keys: Sequence[str], newsletter: str) -> dict[str, ImportFate]:
    gone = set(tx.execute(select(suppression.c.address_key).where(suppression.c.address_key.in_(keys))).scalars())
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
