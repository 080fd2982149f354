"""What events lead to: suppressions, and subscriptions that end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, select, update

from pipeline.domain.audience import SubscriptionState, SuppressionReason
from pipeline.domain.event import EventKind, EventRules
from pipeline.domain.ledger import SubscriberId
from pipeline.store.event_attribution import Attributed
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, needed, suppressed
from pipeline.store.tables import event, subscriber, subscription, suppression

_SUPPRESSING = {
    EventKind.HARD_BOUNCE: SuppressionReason.HARD_BOUNCE,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}
_SOFT = SuppressionReason.SOFT_BOUNCE


class Cause(NamedTuple):
    """Who told of the events, by which rules they take effect, and when; ``digests`` as in `suppressing`."""

    provider: str
    rules: EventRules
    digests: Digests
    now: datetime


def take_effect(tx: Connection, happened: Sequence[Attributed], cause: Cause) -> tuple[int, int]:
    """Do what these events, which were not known before, lead to.

    Returns how many addresses are suppressed by it, and how many subscriptions have ended.
    """
    reasons = {one.address_key: why for one in happened if (why := _reason(cause.provider, one))}
    silenced = suppress(tx, reasons, cause.digests, cause.now)
    ended = _end_subscriptions(tx, happened, cause)
    soft = {one.subscriber for one in happened if one.event.kind is EventKind.SOFT_BOUNCE and one.subscriber}
    silenced += _suppress_soft(tx, soft, cause)
    delivered = {one.address_key for one in happened if one.event.kind is EventKind.DELIVERED}
    _lift_soft(tx, delivered, cause)
    return silenced, ended


def suppress(
    tx: Connection, addresses: Mapping[str, tuple[SuppressionReason, str]], digests: Digests, now: datetime
) -> int:
    """Suppress these address keys; returns how many were not suppressed before.

    The first reason stays, but for soft bounces, which anything else is stronger than.
    """
    if not addresses:
        return 0
    known = suppressed(tx, [key for key in addresses if key], needed(tx, digests))
    rows = [
        {"address_key": key, "reason": reason, "detail": detail, "created_at": now}
        for key, (reason, detail) in addresses.items()
        if key and (key not in known or (known[key].reason is _SOFT and reason is not _SOFT))
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
    detail = f"{provider}: {one.reason}" if one.reason else provider
    return (why, detail) if why else None


def _end_subscriptions(tx: Connection, happened: Sequence[Attributed], cause: Cause) -> int:
    """Who unsubscribed at the provider ends the newsletter that they had got, unless they came back since."""
    ended = 0
    for one in happened:
        if one.event.kind is not EventKind.UNSUBSCRIBED or one.subscription is None:
            continue
        going = update(subscription).where(
            subscription.c.id == one.subscription,
            subscription.c.state != SubscriptionState.UNSUBSCRIBED,
            subscription.c.changed_at <= (one.event.at or cause.now),
        )
        how = f"told by {cause.provider}"
        values = {"state": SubscriptionState.UNSUBSCRIBED, "changed_at": cause.now, "ended_how": how}
        ended += tx.execute(going.values(values)).rowcount
    return ended


def _suppress_soft(tx: Connection, people: Collection[SubscriberId], cause: Cause) -> int:
    over = [row for row in _soft_bounces(tx, people, cause) if row.issues >= cause.rules.soft_limit]
    days = cause.rules.soft_within.days
    reasons = {row.address_key: (_SOFT, f"bounced softly in {row.issues} issues within {days} days") for row in over}
    return suppress(tx, reasons, cause.digests, cause.now)


def _lift_soft(tx: Connection, keys: Collection[str], cause: Cause) -> None:
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
    still = {row.address_key for row in _soft_bounces(tx, waiting, cause) if row.issues >= cause.rules.soft_limit}
    lifted = [key for key in waiting.values() if key not in still]
    tx.execute(delete(suppression).where(suppression.c.address_key.in_(lifted), suppression.c.reason == _SOFT))


def _soft_bounces(tx: Connection, people: Collection[SubscriberId], cause: Cause) -> Sequence[Any]:
    """In how many issues each of these subscribers bounced softly of late, without a delivery since."""
    if not people:
        return ()
    begin = cause.now - cause.rules.soft_within
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
            event.c.at > begin,
            event.c.at > func.coalesce(since, begin, type_=event.c.at.type),
        )
        .group_by(subscriber.c.address_key)
    )
    return tx.execute(query).all()
