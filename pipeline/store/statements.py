"""Statements that SQLAlchemy spells differently for each database."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(tx: Connection, table: Table) -> sqlite.Insert:
    """An INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``, the same in both databases."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: Table) -> sqlite.Insert:
    """The same for a database that is called so."""
    if dialect == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]  # the two have these methods in common
    return sqlite.insert(table)
