"""Which deliveries brought an article to a person, and what was answered and told about each."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from pipeline.domain.article import ArticleId
from pipeline.domain.event import EventKind
from pipeline.domain.explanation import DeliveryFacts, EventFacts
from pipeline.domain.issue import Hold, IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, SubscriberId
from pipeline.store.tables import batch, delivery, event, issue, variant, variant_group


def deliveries(
    tx: Connection, newsletter: str, person: SubscriberId, group: int, id_: ArticleId, since: datetime
) -> tuple[DeliveryFacts, ...]:
    """The deliveries to the person, in issues that were frozen after ``since``, that carry the article.

    ``group`` is the one that the subscription is in now.
    """
    carrying: Select[Any] = (
        select(
            issue.c.id,
            issue.c.cadence,
            issue.c.zone,
            issue.c.slot,
            issue.c.frozen_at,
            issue.c.state,
            issue.c.hold,
            issue.c.hold_until,
            issue.c.reason.label("why_held"),
            issue.c.upto,
            variant.c.id.label("variant_id"),
            variant.c.number,
            variant.c.language,
            variant.c.articles,
            delivery.c.outcome,
            delivery.c.reason,
            delivery.c.provider_ref,
            batch.c.id.label("batch_id"),
            batch.c.state.label("batch_state"),
            batch.c.provider,
            batch.c.attempt,
            batch.c.submitted_at,
            batch.c.not_before,
            batch.c.error,
        )
        # From the issues: the deliveries' key finds this person's in each, and there is no index of persons.
        .join(delivery, and_(delivery.c.issue_id == issue.c.id, delivery.c.subscriber_id == person))
        .join(variant, variant.c.id == delivery.c.variant_id)
        .outerjoin(batch, and_(batch.c.variant_id == delivery.c.variant_id, batch.c.sequence == delivery.c.sequence))
        .where(
            issue.c.newsletter == newsletter,
            issue.c.frozen_at >= since,
            # As `freezing` writes it: the id opens a pair.
            variant.c.articles.like(f"%[{id_}, %"),
        )
        .order_by(issue.c.frozen_at, issue.c.id)
    )
    return tuple(_facts(tx, row, person, group, id_) for row in tx.execute(carrying).all())


def _facts(
    tx: Connection, row: Row[*tuple[Any, ...]], person: SubscriberId, group: int, id_: ArticleId
) -> DeliveryFacts:
    carried: list[tuple[int, int]] = json.loads(row.articles)
    place, revision = next((n, number) for n, (one, number) in enumerate(carried, 1) if one == id_)
    return DeliveryFacts(
        issue=IssueId(row.id),
        cadence=row.cadence,
        zone=row.zone,
        slot=row.slot,
        frozen=row.frozen_at,
        state=IssueState(row.state),
        hold=None if row.hold is None else Hold(row.hold),
        hold_until=row.hold_until,
        why_held=row.why_held,
        upto=row.upto,
        before=_before(tx, row.variant_id, group),
        variant=row.number,
        language=row.language,
        place=place,
        articles=len(carried),
        revision=revision,
        outcome=None if row.outcome is None else OutcomeKind(row.outcome),
        reason=row.reason or "",
        provider_ref=row.provider_ref,
        batch=row.batch_id,
        batch_state=None if row.batch_state is None else BatchState(row.batch_state),
        provider=row.provider,
        attempts=row.attempt or 0,
        submitted=row.submitted_at,
        not_before=row.not_before,
        error=row.error or "",
        events=_events(tx, row.id, person),
    )


def _before(tx: Connection, variant_id: int, group: int) -> int | None:
    """Where the subscription stood: as its group did, or as all did that the variant was for; else it isn't known."""
    stood = select(variant_group.c.group_id, variant_group.c.cursor).where(variant_group.c.variant_id == variant_id)
    cursors: dict[int, int] = {row.group_id: row.cursor for row in tx.execute(stood)}
    if group in cursors:
        return cursors[group]
    return next(iter(cursors.values())) if len(set(cursors.values())) == 1 else None


def _events(tx: Connection, issue_id: int, person: SubscriberId) -> tuple[EventFacts, ...]:
    # Kinds are named for the index, in which they stand between the two.
    mine = and_(event.c.issue_id == issue_id, event.c.kind.in_(list(EventKind)), event.c.subscriber_id == person)
    told = select(event).where(mine)
    return tuple(
        EventFacts(kind=EventKind(row.kind), at=row.at, provider=row.provider, reason=row.reason)
        for row in tx.execute(told.order_by(event.c.at, event.c.id))
    )
