"""What events lead to: suppressions, and subscriptions that end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from pipeline.domain.audience import SubscriptionState, SuppressionReason
from pipeline.domain.event import EventKind, EventRules
from pipeline.domain.ledger import SubscriberId
from pipeline.store.event_attribution import Attributed
from pipeline.store.statements import insert_new
from pipeline.store.tables import event, subscriber, subscription, suppression

_SUPPRESSING = {
    EventKind.HARD_BOUNCE: SuppressionReason.HARD_BOUNCE,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}
_SOFT = SuppressionReason.SOFT_BOUNCE


def take_effect(
    tx: Connection, provider: str, happened: Sequence[Attributed], rules: EventRules, now: datetime
) -> tuple[int, int]:
    """Do what these events, which were not known before, lead to.

    Returns how many addresses are suppressed by it, and how many subscriptions have ended.
    """
    suppressed = suppress(tx, {one.address_key: why for one in happened if (why := _reason(provider, one))}, now)
    ended = _end_subscriptions(tx, provider, happened, now)
    soft = {one.subscriber for one in happened if one.event.kind is EventKind.SOFT_BOUNCE and one.subscriber}
    suppressed += _suppress_soft(tx, soft, rules, now)
    delivered = {one.address_key for one in happened if one.event.kind is EventKind.DELIVERED}
    _lift_soft(tx, delivered, rules, now)
    return suppressed, ended


def suppress(tx: Connection, addresses: dict[str, tuple[SuppressionReason, str]], now: datetime) -> int:
    """Suppress these address keys; returns how many were not suppressed before.

    The first reason stays, but for soft bounces, which anything else is stronger than.
    """
    if not addresses:
        return 0
    known = dict(
        tx.execute(
            select(suppression.c.address_key, suppression.c.reason).where(suppression.c.address_key.in_(addresses))
        ).all()
    )
    rows = [
        {"address_key": key, "reason": reason, "detail": detail, "created_at": now}
        for key, (reason, detail) in addresses.items()
        if key and (key not in known or (known[key] == _SOFT and reason is not _SOFT))
    ]
    if rows:
        made = insert_new(tx, suppression)
        stronger = made.on_conflict_do_update(
            index_elements=["address_key"],
            set_={"reason": made.excluded.reason, "detail": made.excluded.detail},
            where=suppression.c.reason == _SOFT,
        )
        tx.execute(stronger, rows)
    return sum(row["address_key"] not in known for row in rows)


def _reason(provider: str, one: Attributed) -> tuple[SuppressionReason, str] | None:
    told = one.event
    why = _SUPPRESSING.get(told.kind) or told.listed
    if told.kind is EventKind.UNSUBSCRIBED and one.subscription is None:
        why = SuppressionReason.UNSUBSCRIBED
    detail = f"{provider}: {told.reason}" if told.reason else provider
    return (why, detail) if why else None


def _end_subscriptions(tx: Connection, provider: str, happened: Sequence[Attributed], now: datetime) -> int:
    """Who unsubscribed at the provider ends the newsletter that they had got, unless they came back since."""
    ended = 0
    for one in happened:
        if one.event.kind is not EventKind.UNSUBSCRIBED or one.subscription is None:
            continue
        going = update(subscription).where(
            subscription.c.id == one.subscription,
            subscription.c.state != SubscriptionState.UNSUBSCRIBED,
            subscription.c.changed_at <= (one.event.at or now),
        )
        values = {"state": SubscriptionState.UNSUBSCRIBED, "changed_at": now, "ended_how": f"told by {provider}"}
        ended += tx.execute(going.values(values)).rowcount
    return ended


def _suppress_soft(tx: Connection, people: Collection[SubscriberId], rules: EventRules, now: datetime) -> int:
    over = [row for row in _soft_bounces(tx, people, rules, now) if row.issues >= rules.soft_limit]
    days = rules.soft_within.days
    return suppress(
        tx, {row.address_key: (_SOFT, f"bounced softly in {row.issues} issues within {days} days") for row in over}, now
    )


def _lift_soft(tx: Connection, keys: Collection[str], rules: EventRules, now: datetime) -> None:
    """A delivery proves that the mailbox takes mail again; it may be told of later than the bounces before it."""
    if not keys:
        return
    held = (
        select(subscriber.c.id, suppression.c.address_key)
        .join(subscriber, subscriber.c.address_key == suppression.c.address_key)
        .where(suppression.c.reason == _SOFT, suppression.c.address_key.in_(keys))
    )
    waiting = {row.id: row.address_key for row in tx.execute(held)}
    if not waiting:
        return
    still = {row.address_key for row in _soft_bounces(tx, waiting, rules, now) if row.issues >= rules.soft_limit}
    lifted = [key for key in waiting.values() if key not in still]
    tx.execute(delete(suppression).where(suppression.c.address_key.in_(lifted), suppression.c.reason == _SOFT))


def _soft_bounces(tx: Connection, people: Collection[SubscriberId], rules: EventRules, now: datetime) -> Sequence[Any]:
    """In how many issues each of these subscribers bounced softly of late, without a delivery since."""
    if not people:
        return ()
    delivered = event.alias("delivered")
    since = (
        select(func.max(delivered.c.at))
        .where(delivered.c.subscriber_id == event.c.subscriber_id, delivered.c.kind == EventKind.DELIVERED)
        .scalar_subquery()
    )
    query = (
        # Mail that is not of an issue counts each by itself.
        select(
            subscriber.c.address_key,
            func.count(func.distinct(func.coalesce(event.c.issue_id, -event.c.id))).label("issues"),
        )
        .join(subscriber, subscriber.c.id == event.c.subscriber_id)
        .where(
            and_(event.c.kind == EventKind.SOFT_BOUNCE, event.c.subscriber_id.in_(people)),
            event.c.at > now - rules.soft_within,
            event.c.at > func.coalesce(since, now - rules.soft_within, type_=event.c.at.type),
        )
        .group_by(subscriber.c.address_key)
    )
    return tx.execute(query).all()
