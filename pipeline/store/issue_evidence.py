"""What the store knows of how an issue came about, by counts: it costs the same for many recipients as for few."""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, select

from pipeline.domain.issue_evidence import BatchFacts, ReasonFacts, VariantFacts
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind
from pipeline.store.tables import batch, delivery, issue, variant, variant_group

_REASONS = 20
_VARIANTS = 50


def covered_upto(tx: Connection, id_: IssueId) -> int:
    upto: int = tx.execute(select(issue.c.upto).where(issue.c.id == id_)).scalar_one()
    return upto


def variant_facts(tx: Connection, id_: IssueId) -> tuple[VariantFacts, ...]:
    """The first variants of an issue."""
    batches = select(func.count()).where(batch.c.variant_id == variant.c.id).correlate(variant).scalar_subquery()
    query = (
        select(
            variant.c.number,
            variant.c.language,
            variant.c.articles,
            variant.c.corrections,
            variant.c.message.is_not(None).label("rendered"),
            batches.label("batches"),
            func.count(variant_group.c.group_id).label("groups"),
            func.coalesce(func.min(variant_group.c.cursor), 0).label("lowest"),
            func.coalesce(func.max(variant_group.c.cursor), 0).label("highest"),
        )
        .outerjoin(variant_group, variant_group.c.variant_id == variant.c.id)
        .where(variant.c.issue_id == id_)
        .group_by(variant.c.id)
        .order_by(variant.c.number)
        .limit(_VARIANTS)
    )
    return tuple(
        VariantFacts(
            number=row.number,
            language=row.language,
            articles=len(json.loads(row.articles)),
            corrections=len(json.loads(row.corrections)),
            batches=row.batches,
            groups=row.groups,
            lowest=row.lowest,
            highest=row.highest,
            rendered=row.rendered,
        )
        for row in tx.execute(query)
    )


def batch_facts(tx: Connection, id_: IssueId) -> tuple[BatchFacts, ...]:
    query = (
        select(
            batch.c.provider,
            batch.c.state,
            func.count().label("batches"),
            func.max(batch.c.attempt).label("tries"),
            func.min(batch.c.submitted_at, type_=batch.c.submitted_at.type).label("first"),
            func.max(batch.c.submitted_at, type_=batch.c.submitted_at.type).label("last"),
            func.max(batch.c.error).label("error"),
        )
        .where(batch.c.issue_id == id_, batch.c.state.in_(list(BatchState)))
        .group_by(batch.c.provider, batch.c.state)
        .order_by("first", batch.c.provider, batch.c.state)
    )
    return tuple(
        BatchFacts(
            provider=row.provider,
            state=BatchState(row.state),
            batches=row.batches,
            tries=row.tries,
            first=row.first,
            last=row.last,
            error=row.error,
        )
        for row in tx.execute(query)
    )


def reason_facts(tx: Connection, id_: IssueId) -> tuple[ReasonFacts, ...]:
    """Why deliveries were not accepted, the most frequent reasons first."""
    number = func.count().label("deliveries")
    query = (
        select(delivery.c.outcome, func.coalesce(delivery.c.reason, "").label("reason"), number)
        .where(delivery.c.issue_id == id_, delivery.c.outcome.in_(("rejected", "suppressed", "cancelled")))
        .group_by(delivery.c.outcome, delivery.c.reason)
        .order_by(number.desc(), delivery.c.outcome, delivery.c.reason)
        .limit(_REASONS)
    )
    return tuple(
        ReasonFacts(outcome=OutcomeKind(row.outcome), reason=row.reason, deliveries=row.deliveries)
        for row in tx.execute(query)
    )
