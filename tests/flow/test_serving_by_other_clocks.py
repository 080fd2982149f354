"""`rundbrief serve` while its clock is set: through both changes of a year, back and forth, asleep, and dead."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.domain.run import Run, RunOutcome
from pipeline.store.database import open_engine
from pipeline.store.runs import Runs
from tests.fakes.commands import CONFIG, Project

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from pipeline.cli.main import main; sys.exit(main())"
HALF_HOUR = timedelta(minutes=30)
LONG = 60
MAIL = "mail/wochenblick/nachts/Europe/Berlin"
QUARTER = (
    CONFIG.replace("[[sources]]", '[web]\nlisten = "127.0.0.1:0"\n\n[[sources]]', 1)
    .replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nschedule = "*/30 * * * *"\n', 1)
    .replace('immediate = true\ndaily     = "0 7 * * *"', 'nachts = "30 2 * * *"')
)


class Clock:
    """The wall clock of a process.  It goes on by itself; the other clock, by which one waits, is the machine's."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "clock"
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        self.environ = os.environ | {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, moment: datetime) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{(moment - datetime.now(UTC)).total_seconds():+.0f}\n")
        draft.replace(self._file)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys, QUARTER)


@contextmanager
def serving(project: Project, clock: Clock) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM, "--config", str(project.directory / "config.toml"), "serve"]
    with (project.directory / "log.txt").open("a") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True, env=clock.environ)
        try:
            assert process.stdout
            assert re.search(r"http://[\d.:]+", process.stdout.readline()), (project.directory / "log.txt").read_text()
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@contextmanager
def runs_of(project: Project) -> Iterator[Callable[[str], list[Run]]]:
    """The runs of a job that have a slot, by slot; read from the store itself."""
    engine = open_engine(f"sqlite:///{project.directory}/var/rundbrief.db")
    runs = Runs(engine=engine)
    yield lambda job: sorted(
        (run for run in runs.newest(limit=1000, job=job) if run.slot), key=lambda run: str(run.slot)
    )
    engine.dispose()


def wait_until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def begun(project: Project, clock: Clock, start: datetime) -> None:
    """The store knows the schedules since then, has subscribers, and an article for them."""
    clock.set(start)
    subscribed = "subscribers import subscribers.csv --newsletter wochenblick --cadence nachts --confirmed"
    program = f"from pipeline.cli.main import main; raise SystemExit(main({subscribed.split()!r}) or main(['run']))"
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.directory,
        env=clock.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )


def mails(project: Project) -> int:
    return len(list((project.directory / "outbox").rglob("new/*")))


@pytest.mark.parametrize(
    ("day", "mail"),
    [
        # 02:30 does not come on this night: its slot is the first moment after it.
        ("2026-03-29", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # It comes twice on this one, and counts the first time.
        ("2026-10-25", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
    ids=["spring", "autumn"],
)
def test_through_a_change_each_slot_comes_once(project: Project, tmp_path: Path, day: str, mail: datetime) -> None:
    """In all of Europe the clocks change at one o'clock UTC."""
    clock, start = Clock(tmp_path), datetime.fromisoformat(f"{day}T00:00Z")
    begun(project, clock, start + timedelta(minutes=1))
    moments = [start + number * HALF_HOUR for number in range(1, 6)]
    with serving(project, clock) as process, runs_of(project) as runs:
        for moment in moments:
            clock.set(moment + timedelta(seconds=10))
            wait_until(lambda at=moment: runs("collect/artikel")[-1:] and runs("collect/artikel")[-1].slot == at)
            if moment >= mail:
                wait_until(lambda: runs(MAIL) and mails(project) == 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0
        slots = [run.slot for run in runs("collect/artikel")]
        assert slots[-len(moments) :] == moments
        assert len(set(slots)) == len(slots)
        assert [(run.slot, run.outcome) for run in runs(MAIL)] == [(mail, RunOutcome.DONE)]
    assert mails(project) == 3


def test_clocks_that_are_set_back_and_forth_and_a_sleep_over_several_slots_double_nothing(
    project: Project, tmp_path: Path
) -> None:
    clock, noon = Clock(tmp_path), datetime(2026, 6, 10, 12, tzinfo=UTC)
    night = noon + timedelta(hours=12, minutes=30)
    begun(project, clock, noon - timedelta(minutes=20))
    log = project.directory / "log.txt"
    with serving(project, clock) as process, runs_of(project) as runs:
        for hours in (0, 2, 0, -2, 0):
            told = log.read_text().count("clock was set")
            clock.set(noon + timedelta(hours=hours, seconds=10))
            wait_until(lambda before=told: log.read_text().count("clock was set") > before)
        # It sleeps over the mail's slot, and wakes up four hours later.
        clock.set(night + timedelta(hours=4, seconds=10))
        wait_until(lambda: mails(project) == 3)
        for hours in (2, 4):
            told = log.read_text().count("clock was set")
            clock.set(night + timedelta(hours=hours, seconds=20))
            wait_until(lambda before=told: log.read_text().count("clock was set") > before)
        wait_until(lambda: runs("collect/artikel")[-1].slot == night + timedelta(hours=4))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # It lies dead over two nights: the first of them is too late by then.
        clock.set(night + timedelta(hours=49))
    with serving(project, clock) as process, runs_of(project) as runs:
        wait_until(lambda: len(runs(MAIL)) == 3)
        wait_until(lambda: runs("collect/artikel")[-1].slot == night + timedelta(hours=49))
        slots = [run.slot for run in runs("collect/artikel")]
        assert len(set(slots)) == len(slots)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG) == 0
        assert [(run.slot, run.outcome) for run in runs(MAIL)] == [
            (night, RunOutcome.DONE),
            (night + timedelta(hours=24), RunOutcome.MISSED),
            (night + timedelta(hours=48), RunOutcome.DONE),
        ]
    assert mails(project) == 3
