"""Subscribers, subscriptions and suppressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, case, func, select, update

from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import (
    ERASED,
    Choice,
    NewSubscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Suppression,
    SuppressionReason,
    address_key,
)
from pipeline.store.database import reading, writing
from pipeline.store.importing import Arrival, add_subscribers, expected_fates
from pipeline.store.noting import say_goodbye
from pipeline.store.placing import choose, start_anew
from pipeline.store.reading_subscriptions import one, subscriptions, to_subscription
from pipeline.store.suppressing import Digests, lift, no_digests, suppress, suppressed, suppression_record
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
        self,
        people: Iterable[NewSubscriber],
        newsletter: str,
        cadence: str,
        *,
        confirmed: bool,
        now: datetime,
        consent: str = "",
    ) -> ImportCounts:
        to = Arrival(newsletter=newsletter, cadence=cadence, confirmed=confirmed, consent=consent, now=now)
        return add_subscribers(self.engine, people, to, self.digests)

    def fates(self, people: Iterable[NewSubscriber], newsletter: str) -> ImportCounts:
        """What `add_subscribers` would do with these people; changes nothing."""
        return expected_fates(self.engine, people, newsletter, self.digests)

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
