"""`rundbrief plan`, what it foresees, and corrections that readers are told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.plan import size_text
from tests.fakes.commands import CONFIG, Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


def test_a_plan_says_what_a_run_then_does_and_changes_nothing(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    immediate, daily = project.done("plan", "--json").json["issues"]
    assert (immediate["recipients"], immediate["due"], immediate["provider"]) == (3, True, "outbox")
    assert sum(one["recipients"] for one in immediate["variants"]) == 3
    assert immediate["bytes"] == sum(one["bytes"] * one["recipients"] for one in immediate["variants"])
    assert daily["reason"] == "it has no subscribers"
    assert daily["due"] is False
    assert project.messages() == []
    assert project.done("issues", "--json").json == {"issues": []}
    mailed = project.done("run", "--json").json["mailed"]["issues"][0]
    assert mailed["accepted"] == 3
    subjects = {one["subject"] for one in project.done("issues", "show", "1", "--json").json["issue"]["variants"]}
    assert subjects == {one["subject"] for one in immediate["variants"]}


def test_a_plan_for_people_has_a_line_for_each_cadence(project: Project) -> None:
    project.subscribe()
    project.done("collect")
    lines = project.done("plan", "wochenblick").out.splitlines()
    assert lines[0].split()[:4] == ["NEWSLETTER", "CADENCE", "SLOT", "FOR"]
    assert lines[1].split()[:5] == ["wochenblick", "immediate", "now", "Europe/Berlin", "3"]
    assert "no issue: it has no subscribers" in lines[2]
    assert "no newsletter called `wochenblik`. Did you mean" in project("plan", "wochenblik").err.replace("is ", "")


def test_a_plan_for_a_time_to_come_tells_the_slots_that_a_run_would_miss_by_then(project: Project) -> None:
    project.done("run")
    later = project.done("plan", "--at", "2035-01-03T09:00", "--json").json
    daily = [one for one in later["issues"] if one["cadence"] == "daily"]
    assert daily[-1]["slot"] == "2035-01-03T06:00:00+00:00"
    assert daily[-1]["due"] is True
    assert daily[-2]["reason"].startswith("missed: 1 d 2 h late")
    assert project("plan", "--at", "soon").code == 2


def test_sizes_are_written_in_the_unit_that_fits() -> None:
    assert [size_text(size) for size in (0, 999, 23_456, 5_900_000_000)] == ["0 B", "999 B", "23.5 kB", "5.9 GB"]


def test_readers_are_told_that_an_article_was_corrected(project: Project) -> None:
    project.subscribe()
    project.done("run")
    assert "is told with the next issue" in project.done("articles", "correct", "1", "--note", "Es war der 14.").out
    assert "There is no article" in project("articles", "correct", "99").err
    assert "There is no such article" in project.done("articles", "--topic", "nope").out
    project.done("run")
    assert len(project.messages()) == 3, "a correction is no issue by itself"
    project.write_article("Ganz neu", 9)
    project.done("run")
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in project.messages()]
    assert sum("Es war der 14." in text for text in texts) == 3
    assert sum("Corrections" in text or "Berichtigungen" in text or "Korrekturen" in text for text in texts) == 3


def test_articles_stand_under_the_headings_of_their_topics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project.make(tmp_path / "project", capsys)
    grouped = 'group_by = "topic"\nmax_articles = 3\norder = "oldest"\n[newsletters.cadences]'
    config = CONFIG.replace("[newsletters.cadences]", grouped).replace('topics    = ["ki"]', 'topics = ["Recht", "ki"]')
    (project.directory / "config.toml").write_text(config, encoding="utf-8")
    for name, topic in (("Erstes", "recht"), ("Zweites", "recht")):
        text = f"---\ntitle: {name}\ntopics: [{topic}]\nurl: https://a.example/{name}\ndate: 2026-11-20\n---\n\nText.\n"
        (project.directory / "articles" / f"{name}.md").write_text(text, encoding="utf-8")
    project.subscribe()
    project.done("collect")
    directory = project.directory / "preview"
    project.done("preview", "wochenblick", "--cadence", "immediate", "--directory", str(directory), "--no-open")
    text = (directory / "issue.txt").read_text(encoding="utf-8")
    places = [text.index(words) for words in ("Recht\n#####", "Erstes", "ki\n##", "Weitere Artikel", "Zweites")]
    assert places == sorted(places)
