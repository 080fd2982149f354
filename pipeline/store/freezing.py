"""How an issue's audience and articles are frozen: set-based, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    String,
    case,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from pipeline.compose.compose import Composition, Group, compose
from pipeline.domain.issue import IssueKey, IssueState, Terms
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, batch_id
from pipeline.store.composing import candidates, groups_of, notices, why_empty
from pipeline.store.groups import advance, joined, last_release, take_turn, tidy
from pipeline.store.statements import insert_new
from pipeline.store.tables import (
    batch,
    delivery,
    instance,
    issue,
    subscriber,
    subscription,
    suppression,
    variant,
    variant_group,
)

_AT_ONCE = 500
_MANY = 20_000


def freeze(tx: Connection, key: IssueKey, terms: Terms, now: datetime) -> IssueId | None:
    """Freeze an issue inside the caller's transaction; None where there is such an issue already."""
    take_turn(tx, terms.newsletter)
    id_ = begin(tx, key, now)
    if id_ is None:
        return None
    upto = last_release(tx)
    groups = groups_of(tx, key, terms, upto)
    composition = composed(tx, groups, terms, upto, now)
    if not composition.variants:
        reason = why_empty(tx, key, terms, groups)
        skipped = {"state": IssueState.SKIPPED, "reason": reason, "finished_at": now}
        tx.execute(update(issue).where(issue.c.id == id_).values(skipped))
    write(tx, id_, terms, composition, upto)
    tidy(tx, key.newsletter, key.cadence)
    return id_


def composed(tx: Connection, groups: Sequence[Group], terms: Terms, upto: int, now: datetime) -> Composition:
    """What these groups get of what was released up to that number."""
    return compose(candidates(tx, groups, upto, now), notices(tx, groups, terms, upto), groups, terms, upto)


def write(tx: Connection, id_: IssueId, terms: Terms, composition: Composition, upto: int) -> None:
    """Write an issue's audience down, and where its groups stand behind it."""
    if composition.variants:
        _write_audience(tx, id_, terms, composition)
    advance(tx, composition.shares)
    reached = upto if composition.upto is None else composition.upto
    tx.execute(update(issue).where(issue.c.id == id_).values(upto=reached))


def begin(tx: Connection, key: IssueKey, now: datetime) -> IssueId | None:
    uid = key.uid(tx.execute(select(instance.c.uid)).scalar_one())
    values = {
        "uid": uid,
        "newsletter": key.newsletter,
        "cadence": key.cadence,
        "zone": key.zone,
        "slot": key.slot,
        "state": IssueState.OPEN,
        "upto": 0,
        "frozen_at": now,
    }
    begun = insert_new(tx, issue).values(values).on_conflict_do_nothing().returning(issue.c.id)
    id_ = tx.execute(begun).scalar_one_or_none()
    return None if id_ is None else IssueId(id_)


def _write_audience(tx: Connection, id_: IssueId, terms: Terms, composition: Composition) -> None:
    """Write variants, deliveries and batches, without reading a single subscription."""
    for number, planned in enumerate(composition.variants, 1):
        values = {
            "issue_id": id_,
            "number": number,
            "language": planned.language,
            "articles": json.dumps(planned.arranged.articles),
            "sections": json.dumps(planned.arranged.sections, ensure_ascii=False),
            "corrections": json.dumps(planned.corrections),
        }
        variant_id = tx.execute(insert(variant).values(values).returning(variant.c.id)).scalar_one()
        groups = [
            {
                "variant_id": variant_id,
                "group_id": share.group.id,
                "cursor": share.group.cursor,
                "topic_set_id": share.group.topic_set,
                "owed": joined(share.group.owed),
                "corrections": joined(share.group.corrections),
            }
            for share in planned.shares
        ]
        tx.execute(insert(variant_group), groups)
    many = sum(share.group.size for planned in composition.variants for share in planned.shares) >= _MANY
    with _planned_for_many(tx) if many else nullcontext():
        tx.execute(_deliveries(id_, terms))
    audience = select(func.count()).where(delivery.c.issue_id == id_).scalar_subquery()
    tx.execute(update(issue).where(issue.c.id == id_).values(audience=audience))
    _write_batches(tx, id_)


@contextmanager
def _planned_for_many(tx: Connection) -> Iterator[None]:
    """Tell PostgreSQL what it can't know of rows that were written a moment ago: that there are many of them.

    It would look each subscription up by itself, and sort in the memory that suits hundreds of queries at once.
    """
    if tx.dialect.name != "postgresql":
        yield
        return
    tx.execute(text("SET LOCAL enable_nestloop = off"))
    tx.execute(text("SET LOCAL work_mem = '64MB'"))
    yield
    tx.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))
    tx.execute(text("SET LOCAL work_mem TO DEFAULT"))


def _deliveries(id_: IssueId, terms: Terms) -> Insert:
    gone = (
        select(subscriber.c.id, suppression.c.reason)
        .join(suppression, suppression.c.address_key == subscriber.c.address_key)
        .cte("gone")
        .prefix_with("MATERIALIZED")
    )
    mailable = gone.c.reason.is_(None)
    place = func.row_number().over(
        partition_by=[variant_group.c.variant_id, mailable], order_by=subscription.c.subscriber_id
    )
    rows = (
        select(
            literal(id_, BigInteger),
            subscription.c.subscriber_id,
            subscription.c.id,
            variant_group.c.variant_id,
            case((mailable, (place - 1) // terms.batch_size + 1)),
            case((~mailable, literal(OutcomeKind.SUPPRESSED.value, String))),
            gone.c.reason,
        )
        .select_from(subscription)
        .join(variant_group, variant_group.c.group_id == subscription.c.group_id)
        .join(variant, variant.c.id == variant_group.c.variant_id)
        .outerjoin(gone, gone.c.id == subscription.c.subscriber_id)
        .where(variant.c.issue_id == id_, subscription.c.state == "active")
        # In the order of the key, so that the table and its index grow at their ends.
        .order_by(subscription.c.subscriber_id)
    )
    columns = ["issue_id", "subscriber_id", "subscription_id", "variant_id", "sequence", "outcome", "reason"]
    return insert(delivery).from_select(columns, rows)


def _write_batches(tx: Connection, id_: IssueId) -> None:
    uid = tx.execute(select(issue.c.uid).where(issue.c.id == id_)).scalar_one()
    last = select(func.max(delivery.c.sequence)).where(delivery.c.variant_id == variant.c.id).scalar_subquery()
    query = select(variant.c.id, variant.c.number, last).where(variant.c.issue_id == id_).order_by(variant.c.number)
    batches = [
        {
            "id": batch_id(uid, number, sequence),
            "issue_id": id_,
            "variant_id": variant_id,
            "sequence": sequence,
            "state": BatchState.READY,
        }
        for variant_id, number, size in tx.execute(query)
        for sequence in range(1, (size or 0) + 1)
    ]
    for start in range(0, len(batches), _AT_ONCE):
        tx.execute(insert(batch), batches[start : start + _AT_ONCE])
