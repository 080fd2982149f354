"""The schema: made, migrated after a backup, and refused where a newer Rundbrief has been here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from pipeline.errors import SchemaTooNew, StoreError
from pipeline.store.database import reading, sqlite_file, writing

HEAD = "0019"
"""The newest revision; a test holds it to Alembic's own view."""

# An arbitrary number that all processes agree on: the advisory lock under which PostgreSQL is migrated.
_TURN = 7_236_801


def migrate(engine: Engine, now: datetime) -> Path | None:
    """Bring the schema up to date.  Returns the backup that was made first, None where none was needed.

    SQLite's file is copied with VACUUM INTO, because its schema changes can't be rolled back whole.  PostgreSQL's
    can, in one transaction.  Raises SchemaTooNew if the store was migrated by a newer version.
    """
    with reading(engine) as tx:
        found = _version(tx)
    if found == HEAD:
        return None
    if found is not None and found not in _revisions():
        what = f"was migrated to schema {found} by a newer Rundbrief; this one knows {HEAD}."
        raise SchemaTooNew(what, where="store", mend="Upgrade Rundbrief, or restore a backup from before.")
    backup = _backup(engine, found, now) if found is not None else None
    with writing(engine) as tx:
        if engine.dialect.name == "postgresql":
            tx.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        _upgrade(tx)
    return backup


def _version(tx: Connection) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    version: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return version


def _backup(engine: Engine, found: str, now: datetime) -> Path | None:
    file = sqlite_file(engine)
    if file is None:
        return None
    backup = file.with_name(f"{file.name}.schema-{found}.{now:%Y%m%dT%H%M%SZ}.bak")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", sqlite_begin="DEFERRED") as connection:
        raw = connection.connection.driver_connection
        if raw is None:
            raise StoreError("the backup before the migration could not be made.", where=str(backup))
        raw.commit()
        raw.execute("VACUUM INTO ?", (str(backup),))
    return backup


def _config() -> object:
    from alembic.config import Config  # noqa: PLC0415  (0.1 s that only a migration has to pay)

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _revisions() -> frozenset[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())  # type: ignore[arg-type]


def _upgrade(tx: Connection) -> None:
    from alembic import command  # noqa: PLC0415

    config = _config()
    config.attributes["connection"] = tx  # type: ignore[attr-defined]
    command.upgrade(config, "head")  # type: ignore[arg-type]
