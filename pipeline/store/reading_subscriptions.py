"""Subscriptions as they are read: with their person, and with what their group says."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.domain.audience import Subscriber, Subscription, SubscriptionId, SubscriptionState
from pipeline.domain.ledger import SubscriberId
from pipeline.store.tables import subscriber, subscription, subscription_group, topic_set


def subscriptions() -> Select[Any]:
    return (
        select(subscription, subscriber.c.address, subscriber.c.name, subscriber.c.created_at.label("known_since"))
        .add_columns(subscriber.c.untracked)
        .add_columns(subscription_group.c.cadence, subscription_group.c.language, subscription_group.c.timezone)
        .add_columns(topic_set.c.topics)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(subscription_group, subscription_group.c.id == subscription.c.group_id)
        .join(topic_set, topic_set.c.id == subscription_group.c.topic_set_id)
    )


def one(tx: Connection, id_: SubscriptionId) -> Subscription | None:
    row = tx.execute(subscriptions().where(subscription.c.id == id_)).one_or_none()
    return to_subscription(row) if row else None


def to_subscription(row: Row[Any]) -> Subscription:
    person = Subscriber(
        id=SubscriberId(row.subscriber_id),
        address=row.address,
        name=row.name,
        created=row.known_since,
        untracked=row.untracked,
    )
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
        paused_until=row.paused_until,
    )
