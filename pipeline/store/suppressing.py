"""Which addresses are suppressed: by the address itself, or by a digest where the address may not be kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select

from pipeline.domain.audience import Suppression, SuppressionReason
from pipeline.store.statements import insert_new
from pipeline.store.tables import suppression

Digests = Callable[[str], Sequence[str]]
"""What may stand for an address key: ``#`` and a keyed hash, one for each key that there is; the current one first."""


def no_digests(_address_key: str) -> Sequence[str]:
    """For a store without a key."""
    return ()


def suppressed(tx: Connection, keys: Collection[str], digests: Digests) -> dict[str, Suppression]:
    """The suppressions of these address keys."""
    stands_for = {key: key for key in keys} | {digest: key for key in keys for digest in digests(key)}
    rows = tx.execute(select(suppression).where(suppression.c.address_key.in_(stands_for))).all()
    return {stands_for[row.address_key]: suppression_record(row) for row in rows}


def needed(tx: Connection, digests: Digests) -> Digests:
    """The same digests, or none where none is kept: for many addresses they cost more than a look."""
    kept = select(exists().where(suppression.c.address_key.like("#%")))
    return digests if tx.execute(kept).scalar_one() else no_digests


def suppress(tx: Connection, key: str, reason: SuppressionReason, detail: str, now: datetime) -> None:
    """Suppress an address key, or a digest.  The first reason stays."""
    row = {"address_key": key, "reason": reason, "detail": detail, "created_at": now}
    tx.execute(insert_new(tx, suppression).values(row).on_conflict_do_nothing())


def lift(tx: Connection, key: str, digests: Digests) -> bool:
    """Lift the suppression of an address key; False if there was none."""
    return tx.execute(delete(suppression).where(suppression.c.address_key.in_([key, *digests(key)]))).rowcount > 0


def suppression_record(row: Row[Any]) -> Suppression:
    return Suppression(
        address_key=row.address_key, reason=SuppressionReason(row.reason), since=row.created_at, detail=row.detail
    )
