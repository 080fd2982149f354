"""What an issue was made of and what was mailed of it, to make it again and compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, SubscriberId
from pipeline.domain.message import Message
from pipeline.store.codec import load_message
from pipeline.store.held_batches import addressees_of, batches, held_batch
from pipeline.store.tables import batch, delivery, variant
from pipeline.store.variants import FrozenVariant, frozen_variants

_SUBMITTED = (BatchState.ACCEPTED, BatchState.REJECTED, BatchState.IN_DOUBT)
# Whoever was suppressed or cancelled before was not in the call.
_IN_THE_CALL = (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED)
_ADDRESSEES = addressees_of(delivery.c.outcome.is_(None) | delivery.c.outcome.in_(_IN_THE_CALL))


def mailed_variants(tx: Connection, id_: IssueId) -> Sequence[tuple[FrozenVariant, Message]]:
    """The variants of an issue that have been rendered, with what they were rendered to."""
    kept = select(variant.c.id, variant.c.message).where(variant.c.issue_id == id_, variant.c.message.is_not(None))
    messages = {row.id: load_message(row.message) for row in tx.execute(kept)}
    of_these = variant.c.message.is_not(None)
    return [(one, messages[one.id]) for one in frozen_variants(tx, id_, of_these)]


def submitted_batches(tx: Connection, id_: IssueId) -> Iterator[HeldBatch]:
    """The batches of an issue that were handed to a provider, with those who were in them; one after the other."""
    query = batches().where(batch.c.issue_id == id_, batch.c.state.in_(_SUBMITTED), batch.c.payload_hash.is_not(None))
    for row in tx.execute(query.order_by(batch.c.variant_id, batch.c.sequence)).all():
        people = tx.execute(_ADDRESSEES, {"variant": row.variant_id, "sequence": row.sequence}).all()
        yield held_batch(row, tuple(Addressee(SubscriberId(one), *rest) for one, *rest in people))
