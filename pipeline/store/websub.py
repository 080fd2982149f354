"""WebSub's subscriptions, and what each of them is owed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, or_, select, update

from pipeline.publish.websub.distribution import Fate, Tries, Verdict
from pipeline.publish.websub.records import Claim, HubSubscription
from pipeline.store.database import reading, writing
from pipeline.store.tables import websub_request as request
from pipeline.store.tables import websub_subscription as subscription
from pipeline.store.tables import websub_topic as topic
from pipeline.store.websub_claims import claim_rows, owners_of, release_claims, unclaimed
from pipeline.store.websub_requests import WebSubRequests, drop_stale
from pipeline.store.websub_topics import WebSubTopics

_TABLES = (topic, request, subscription)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSub:
    """All that one store keeps for WebSub.

    A distribution is owed where a subscription's digest is not its topic's.  So whoever is behind gets the newest
    content only, and what a process left undone that died is found by the next.
    """

    engine: Engine

    @property
    def topics(self) -> WebSubTopics:
        return WebSubTopics(engine=self.engine)

    @property
    def requests(self) -> WebSubRequests:
        return WebSubRequests(engine=self.engine)

    def claim(self, topics: Collection[str], claim: Claim) -> Sequence[HubSubscription]:
        """Take subscriptions to these topics that are owed their content now."""
        due = _due(topics, claim.now)
        with reading(self.engine) as tx:
            free = select(subscription.c.key).where(due, unclaimed(subscription, claim.now)).limit(1)
            if tx.execute(free).first() is None:
                return ()
        with writing(self.engine) as tx:
            order = (subscription.c.next_try_at.nulls_first(), subscription.c.key)
            return [_subscription(row) for row in claim_rows(tx, subscription, due, order, claim)]

    def settle(self, held: HubSubscription, content: str, verdict: Verdict, owner: str, now: datetime) -> None:
        """Write down what came of distributing the content with that digest."""
        mine = (subscription.c.key == held.key, subscription.c.claimed_by == owner)
        values: dict[str, Any] = {
            "failures": verdict.tries.failures,
            "failing_since": verdict.tries.since,
            "error": verdict.tries.error,
            "next_try_at": verdict.retry_at,
            "claimed_by": None,
            "claimed_until": None,
        }
        if verdict.fate is Fate.DELIVERED:
            values |= {"digest": content, "delivered_at": now}
        elif verdict.fate is Fate.GIVEN_UP:
            # The failures stay to be seen, but the next content is tried for as long again.
            values |= {"digest": content, "failing_since": None}
        with writing(self.engine) as tx:
            if verdict.fate is Fate.ENDED:
                tx.execute(delete(subscription).where(*mine))
            else:
                tx.execute(update(subscription).where(*mine).values(values))

    def expire(self, now: datetime) -> None:
        """Forget subscriptions whose lease has ended, and requests that nobody verified in time."""
        with reading(self.engine) as tx:
            ended = select(subscription.c.key).where(subscription.c.lease_until <= now).limit(1)
            asked = select(request.c.key).limit(1)
            if tx.execute(ended).first() is None and tx.execute(asked).first() is None:
                return
        with writing(self.engine) as tx:
            tx.execute(delete(subscription).where(subscription.c.lease_until <= now))
            drop_stale(tx, now)

    def all(self) -> Sequence[HubSubscription]:
        """All subscriptions, by topic and callback."""
        with reading(self.engine) as tx:
            found = tx.execute(select(subscription).order_by(subscription.c.topic, subscription.c.callback))
            return [_subscription(row) for row in found]

    def owners(self) -> set[str]:
        """Who has claimed anything."""
        with reading(self.engine) as tx:
            return set().union(*(owners_of(tx, table) for table in _TABLES))

    def release(self, dead: Sequence[str]) -> None:
        """Give back what these had claimed."""
        if dead:
            with writing(self.engine) as tx:
                for table in _TABLES:
                    release_claims(tx, table, dead)


def _due(topics: Collection[str], now: datetime) -> ColumnElement[bool]:
    content = select(topic.c.digest).where(topic.c.url == subscription.c.topic).scalar_subquery()
    return and_(
        subscription.c.topic.in_(list(topics)),
        subscription.c.digest.is_distinct_from(content),
        subscription.c.lease_until > now,
        or_(subscription.c.next_try_at.is_(None), subscription.c.next_try_at <= now),
    )


def _subscription(row: Row[Any]) -> HubSubscription:
    return HubSubscription(
        key=row.key,
        topic=row.topic,
        callback=row.callback,
        host=row.host,
        secret=row.secret,
        lease_until=row.lease_until,
        subscribed=row.subscribed_at,
        digest=row.digest,
        delivered=row.delivered_at,
        tries=Tries(failures=row.failures, since=row.failing_since, error=row.error),
        next_try=row.next_try_at,
    )
