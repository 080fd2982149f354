"""The audience as operators look at it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, exists, func, or_, select

from pipeline.domain.article import topic_key
from pipeline.domain.audience import ERASED, SuppressionReason, address_key
from pipeline.domain.event import EventKind
from pipeline.domain.segment import Listed, Segment
from pipeline.store.database import reading
from pipeline.store.reading_subscriptions import subscriptions, to_subscription
from pipeline.store.tables import (
    article_topic,
    event,
    subscriber,
    subscription,
    subscription_group,
    suppression,
    topic_set,
)

_PAGE = 500
# What shows that somebody reads; who only got mail did nothing.
_DOING = (EventKind.OPENED, EventKind.CLICKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Reads segments of one store's audience."""

    engine: Engine

    def listed(self, segment: Segment, limit: int | None = None) -> Iterator[Listed]:
        """In the order of their making, streamed."""
        query = (
            subscriptions()
            .add_columns(suppression.c.reason.label("suppressed"))
            .outerjoin(suppression, suppression.c.address_key == subscriber.c.address_key)
            .where(*_conditions(segment))
            .order_by(subscription.c.id)
            .limit(limit)
        )
        with reading(self.engine) as tx, tx.execution_options(yield_per=_PAGE).execute(query) as rows:
            for row in rows:
                yield Listed(
                    subscription=to_subscription(row),
                    suppressed=SuppressionReason(row.suppressed) if row.suppressed else None,
                    agreed=row.confirmed_at,
                )

    def count(self, segment: Segment) -> int:
        query = (
            select(func.count())
            .select_from(subscription)
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .join(subscription_group, subscription_group.c.id == subscription.c.group_id)
            .join(topic_set, topic_set.c.id == subscription_group.c.topic_set_id)
            .outerjoin(suppression, suppression.c.address_key == subscriber.c.address_key)
            .where(*_conditions(segment))
        )
        with reading(self.engine) as tx:
            number: int = tx.execute(query).scalar_one()
        return number

    def topics_of_articles(self, keys: Collection[str]) -> set[str]:
        """Those of these topic keys that any article has."""
        has = select(article_topic.c.topic).where(article_topic.c.topic.in_(keys)).distinct()
        with reading(self.engine) as tx:
            return set(tx.execute(has).scalars())


def _conditions(chosen: Segment) -> Iterator[ColumnElement[bool]]:
    # Who was erased leaves a row without a person.
    yield subscription.c.ended_how.is_distinct_from(ERASED)
    of, group = subscription.c, subscription_group.c
    if chosen.newsletter is not None:
        yield of.newsletter == chosen.newsletter
    if chosen.state is not None:
        yield of.state == chosen.state
    if chosen.cadence is not None:
        yield group.cadence == chosen.cadence
    if chosen.since is not None:
        yield of.created_at >= chosen.since
    if chosen.before is not None:
        yield of.created_at < chosen.before
    yield from _by_choice(chosen)
    yield from _by_person(chosen)


def _by_choice(chosen: Segment) -> Iterator[ColumnElement[bool]]:
    of, group = subscription.c, subscription_group.c
    if chosen.topic is not None:
        named = json.dumps(topic_key(chosen.topic), ensure_ascii=False)
        yield or_(topic_set.c.topics == "[]", topic_set.c.topics.contains(named, autoescape=True))
    if chosen.language is not None:
        own = and_(group.language == "", of.newsletter.in_(chosen.speaking))
        region = group.language.startswith(f"{chosen.language}-", autoescape=True)
        yield or_(group.language == chosen.language, region, own)


def _by_person(chosen: Segment) -> Iterator[ColumnElement[bool]]:
    if chosen.text is not None:
        by_address = subscriber.c.address_key.contains(address_key(chosen.text), autoescape=True)
        yield or_(by_address, subscriber.c.name.icontains(chosen.text.strip(), autoescape=True))
    if chosen.suppressed is not None:
        yield suppression.c.reason.is_not(None) if chosen.suppressed else suppression.c.reason.is_(None)
    if chosen.active_since is not None:
        yield _did_something(chosen.active_since)
    if chosen.quiet_since is not None:
        yield ~_did_something(chosen.quiet_since)


def _did_something(since: datetime) -> ColumnElement[bool]:
    seen = exists().where(
        event.c.subscriber_id == subscription.c.subscriber_id, event.c.kind.in_(_DOING), event.c.at >= since
    )
    return or_(subscription.c.changed_at >= since, seen)
