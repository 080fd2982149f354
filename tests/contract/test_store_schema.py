from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pipeline.errors import SchemaTooNew
from pipeline.store.database import open_engine, reading, writing
from pipeline.store.migrate import HEAD, _config
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


def test_an_older_store_is_migrated_with_all_its_rows_after_a_backup(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/rundbrief.db"
    engine = open_engine(url)
    config = _config()
    with writing(engine) as tx:
        config.attributes["connection"] = tx  # type: ignore[attr-defined]
        command.upgrade(config, "0001")  # type: ignore[arg-type]
        tx.execute(text("INSERT INTO source (name, etag) VALUES ('blog', '\"1\"')"))
    engine.dispose()

    store = open_store(url, tmp_path, START)
    assert store.articles.source_state("blog").etag == '"1"'
    assert store.migrated_from is not None
    store.close()
    backup = open_engine(f"sqlite:///{store.migrated_from}")
    with reading(backup) as tx:
        assert tx.execute(text("SELECT etag FROM source")).scalar_one() == '"1"'
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"
    backup.dispose()


def test_several_processes_that_open_a_new_store_at_once_make_it_once(store_url: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(store_url, tmp_path, START), range(4)))
    assert len({store.instance for store in stores}) == 1
    for store in stores:
        store.close()
