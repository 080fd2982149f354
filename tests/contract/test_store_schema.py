from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pipeline.errors import SchemaTooNew
from pipeline.store.database import reading, writing
from pipeline.store.migrate import HEAD, _backup, _config
from pipeline.store.store import Store, open_store
from pipeline.store.tables import metadata
from tests.fakes.times import START, at


def test_migrations_make_exactly_the_tables_that_the_code_knows(store: Store) -> None:
    with reading(store.engine) as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    assert ScriptDirectory.from_config(_config()).get_current_head() == HEAD  # type: ignore[arg-type]


def test_a_store_that_is_opened_again_is_the_same(store: Store, store_url: str, tmp_path: Path) -> None:
    again = open_store(store_url, tmp_path, at(5))
    assert (again.instance, again.created) == (store.instance, START)
    again.close()


def test_a_newer_schema_is_refused(store: Store, store_url: str, tmp_path: Path) -> None:
    with writing(store.engine) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        open_store(store_url, tmp_path, at(5))


def test_a_migration_backs_a_sqlite_store_up_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/rundbrief.db"
    store = open_store(url, tmp_path, START)
    with writing(store.engine) as tx:
        tx.execute(text("INSERT INTO newsletter (name) VALUES ('da')"))
    backup = migrate_module_backup(store)
    copy = open_store(f"sqlite:///{backup}", tmp_path, START)
    with reading(copy.engine) as tx:
        assert tx.execute(text("SELECT name FROM newsletter")).scalar_one() == "da"
    copy.close()
    store.close()


def migrate_module_backup(store: Store) -> Path:
    backup = _backup(store.engine, HEAD, START)
    assert backup is not None
    return backup
