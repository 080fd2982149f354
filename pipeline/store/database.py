"""How the store is opened, and its two kinds of transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from pipeline.errors import StoreDamaged, StoreError, StoreUnavailable

_BUSY_MS = 60_000
_DURABLE = "rundbrief_durable"


def open_engine(url: str) -> Engine:
    """The engine for ``sqlite:///FILE`` or ``postgresql://…``.  Creates the file's directory, not the schema."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "is not the address of a database.",
            where="store.url",
            mend="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed)
        case "postgresql":
            return create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                pool_size=10,
                max_overflow=10,
                hide_parameters=True,
            )
        case other:
            raise StoreError(
                f"can't use {other!r}.", where="store.url", mend="Write sqlite:///FILE or postgresql://USER@HOST/NAME."
            )


def sqlite_file(engine: Engine) -> Path | None:
    """The file of a SQLite store; None for PostgreSQL or a store in memory."""
    if engine.dialect.name != "sqlite" or engine.url.database in (None, "", ":memory:"):
        return None
    return Path(str(engine.url.database))


def _open_sqlite(url: URL) -> Engine:
    # Parameters are addresses: they must not get into an error's text, and with it into a log.
    engine = create_engine(url, hide_parameters=True)
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)

        # Not before: a store that nobody has worked on yet is no file, and a backup can be put in its place.
        @event.listens_for(engine, "do_connect")
        def _create(*_: object) -> None:
            if not file.exists():
                # It will have everybody's address: the files that SQLite puts beside it get the same rights.
                file.touch(mode=0o600)

    # The driver's own transactions begin too late: two threads that read, then write, would lose one's update.
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401  (a DBAPI connection has no type)
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -6144")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        level = "FULL" if options.get(_DURABLE, True) else "NORMAL"
        if connection.info.get("synchronous") != level:
            connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
            connection.info["synchronous"] = level
        connection.exec_driver_sql(f"BEGIN {options.get('sqlite_begin', 'IMMEDIATE')}")

    return engine


@contextmanager
def writing(engine: Engine, *, durable: bool = True) -> Iterator[Connection]:
    """A transaction that may write; on SQLite it has the write lock from its first statement.

    Once it is committed it is on the disk, also when the power fails.  Where ``durable`` is False it is there with the
    next one that is, and a power failure before that undoes it as a whole: that costs no waiting for the disk.
    """
    with (
        _turn(engine),
        _explained(),
        engine.connect().execution_options(**{_DURABLE: durable}) as connection,
        connection.begin(),
    ):
        if not durable and engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        yield connection


_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()
_making_turns = Lock()


def _turn(engine: Engine) -> AbstractContextManager[object]:
    """A turn among this process's writers.

    SQLite lets one write and has the others look again now and then, for longer and longer: some threads would wait
    for seconds while the file is free.
    """
    if engine.dialect.name != "sqlite":
        return nullcontext()
    with _making_turns:
        return _turns.setdefault(engine, Lock())


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, from one snapshot on SQLite."""
    with _explained(), engine.connect().execution_options(sqlite_begin="DEFERRED") as connection:
        yield connection


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong with the database in words that an operator can use."""
    try:
        yield
    except OperationalError as error:
        what = str(error.orig).strip().partition("\n")[0]
        mend = "Nothing is lost: run it again once that is mended."
        if "full" in what:
            mend = f"Make room on its disk. {mend}"
        raise StoreUnavailable(f"does not work: {what}.", where="store", mend=mend) from error
    except DatabaseError as error:
        # SQLite's own class says that the file is damaged, or none of its; its subclasses are about a statement.
        if type(error) is not DatabaseError:
            raise
        mend = "Stop Rundbrief, copy the file away, and restore a backup; then look at the disk."
        raise StoreDamaged(f"is damaged: {error.orig}.", where="store", mend=mend) from error
