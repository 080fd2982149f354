"""`rundbrief doctor`: what operating depends on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.domain.run import RunOutcome
from tests.fakes.commands import Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_an_installation_that_is_well_is_said_to_be(project: Project) -> None:
    project.subscribe("daily")
    project.done("run")
    told = project.done("doctor").out
    assert "FAILED" not in told
    assert "Nothing keeps it from working" in told, "but for the templates of these tests"
    assert "ok       rights of" in told
    for part in ("clock", "disk of store", "integrity", "schedules", "runs: the last began", "events of providers"):
        assert f"ok       {part}" in told


def test_slots_that_nobody_looks_at_runs_that_failed_and_a_hold_are_named(project: Project) -> None:
    project.subscribe("daily")
    project.done("run")
    job = "mail/wochenblick/daily/Europe/Berlin"
    with project.app() as app:
        ago = app.clock() - timedelta(days=3)
        with pytest.MonkeyPatch.context():
            from sqlalchemy import update

            from pipeline.store.database import writing
            from pipeline.store.tables import schedule

            with writing(app.store.engine) as tx:
                tx.execute(update(schedule).where(schedule.c.job == job).values(last_slot=ago))
        run = app.store.runs.begin("collect/artikel", None, app.owner.name, app.clock())
        assert run is not None
        app.store.runs.end(run, RunOutcome.FAILED, {}, (), app.clock())
    found = project("doctor", "--json")
    assert found.code == 1
    (stalled,) = found.json["problems"]
    assert (stalled["code"], "slots wait" in stalled["what"]) == ("schedule-stalled", True)
    assert "run-failed" in {one["code"] for one in found.json["warnings"]}
    project.done("hold")
    held = project.done("doctor")
    assert "`rundbrief release`" in held.out


def test_a_damaged_store_is_an_error(project: Project) -> None:
    project.done("run")
    file = project.directory / "var" / "rundbrief.db"
    with closing(sqlite3.connect(file)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'revision'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(file.read_bytes())
    content[(root - 1) * size : root * size] = bytes(size)
    file.write_bytes(content)
    found = project("doctor", "--json")
    assert found.code == 1
    assert "store-damaged" in {one["code"] for one in found.json["problems"]}
