"""What people do about their subscriptions beside choosing and leaving: names, pauses, private feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, exists, func, or_, select, update

from pipeline.audience.preference_store import PrivateFeedId
from pipeline.domain.audience import Choice, Subscription, SubscriptionId, SubscriptionState, address_key
from pipeline.store.database import reading, writing
from pipeline.store.erasing import erase, forget_address
from pipeline.store.person import everything, unconfirmed
from pipeline.store.placing import start_anew
from pipeline.store.reading_subscriptions import one
from pipeline.store.statements import insert_new
from pipeline.store.subscriptions import Subscriptions
from pipeline.store.suppressing import Digests, no_digests
from pipeline.store.tables import private_feed, subscriber, subscription

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The preferences of one store (see `pipeline.audience.preference_store`)."""

    engine: Engine
    digests: Digests = no_digests

    def choose(self, id_: SubscriptionId, choice: Choice, now: datetime) -> Subscription | None:
        return Subscriptions(engine=self.engine).choose(id_, choice, now)

    def rename(self, id_: SubscriptionId, name: str, now: datetime) -> Subscription | None:
        with writing(self.engine) as tx:
            found = one(tx, id_)
            if found is None:
                return None
            person = update(subscriber).where(subscriber.c.id == found.subscriber.id, subscriber.c.address != "")
            tx.execute(person.values(name=name))
            tx.execute(update(subscription).where(subscription.c.id == id_).values(changed_at=now))
            return one(tx, id_)

    def track(self, id_: SubscriptionId, *, untracked: bool) -> None:
        with writing(self.engine) as tx:
            mine = select(subscription.c.subscriber_id).where(subscription.c.id == id_).scalar_subquery()
            tx.execute(update(subscriber).where(subscriber.c.id == mine).values(untracked=untracked))

    def pause(self, id_: SubscriptionId, until: datetime, now: datetime) -> Subscription | None:
        pausing = update(subscription).where(
            subscription.c.id == id_,
            subscription.c.state.in_((SubscriptionState.ACTIVE, SubscriptionState.PAUSED)),
        )
        values = {"state": SubscriptionState.PAUSED, "paused_until": until, "changed_at": now}
        with writing(self.engine) as tx:
            tx.execute(pausing.values(values))
            return one(tx, id_)

    def resume(self, id_: SubscriptionId, now: datetime) -> Subscription | None:
        """Let it go on with what comes from now on, or came since its pause was over."""
        with writing(self.engine) as tx:
            found = one(tx, id_)
            if found is None or found.state is not SubscriptionState.PAUSED:
                return found
            over = found.paused_until if found.paused_until and found.paused_until <= now else None
            start_anew(tx, id_, found.newsletter, since=over)
            going = update(subscription).where(
                subscription.c.id == id_, subscription.c.state == SubscriptionState.PAUSED
            )
            tx.execute(going.values(state=SubscriptionState.ACTIVE, paused_until=None, changed_at=now))
            return one(tx, id_)

    def wake(self, now: datetime) -> int:
        """Let the subscriptions go on whose pause is over; returns how many."""
        over = select(subscription.c.id).where(
            subscription.c.state == SubscriptionState.PAUSED, subscription.c.paused_until <= now
        )
        with reading(self.engine) as tx:
            ids = [SubscriptionId(id_) for id_ in tx.execute(over.order_by(subscription.c.id)).scalars()]
        for id_ in ids:
            self.resume(id_, now)
        return len(ids)

    def private_feed(self, id_: SubscriptionId) -> PrivateFeedId | None:
        mine = select(private_feed.c.id).where(private_feed.c.subscription_id == id_)
        with reading(self.engine) as tx:
            found: int | None = tx.execute(mine).scalar_one_or_none()
        return PrivateFeedId(found) if found else None

    def open_feed(self, id_: SubscriptionId, now: datetime) -> PrivateFeedId | None:
        with writing(self.engine) as tx:
            if one(tx, id_) is None:
                return None
            fresh = insert_new(tx, private_feed).values(subscription_id=id_, created_at=now)
            tx.execute(fresh.on_conflict_do_nothing())
            mine = select(private_feed.c.id).where(private_feed.c.subscription_id == id_)
            return PrivateFeedId(tx.execute(mine).scalar_one())

    def close_feed(self, id_: SubscriptionId) -> None:
        with writing(self.engine) as tx:
            tx.execute(delete(private_feed).where(private_feed.c.subscription_id == id_))

    def subscription_of_feed(self, feed: PrivateFeedId) -> Subscription | None:
        mine = select(private_feed.c.subscription_id).where(private_feed.c.id == feed)
        with reading(self.engine) as tx:
            id_ = tx.execute(mine).scalar_one_or_none()
            return one(tx, SubscriptionId(id_)) if id_ else None

    def everything(self, id_: SubscriptionId) -> Mapping[str, Any] | None:
        with reading(self.engine) as tx:
            return everything(tx, id_)

    def unconfirmed(self, address: str) -> Sequence[Mapping[str, Any]]:
        with reading(self.engine) as tx:
            return unconfirmed(tx, address)

    def erase(self, id_: SubscriptionId, now: datetime) -> bool:
        with writing(self.engine) as tx:
            found = one(tx, id_)
            if found is None or not found.subscriber.address:
                return False
            erase(tx, found.subscriber, self.digests, now)
            return True

    def erase_address(self, address: str, now: datetime) -> bool:
        """The same for whoever has the address, and for one that is only suppressed, or has been signed up."""
        mine = select(subscription.c.id).join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        with writing(self.engine) as tx:
            id_ = tx.execute(mine.where(subscriber.c.address_key == address_key(address)).limit(1)).scalar()
            found = one(tx, SubscriptionId(id_)) if id_ else None
            if found is None:
                return forget_address(tx, address, self.digests)
            erase(tx, found.subscriber, self.digests, now)
            return True

    def let_go(self, ended_before: datetime, now: datetime) -> int:
        """Erase those whose last subscription ended before then; returns how many, some hundred at once."""
        here = subscription.alias("here")
        still = exists().where(
            here.c.subscriber_id == subscriber.c.id,
            or_(here.c.state != SubscriptionState.UNSUBSCRIBED, here.c.changed_at >= ended_before),
        )
        over = (
            select(func.min(subscription.c.id))
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .where(subscriber.c.address != "", subscription.c.state == SubscriptionState.UNSUBSCRIBED, ~still)
            .group_by(subscriber.c.id)
            .limit(_AT_ONCE)
        )
        with reading(self.engine) as tx:
            ids = [SubscriptionId(id_) for id_ in tx.execute(over).scalars()]
        return sum(self.erase(id_, now) for id_ in ids)
