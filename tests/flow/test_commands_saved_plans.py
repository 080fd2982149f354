"""`rundbrief plan --save` and `rundbrief send --plan`: what was looked at is what is mailed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app import open_app
from pipeline.engine.local import LocalEngine
from tests.fakes.commands import Project

SAVE = ("plan", "wochenblick", "--cadence", "immediate", "--save")
AHEAD = ("plan", "wochenblick", "--cadence", "daily", "--save")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def texts(project: Project) -> str:
    return "".join(file.read_text(encoding="utf-8", errors="replace") for file in project.messages())


def run_at(project: Project, time: datetime) -> None:
    app = open_app(project.directory / "config.toml", lambda: time)
    try:
        LocalEngine(app).run()
    finally:
        app.close()


def slot_of(project: Project, issue: int) -> datetime:
    return datetime.fromisoformat(project.done("issues", "show", str(issue), "--json").json["issue"]["slot"])


def test_a_saved_plan_is_mailed_as_it_was_shown(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    (plan,) = project.done(*SAVE, "--json").json["issues"]
    assert (plan["issue"], plan["recipients"], plan["due"]) == (1, 3, True)
    # Whatever happens between: another article, other words in the templates, a run.
    project.write_article("Zu spät", 9)
    (project.directory / "templates" / "email" / "style.css").write_text("p { margin: 9876px }\n")
    project.done("run")
    assert "Zu sp" in texts(project), "what comes after a plan does not wait for it"
    assert "kleine Modell" not in texts(project)
    before = set(project.messages())
    project.done("send", "--plan", "1")
    mailed = [file for file in project.messages() if file not in before]
    assert len(mailed) == 3
    assert all(b"9876px" not in file.read_bytes() for file in mailed)
    assert all(b"9876px" in file.read_bytes() for file in before)
    wrong = project("send", "--plan", "1")
    assert (wrong.code, "is no saved plan: it is finished" in wrong.err) == (2, True)


def test_a_plan_says_how_it_is_sent_and_shows_it_until_it_is(project: Project) -> None:
    project.subscribe("daily")
    project.done("collect")
    out = project.done(*AHEAD).out
    assert out.splitlines()[0].split()[:2] == ["ISSUE", "NEWSLETTER"]
    assert "Saved. `rundbrief send --plan 1` mails it, until " in out
    assert "saved plan: issue 1" in project.done("plan", "wochenblick", "--cadence", "daily").out
    assert "saved" in project.done("issues").out
    nothing = project(*AHEAD)
    assert (nothing.code, "Nothing is saved" in nothing.err) == (1, True)
    assert "goes out at " in project.done("send", "--plan", "1").out
    assert project.messages() == []
    assert "to be sent then: issue 1" in project.done("plan", "wochenblick", "--cadence", "daily").out
    run_at(project, slot_of(project, 1))
    assert len(project.messages()) == 3


def test_a_plan_that_is_dropped_leaves_its_slot_to_the_run(project: Project) -> None:
    project.done("run")
    project.subscribe("daily")
    project.write_article("Zuvor", 8)
    project.done("collect")
    (plan,) = project.done(*AHEAD, "--json").json["issues"]
    number, slot = str(plan["issue"]), datetime.fromisoformat(plan["slot"])
    assert "is dropped" in project.done("plan", "--drop", number).out
    assert project("plan", "--drop", number).code == 2
    project.write_article("Gerade noch", 9)
    run_at(project, slot)
    assert len(project.messages()) == 3
    assert "Gerade noch" in texts(project)
    assert "Zuvor" in texts(project)


def test_a_plan_that_nobody_sends_is_over_and_said_so(project: Project) -> None:
    project.subscribe("daily")
    project.done("collect")
    project.done(*AHEAD)
    slot = slot_of(project, 1)
    run_at(project, slot + timedelta(hours=7))
    assert project.messages() == []
    issue = project.done("issues", "show", "1", "--json").json["issue"]
    assert (issue["state"], issue["skipped"]) == ("cancelled", "its plan was not sent in time")


def test_a_plan_with_an_error_is_not_saved(project: Project) -> None:
    project.subscribe("daily")
    project.done("collect")
    (project.directory / "templates" / "email" / "digest.html.j2").write_text("{{ nonsense }}")
    failed = project(*AHEAD)
    assert failed.code == 1
    assert "nonsense" in failed.err
    assert project.done("issues", "--json").json == {"issues": []}


def test_what_makes_no_sense_together_is_refused(project: Project) -> None:
    for wrong in (
        ("plan", "--save"),
        ("plan", "wochenblick", "--save"),
        (*SAVE, "--at", "2035-01-01"),
        ("plan", "wochenblick", "--cadence", "hourly"),
        ("plan", "--drop", "7"),
        ("send", "--plan", "7"),
        ("send", "wochenblick", "--plan", "7"),
        ("send", "wochenblick"),
        ("send",),
    ):
        assert project(*wrong).code == 2, wrong
    project.subscribe()
    project.done("collect")
    project.done(*SAVE)
    assert project("issues", "pause", "1").code == 1
    assert project.done("plan", "--drop", "1", "--json").json == {"dropped": 1, "problems": []}
