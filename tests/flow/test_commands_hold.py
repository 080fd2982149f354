"""`rundbrief hold` and `release`, beside what else the operator looks at."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.commands import Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_a_run_on_hold_collects_and_publishes_and_mails_after_the_release(project: Project) -> None:
    project.subscribe()
    told = project.done("hold", "--reason", "wrong price").out
    assert "Mailing is on hold since" in told
    assert "wrong price" in told
    assert "no issue is open" in told
    since = datetime.fromisoformat(project.done("plan", "--json").json["held"]["since"])
    assert f"on hold since {since.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M}: wrong price." in told
    assert "It was already" in project.done("hold").out

    ran = project.done("run")
    assert "2 new" in ran.out
    assert "nothing, it is on hold" in ran.out
    assert "wrong price. `rundbrief release` lets it go on." in ran.out
    assert not (project.directory / "outbox").exists()
    assert [note["code"] for note in project.done("run", "--json").json["notes"]] == ["mailing-held"]
    assert "Nothing of this is mailed before `rundbrief release`" in project.done("plan").out
    assert project.done("plan", "--json").json["held"]["reason"] == "wrong price"

    refused = project("send", "wochenblick", "--cadence", "immediate")
    assert refused.code == 1
    assert "wrong price" in refused.err
    assert project("send", "wochenblick", "--cadence", "immediate", "--test", "me@example.org").code == 0

    assert "Mailing goes on" in project.done("release").out
    assert "not on hold" in project.done("release").out
    (issue,) = project.done("run", "--json").json["mailed"]["issues"]
    assert (issue["audience"], issue["accepted"]) == (3, 3)


def test_both_tell_programs_what_waits(project: Project) -> None:
    held = project.done("hold", "--json").json
    assert (held["new"], held["calls_under_way"], held["waiting"]) == (True, 0, {"issues": 0, "deliveries": 0})
    assert project.done("release", "--json").json["was"]["reason"] == ""
