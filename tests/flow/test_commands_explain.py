"""`rundbrief explain`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_before_and_after_an_issue_it_is_told_who_gets_an_article(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    assert "wochenblick: anna@example.org is going to get it." in project.done("explain", "anna@example.org", "1").out
    project.done("run")
    told = project.done("explain", "Anna@Example.org", "1").out
    assert "wochenblick: Anna@Example.org has it." in told
    assert "How that came about:" in told
    assert "Released as number 1, with the topic ki." in told
    whole = project.done("explain", "anna@example.org", "1", "--json").json
    assert whole["explanations"][0]["fate"] == "has"
    delivery = whole["evidence"]["subscriptions"][0]["deliveries"][0]
    assert (delivery["outcome"], delivery["provider"], delivery["before"], delivery["upto"]) == (
        "accepted",
        "outbox",
        0,
        2,
    )


def test_the_next_slot_of_a_cadence_is_named(project: Project) -> None:
    project.done(
        "subscribers", "add", "d@example.org", "--newsletter", "wochenblick", "--cadence", "daily", "--confirmed"
    )
    project.done("run")
    (reason,) = project.done("explain", "d@example.org", "1", "--json").json["explanations"][0]["reasons"]
    assert reason["code"] == "comes"
    assert reason["at"].endswith(("T06:00:00+00:00", "T05:00:00+00:00"))


def test_an_issue_tells_how_it_came_about(project: Project) -> None:
    project.subscribe()
    project.done("run")
    told = project.done("explain", "1").out
    assert "Issue 1 of wochenblick, immediate: finished." in told
    assert "It was put together for 3 subscriptions in 3 groups" in told
    assert "outbox accepted 2 batches" in told
    assert [one["code"] for one in project.done("explain", "1", "--json").json["chain"]][:2] == ["slot", "frozen"]


def test_what_is_not_there_is_said(project: Project) -> None:
    assert "There is no issue 7." in project("explain", "7").err
    assert "is no issue's number" in project("explain", "somebody").err
    project.done("collect")
    assert "There is no article “99”" in project("explain", "anna@example.org", "99").err
    assert "Nobody is subscribed with this address." in project.done("explain", "anna@example.org", "1").out
