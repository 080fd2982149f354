"""Batches as the ledger hands them out, with all that is needed to submit them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, select

from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.domain.issue import Hold
from pipeline.domain.ledger import BatchState, IssueId, Outcome, OutcomeKind, SubscriberId
from pipeline.store.codec import load_message
from pipeline.store.tables import batch, delivery, issue, subscriber, subscription, suppression, variant


def addressees_of(kept: ColumnElement[bool]) -> Select[Any]:
    """Whom the batch ``sequence`` of a ``variant`` is for, in the order of its call; ``kept``: which outcomes count."""
    return (
        select(
            delivery.c.subscriber_id,
            delivery.c.subscription_id,
            subscriber.c.address,
            subscriber.c.name,
            subscriber.c.untracked,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.variant_id == bindparam("variant"), delivery.c.sequence == bindparam("sequence"), kept)
        .order_by(delivery.c.subscriber_id)
    )


_ADDRESSEES = addressees_of(delivery.c.outcome.is_(None))
# A subscription that ended or an address that was suppressed since the issue was frozen, and why.
_UNMAILABLE = case(
    (suppression.c.reason.is_not(None), suppression.c.reason), (subscription.c.state != "active", subscription.c.state)
)
_CHECKED_ADDRESSEES = (
    _ADDRESSEES.add_columns(_UNMAILABLE)
    .join(subscription, subscription.c.id == delivery.c.subscription_id)
    .outerjoin(suppression, suppression.c.address_key == subscriber.c.address_key)
)


def batches() -> Select[Any]:
    return (
        select(
            batch,
            variant.c.message,
            variant.c.language,
            issue.c.uid,
            issue.c.newsletter,
            issue.c.frozen_at,
            issue.c.hold,
        )
        .join(issue, issue.c.id == batch.c.issue_id)
        .join(variant, variant.c.id == batch.c.variant_id)
    )


_BATCH = batches().where(batch.c.id == bindparam("which"))


def held_batches(tx: Connection, query: Select[Any]) -> list[HeldBatch]:
    """Batches with everyone who is still to do, or in doubt."""
    return [held_batch(row, _addressees(tx, row)) for row in tx.execute(query).all()]


def mailable_batch(tx: Connection, id_: uuid.UUID) -> tuple[HeldBatch, Sequence[Outcome]]:
    """A batch with those of its recipients who may get mail now, and what is to be written of the others."""
    row = tx.execute(_BATCH, {"which": id_}).one()
    addressees: list[Addressee] = []
    unmailable: list[Outcome] = []
    found = tx.execute(_CHECKED_ADDRESSEES, {"variant": row.variant_id, "sequence": row.sequence})
    for person, chosen, address, name, untracked, reason in found.all():
        if reason is None:
            addressees.append(Addressee(SubscriberId(person), chosen, address, name, untracked))
        else:
            unmailable.append(Outcome(subscriber=SubscriberId(person), kind=OutcomeKind.SUPPRESSED, reason=reason))
    return held_batch(row, tuple(addressees)), unmailable


def _addressees(tx: Connection, row: Row[Any]) -> tuple[Addressee, ...]:
    found = tx.execute(_ADDRESSEES, {"variant": row.variant_id, "sequence": row.sequence})
    return tuple(Addressee(SubscriberId(person), *rest) for person, *rest in found.all())


def held_batch(row: Row[Any], addressees: tuple[Addressee, ...]) -> HeldBatch:
    """A row of `batches` with these addressees."""
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
        account=row.account,
        submitted_at=row.submitted_at,
        held_back=row.hold in (Hold.PAUSED, Hold.HALTED),
    )
