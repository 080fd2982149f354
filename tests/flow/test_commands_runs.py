"""`rundbrief runs`: what was done for which slot, by whom; followed; and kept by rule."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.domain.run import RunOutcome, StartedBy
from tests.fakes.commands import Project
from tests.fakes.times import START, at


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_a_run_shows_what_was_logged_in_it_in_its_threads_too(project: Project) -> None:
    project.subscribe()
    project.done("run")
    shown = project.done("runs", "show", "1")
    assert "Started by  person" in shown.out
    assert "info: issue made (issue=1, newsletter=wochenblick" in shown.out
    (run,) = project.done("runs", "--outcome", "done", "--json").json["runs"]
    assert [line["event"] for line in run["log"]][:1] == ["collect begins"]
    assert project.done("runs", "--outcome", "failed", "--json").json == {"runs": []}


def test_one_that_is_followed_ends_the_command(project: Project) -> None:
    with project.app() as app:
        run = app.store.runs.begin("run", None, app.owner.name, app.clock())
        assert run is not None

        def end() -> None:
            time.sleep(0.2)
            app.store.runs.end(run, RunOutcome.FAILED, {}, (), app.clock())

        ending = threading.Thread(target=end)
        ending.start()
        followed = project("runs", "follow", str(run), "--json")
        ending.join()
    assert (followed.code, json.loads(followed.out)["outcome"]) == (1, "failed")
    again = project("runs", "follow", str(run))
    assert (again.code, f"{run} run: failed in" in again.out) == (1, True)
    assert project("runs", "follow", "99").code == 2


def test_runs_are_kept_for_a_time_and_the_newest_of_each_job_for_ever(project: Project) -> None:
    with project.app() as app:
        runs = app.store.runs
        for job in ("collect/a", "collect/b"):
            for day in range(10):
                slot = START + timedelta(days=day)
                runs.close_slot(job, slot, RunOutcome.SKIPPED, "", slot, StartedBy.SCHEDULE)
        going = runs.begin("run", None, app.owner.name, START)
        assert runs.prune(START + timedelta(days=4)) == 8
        assert runs.prune(START + timedelta(days=100)) == 10
        assert sorted((one.job, one.id == going) for one in runs.newest()) == [
            ("collect/a", False),
            ("collect/b", False),
            ("run", True),
        ]


def test_each_slot_is_a_run_whatever_became_of_it(project: Project) -> None:
    """Downtime over several slots: what is too late is missed, the newest is caught up with, the others are covered."""
    from sqlalchemy import update

    from pipeline.store.database import writing
    from pipeline.store.tables import schedule

    # Half an hour from now, so that none comes up in between.
    minute = (datetime.now(UTC).minute + 30) % 60
    project.configure('daily     = "0 7 * * *"', f'hourly    = "{minute} * * * *"')
    project.subscribe("hourly")
    project.done("run")
    job = "mail/wochenblick/hourly/Europe/Berlin"
    with project.app() as app, writing(app.store.engine) as tx:
        tx.execute(update(schedule).where(schedule.c.job == job).values(last_slot=app.clock() - timedelta(hours=9)))
    project.done("run")
    runs = project.done("runs", "--job", job, "--limit", "50", "--json").json["runs"]
    outcomes = [run["outcome"] for run in sorted(runs, key=lambda run: run["slot"])]
    assert len(runs) == 9
    assert outcomes == ["missed"] * 3 + ["skipped"] * 5 + ["done"]
    assert "late; max_lateness is 6 h" in runs[-1]["reason"]
    project.done("run")
    assert len(project.done("runs", "--job", job, "--limit", "50", "--json").json["runs"]) == 9, "each slot once"


def test_the_last_of_each_job_is_found_among_many(project: Project) -> None:
    with project.app() as app:
        runs = app.store.runs
        for number in range(300):
            runs.close_slot(f"collect/{number % 5}", at(number), RunOutcome.DONE, "", at(number))
        last = runs.last_of_each()
    assert [(run.job, run.slot) for run in last] == [(f"collect/{n}", at(295 + n)) for n in range(5)]
