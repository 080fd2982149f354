"""Statements that SQLAlchemy spells differently for each database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, false, or_
from sqlalchemy.dialects import postgresql, sqlite


def are_one_of(first: Column[Any], second: Column[Any], pairs: Iterable[tuple[Any, Any]]) -> ColumnElement[bool]:
    """Whether two columns hold one of these pairs; by the first of each, for SQLite looks pairs up in no index."""
    by_first: dict[Any, list[Any]] = defaultdict(list)
    for one, other in pairs:
        by_first[one].append(other)
    return or_(false(), *(and_(first == one, second.in_(others)) for one, others in by_first.items()))


def insert_new(tx: Connection, table: Table) -> sqlite.Insert:
    """An INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``, the same in both databases."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: Table) -> sqlite.Insert:
    """The same for a database that is called so."""
    if dialect == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]  # the two have these methods in common
    return sqlite.insert(table)
