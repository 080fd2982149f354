"""A batch goes from one state to the next only where the ledger allows it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.ledger import TRANSITIONS, BatchState
from pipeline.store.tables import batch

_CALLED = (BatchState.SUBMITTING, BatchState.IN_DOUBT)


def move(tx: Connection, id_: uuid.UUID, after: BatchState, **values: Any) -> None:  # noqa: ANN401  (column values)
    """Move a batch that is where it may come from.  Raises AssertionError for any other."""
    before = [state for state, following in TRANSITIONS.items() if after in following]
    moved = update(batch).where(batch.c.id == id_, batch.c.state.in_(before)).values(state=after, **values)
    if tx.execute(moved).rowcount != 1:
        msg = f"batch {id_} can't become {after}: the ledger allows that only from {', '.join(before)}"
        raise AssertionError(msg)


def is_mine(tx: Connection, held: HeldBatch, states: Collection[BatchState] = _CALLED) -> bool:
    """Whether what is known now is of the newest attempt; a worker that slept past its lease may come too late."""
    mine = select(batch.c.state).where(batch.c.id == held.id, batch.c.attempt == held.tries).with_for_update()
    return tx.execute(mine).scalar_one_or_none() in states
