"""One issue from near: its variants, where its batches stand, and whom the doubtful ones are for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from pipeline.domain.article import ArticleId
from pipeline.domain.ledger import BatchState, IssueId
from pipeline.store.articles import revisions
from pipeline.store.books import Carried, carried
from pipeline.store.tables import batch, delivery, subscriber, variant


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDetails:
    """A variant: the titles of its articles by id, and how many deliveries it is for.

    ``subject`` is None while it has not been rendered.
    """

    number: int
    language: str
    articles: Mapping[ArticleId, str]
    deliveries: int
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch that is not settled yet.  ``recipients`` are the addresses of those that are in doubt, else empty."""

    id: uuid.UUID
    state: BatchState
    attempt: int
    provider: str | None
    submitted: datetime | None
    not_before: datetime | None
    error: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDetails:
    """``batches`` counts them by state; ``open_batches`` are those that wait or are in doubt.

    ``carried`` tells how much each provider accepted.
    """

    variants: tuple[VariantDetails, ...]
    batches: Mapping[BatchState, int]
    open_batches: tuple[OpenBatch, ...]
    carried: tuple[Carried, ...]


_SETTLED = (BatchState.ACCEPTED, BatchState.REJECTED, BatchState.CANCELLED, BatchState.READY)


def read_details(tx: Connection, id_: IssueId) -> IssueDetails:
    counted = select(batch.c.state, func.count()).where(batch.c.issue_id == id_).group_by(batch.c.state)
    return IssueDetails(
        variants=_variants(tx, id_),
        batches={BatchState(state): count for state, count in sorted(tx.execute(counted))},
        open_batches=_open(tx, id_),
        carried=carried(tx, id_),
    )


def _variants(tx: Connection, id_: IssueId) -> tuple[VariantDetails, ...]:
    counts = (
        select(delivery.c.variant_id, func.count().label("deliveries"))
        .where(delivery.c.issue_id == id_)
        .group_by(delivery.c.variant_id)
        .subquery()
    )
    query = (
        select(variant, func.coalesce(counts.c.deliveries, 0).label("deliveries"))
        .outerjoin(counts, counts.c.variant_id == variant.c.id)
        .where(variant.c.issue_id == id_)
        .order_by(variant.c.number)
    )
    return tuple(
        VariantDetails(
            number=row.number,
            language=row.language,
            articles=_titles(tx, json.loads(row.articles)),
            deliveries=row.deliveries,
            subject=json.loads(row.message)["subject"] if row.message else None,
        )
        for row in tx.execute(query).all()
    )


def _titles(tx: Connection, wanted: Sequence[tuple[int, int]]) -> dict[ArticleId, str]:
    articles = revisions(tx, [(ArticleId(article), number) for article, number in wanted])
    return {article.id: article.content.title for article in articles}


def _open(tx: Connection, id_: IssueId) -> tuple[OpenBatch, ...]:
    query = select(batch).where(batch.c.issue_id == id_, batch.c.state.not_in(_SETTLED))
    rows = tx.execute(query.order_by(batch.c.submitted_at, batch.c.id)).all()
    doubtful = (
        select(batch.c.id, subscriber.c.address)
        .join(delivery, and_(delivery.c.variant_id == batch.c.variant_id, delivery.c.sequence == batch.c.sequence))
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(batch.c.issue_id == id_, batch.c.state == BatchState.IN_DOUBT, delivery.c.outcome.is_(None))
        .order_by(subscriber.c.id)
    )
    addresses: dict[uuid.UUID, list[str]] = {}
    for batch_id, address in tx.execute(doubtful):
        addresses.setdefault(batch_id, []).append(address)
    return tuple(
        OpenBatch(
            id=row.id,
            state=BatchState(row.state),
            attempt=row.attempt,
            provider=row.provider,
            submitted=row.submitted_at,
            not_before=row.not_before,
            error=row.error,
            recipients=tuple(addresses.get(row.id, ())),
        )
        for row in rows
    )
