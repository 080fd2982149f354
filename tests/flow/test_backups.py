"""Backups: consistent, verified, and what is restored mails nothing by itself."""

from __future__ import annotations

import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.domain.run import RunOutcome, StartedBy
from pipeline.errors import StoreError
from pipeline.store.backups import back_up, put_in_place, read_backup
from pipeline.store.database import open_engine
from pipeline.store.store import Store, open_store
from tests.fakes.commands import Project
from tests.fakes.times import START, at

NIGHT = datetime.fromisoformat("2026-11-24T03:00:00+00:00")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/rundbrief.db", tmp_path, START)


def mails(project: Project) -> int:
    return len(list((project.directory / "outbox").rglob("new/*")))


def test_what_was_mailed_after_a_backup_is_not_mailed_again_by_what_is_restored(project: Project) -> None:
    project.subscribe()
    project.done("run")
    told = project.done("backup", str(project.directory / "night.tar")).out
    assert "rundbrief.db and rundbrief.key, verified" in told
    project.write_article("Am Tag danach")
    project.done("run")
    assert mails(project) == 6

    taken = project("restore", str(project.directory / "night.tar"))
    assert (taken.code, "is there already" in taken.err) == (2, True)
    restored = project.done("restore", str(project.directory / "night.tar"), "--replace").out
    assert "rundbrief.db.before-restore-" in restored
    for _ in range(2):
        refused = project("run")
        assert (refused.code, "was restored from a backup of" in refused.err) == (1, True)
    assert mails(project) == 6

    # What would be mailed is named, and it is the article that everybody has.
    asked = project("unfence")
    assert asked.code == 2
    assert "Mailing went on for 2 calls of providers that it knows nothing of." in asked.err, "a variant each"
    assert "a new issue: wochenblick, immediate" in asked.err
    assert "3 recipients, 1 articles" in asked.err
    assert mails(project) == 6
    assert project.done("unfence", "--yes", "--json").json["pending"][0]["recipients"] == 3
    project.done("run")
    assert mails(project) == 9, "by a person's decision"


def test_on_a_new_machine_what_is_restored_mails_nothing_either(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(project.directory / "night.tar")
    project.done("backup", archive)  # nothing was ever mailed: there is no generation to tell by
    other = Project.make(tmp_path / "other", capsys)
    other.done("restore", archive)
    idle = other("unfence").err
    assert "the next run mails:\n  nothing\nBut articles that were collected and mailed after the copy was made" in idle
    assert "It may have been mailed already" not in idle
    other.subscribe()
    assert other("run").code == 1
    assert not (other.directory / "outbox").exists()
    assert "the next run mails:" in other("unfence").err


def test_what_was_under_way_when_a_backup_was_made_has_ended_in_what_is_restored(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(project.directory / "night.tar")
    with project.app() as app, app.run_book.run("collect", None, StartedBy.PERSON):
        project.done("backup", archive)
    other = Project.make(tmp_path / "other", capsys)
    other.done("restore", archive)
    (run,) = other.done("runs", "--json").json["runs"]
    assert (run["outcome"], run["reason"]) == ("broken_off", "it was under way in the backup")
    assert run["ended"]


def test_a_store_that_is_in_use_is_not_replaced(project: Project) -> None:
    archive = str(project.directory / "night.tar")
    project.done("backup", archive)
    with project.app() as app:
        assert app.owner.name
        refused = project("restore", archive, "--replace")
    assert (refused.code, "is in use" in refused.err) == (2, True)
    project.done("restore", archive, "--replace")


def test_a_backup_is_of_one_moment_though_there_is_writing(store: Store, tmp_path: Path) -> None:
    """Each transaction writes two rows: a copy has both or none, and its journal is not needed."""
    stop = threading.Event()

    def write() -> None:
        for second in range(100_000):
            if stop.is_set():
                return
            store.runs.close_slot("one", at(second), RunOutcome.SKIPPED, "", START)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            archive = tmp_path / f"{number}.tar"
            made = back_up(store.engine, tmp_path, archive, NIGHT)
            assert (made, made.instance) == (read_backup(archive), store.instance)
            assert stat.S_IMODE(archive.stat().st_mode) == 0o600
            with tarfile.open(archive) as tar:
                found = tar.extractfile("rundbrief.db")
                assert found
                (tmp_path / f"{number}.db").write_bytes(found.read())
            with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                count, newest = copy.execute("SELECT count(*), max(id) FROM run").fetchone()
                assert count == (newest or 0)
    finally:
        stop.set()
        writer.join()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("spoiled", ["text", "empty", "cut", "bit", "other tar"])
def test_what_is_no_backup_or_a_damaged_one_changes_nothing(store: Store, tmp_path: Path, spoiled: str) -> None:
    archive = tmp_path / "b.tar"
    back_up(store.engine, tmp_path, archive, NIGHT)
    content = bytearray(archive.read_bytes())
    match spoiled:
        case "text":
            content = bytearray(b"hello")
        case "empty":
            content = bytearray()
        case "cut":
            del content[len(content) // 2 :]
        case "bit":
            content[len(content) // 2] ^= 1
        case _:
            with tarfile.open(archive, "w") as tar:
                tar.add(__file__, arcname="manifest.json")
            content = bytearray(archive.read_bytes())
    archive.write_bytes(content)
    home = tmp_path / "home"
    home.mkdir()
    engine = open_engine(f"sqlite:///{home}/rundbrief.db")
    with pytest.raises(StoreError, match=r"damaged|no backup|can't be read"):
        put_in_place(archive, engine, home, NIGHT)
    assert list(home.iterdir()) == []
