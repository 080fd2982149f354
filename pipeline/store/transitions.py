"""A batch goes from one state to the next only where the ledger allows it, and is over only when all of it is."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.ledger import TRANSITIONS, BatchState
from pipeline.store.tables import batch, delivery

# Statements of the transitions that every batch makes are built once: for each batch anew takes as long as all it does.
_MOVED = {
    after: update(batch).where(
        batch.c.id == bindparam("which"),
        batch.c.state.in_([state for state, following in TRANSITIONS.items() if after in following]),
    )
    for after in BatchState
}
_STATE_OF_TRY = (
    select(batch.c.state)
    .where(batch.c.id == bindparam("batch"), batch.c.attempt == bindparam("tries"))
    .with_for_update()
)
_CALLED = (BatchState.SUBMITTING, BatchState.IN_DOUBT)

_STRANDED = select(
    exists().where(
        batch.c.id == bindparam("batch"),
        delivery.c.variant_id == batch.c.variant_id,
        delivery.c.sequence == batch.c.sequence,
        delivery.c.outcome.is_(None),
    )
)


def move(tx: Connection, id_: uuid.UUID, after: BatchState, **values: Any) -> None:  # noqa: ANN401  (column values)
    """Move a batch that is where it may come from; one that is over has no delivery that is still to do or in doubt.

    Raises AssertionError for any other: nothing is written then.
    """
    if tx.execute(_MOVED[after], {"which": id_, "state": after, **values}).rowcount != 1:
        before = [state for state, following in TRANSITIONS.items() if after in following]
        msg = f"batch {id_} can't become {after}: the ledger allows that only from {', '.join(before)}"
        raise AssertionError(msg)
    if not TRANSITIONS[after] and tx.execute(_STRANDED, {"batch": id_}).scalar_one():
        msg = f"batch {id_} can't become {after}: not all of its deliveries are settled"
        raise AssertionError(msg)


def is_mine(tx: Connection, held: HeldBatch, states: Collection[BatchState] = _CALLED) -> bool:
    """Whether what is known now is of the newest attempt; a worker that slept past its lease may come too late."""
    return tx.execute(_STATE_OF_TRY, {"batch": held.id, "tries": held.tries}).scalar_one_or_none() in states
