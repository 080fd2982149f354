"""Batches that become several: what does not fit into a call, and what of one is to be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.domain.ledger import BatchState, SubscriberId, batch_id
from pipeline.store.tables import batch, delivery, variant
from pipeline.store.transitions import move

_RANGE = (
    update(delivery)
    .where(
        delivery.c.variant_id == bindparam("variant"),
        delivery.c.sequence == bindparam("old"),
        delivery.c.subscriber_id >= bindparam("first"),
        delivery.c.subscriber_id <= bindparam("last"),
        delivery.c.outcome.is_(None),
    )
    .values(sequence=bindparam("new"))
)


def divide(
    tx: Connection, held: HeldBatch, fits: int, most: int, owner: str, now: datetime, lease: timedelta
) -> HeldBatch:
    """Keep so many recipients of a batch that was just claimed, and put the others into batches of at most ``most``.

    What was tried before keeps no part under its old id, which is the key for what was submitted under it.
    """
    groups = [held.addressees[:fits]]
    groups += [held.addressees[at : at + most] for at in range(fits, len(held.addressees), most)]
    if not held.tries:
        _spread(tx, held, groups[1:], {"state": BatchState.READY})
        return replace(held, addressees=groups[0])
    waiting = {"state": BatchState.RETRY_WAIT, "attempt": held.tries, "provider": held.provider, "not_before": now}
    (id_, sequence), *_ = _spread(tx, held, groups, waiting)
    move(tx, held.id, BatchState.CANCELLED, owner=None, lease_until=None)
    move(tx, id_, BatchState.CLAIMED, owner=owner, lease_until=now + lease, not_before=None)
    return replace(held, id=id_, sequence=sequence, addressees=groups[0])


def set_apart(tx: Connection, held: HeldBatch, people: Sequence[SubscriberId], until: datetime, error: str) -> None:
    """Move these deliveries of a batch into a new one: the old one's key stands for what was accepted under it."""
    values = {
        "state": BatchState.RETRY_WAIT,
        "attempt": held.tries,
        "provider": held.provider,
        "not_before": until,
        "error": error,
    }
    ((_, sequence),) = make_batches(tx, held, 1, values)
    moved = update(delivery).where(delivery.c.issue_id == held.issue, delivery.c.subscriber_id.in_(people))
    tx.execute(moved.values(sequence=sequence))


def make_batches(tx: Connection, held: HeldBatch, count: int, values: dict[str, Any]) -> list[tuple[Any, int]]:
    """So many new batches of the same variant; returns their ids and sequences."""
    # Held, so that two that divide batches of a variant don't give out the same numbers.
    known = (
        select(variant.c.id, variant.c.number)
        .join(batch, batch.c.variant_id == variant.c.id)
        .where(batch.c.id == held.id)
        .with_for_update(of=variant)
    )
    row = tx.execute(known).one()
    last: int = tx.execute(select(func.max(batch.c.sequence)).where(batch.c.variant_id == row.id)).scalar_one()
    made = [(batch_id(held.issue_uid, row.number, number), number) for number in range(last + 1, last + count + 1)]
    common = {"issue_id": held.issue, "variant_id": row.id, **values}
    tx.execute(insert(batch), [{"id": id_, "sequence": sequence, **common} for id_, sequence in made])
    return made


def _spread(
    tx: Connection, held: HeldBatch, groups: Sequence[Sequence[Addressee]], values: dict[str, Any]
) -> list[tuple[Any, int]]:
    made = make_batches(tx, held, len(groups), values)
    variant_id = tx.execute(select(batch.c.variant_id).where(batch.c.id == held.id)).scalar_one()
    ranges = [
        {
            "variant": variant_id,
            "old": held.sequence,
            "new": sequence,
            "first": group[0].subscriber,
            "last": group[-1].subscriber,
        }
        for group, (_, sequence) in zip(groups, made, strict=True)
    ]
    tx.execute(_RANGE, ranges)
    return made
