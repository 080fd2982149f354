"""Claims on WebSub's work: at most so many a host, and each by one process at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select, text, update

from pipeline.publish.websub.records import Claim

# An arbitrary number that all processes agree on: on PostgreSQL, claims are made one after another.
_TURN = 7_236_804


def take_turns(tx: Connection) -> None:
    """Until the transaction's end, no other process may count and claim (SQLite has one writer anyway)."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def unclaimed(table: Table, now: object) -> ColumnElement[bool]:
    return or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)


def claim_rows(
    tx: Connection, table: Table, due: ColumnElement[bool], order: Sequence[ColumnElement[Any]], claim: Claim
) -> list[Row[Any]]:
    """Claim rows that are due: of each host the first ones in ``order``, all hosts before any host's second."""
    take_turns(tx)
    busy = (
        select(table.c.host, func.count().label("number"))
        .where(table.c.claimed_until > claim.now)
        .group_by(table.c.host)
        .subquery()
    )
    rank = func.row_number().over(partition_by=table.c.host, order_by=order).label("rank")
    ranked = select(table.c.key, table.c.host, rank).where(and_(due, unclaimed(table, claim.now))).subquery()
    pick = (
        select(ranked.c.key)
        .outerjoin(busy, busy.c.host == ranked.c.host)
        .where(ranked.c.rank + func.coalesce(busy.c.number, 0) <= claim.per_host)
        .order_by(ranked.c.rank, ranked.c.key)
        .limit(claim.limit)
    )
    taken = (
        update(table)
        .where(table.c.key.in_(pick))
        .values(claimed_by=claim.owner, claimed_until=claim.until)
        .returning(*table.c)
    )
    return list(tx.execute(taken).all())


def owners_of(tx: Connection, table: Table) -> set[str]:
    return set(tx.execute(select(table.c.claimed_by).where(table.c.claimed_by.is_not(None)).distinct()).scalars())


def release_claims(tx: Connection, table: Table, dead: Sequence[str]) -> None:
    tx.execute(update(table).where(table.c.claimed_by.in_(dead)).values(claimed_by=None, claimed_until=None))
