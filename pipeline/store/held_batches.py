"""Batches as the ledger hands them out, with all that is needed to submit them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.domain.ledger import BatchState, IssueId, SubscriberId
from pipeline.store.codec import load_message
from pipeline.store.tables import batch, delivery, issue, subscriber, variant


def batches() -> Select[Any]:
    return (
        select(batch, variant.c.message, variant.c.language, issue.c.uid, issue.c.newsletter, issue.c.frozen_at)
        .join(issue, issue.c.id == batch.c.issue_id)
        .join(variant, variant.c.id == batch.c.variant_id)
    )


def held_batches(tx: Connection, query: Select[Any]) -> list[HeldBatch]:
    return [_as_held(row, _addressees(tx, row)) for row in tx.execute(query).all()]


def _addressees(tx: Connection, row: Row[Any]) -> tuple[Addressee, ...]:
    query = (
        select(delivery.c.subscriber_id, delivery.c.subscription_id, subscriber.c.address, subscriber.c.name)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(
            delivery.c.variant_id == row.variant_id, delivery.c.sequence == row.sequence, delivery.c.outcome.is_(None)
        )
        .order_by(delivery.c.subscriber_id)
    )
    return tuple(
        Addressee(subscriber=SubscriberId(person), subscription=chosen, address=address, name=name)
        for person, chosen, address, name in tx.execute(query)
    )


def _as_held(row: Row[Any], addressees: tuple[Addressee, ...]) -> HeldBatch:
    return HeldBatch(
        id=row.id,
        issue=IssueId(row.issue_id),
        issue_uid=row.uid,
        newsletter=row.newsletter,
        sequence=row.sequence,
        state=BatchState(row.state),
        tries=row.attempt,
        date=row.frozen_at,
        language=row.language,
        message=load_message(row.message),
        addressees=addressees,
        provider=row.provider,
        payload_hash=row.payload_hash,
        submitted_at=row.submitted_at,
    )
