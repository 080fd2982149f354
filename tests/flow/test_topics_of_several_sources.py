"""What a topic does that a second source adds to an article, before and after the issue that covers it."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from tests.fakes.commands import CONFIG, Project

SECOND = """\
[[sources]]
name    = "praxis"
type    = "directory"
path    = "second"
settle  = "0 minutes"
backlog = "all"
topics  = ["praxis"]

[[feeds]]
name   = "praxis"
title  = "Praxis"
topics = ["praxis"]

[templates]
"""
PEOPLE = """\
email,name,language,timezone,topics
ki@example.org,Anna Beispiel,de,Europe/Berlin,ki
praxis@example.com,Ben Beispiel,de,Europe/Berlin,praxis
"""
DOCUMENT = """\
---
title: {title}
url: https://news.example.org/{title}
date: 2026-11-05
---

Ein Text über {title}, der in beiden Quellen steht, und der lang genug ist, damit niemand ihn verwechseln kann.
"""


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    config = CONFIG.replace("[templates]\n", SECOND, 1).replace('topics    = ["ki"]', 'topics    = ["ki", "praxis"]')
    made = Project.make(tmp_path / "project", capsys, config)
    for old in (made.directory / "articles").iterdir():
        old.unlink()
    (made.directory / "second").mkdir()
    show(made, "articles", "Anfang")
    show(made, "second", "Beginn")
    (made.directory / "subscribers.csv").write_text(PEOPLE, encoding="utf-8")
    made.done("run")
    made.subscribe()
    return made


def show(project: Project, folder: str, title: str) -> None:
    (project.directory / folder / f"{title}.md").write_text(DOCUMENT.format(title=title), encoding="utf-8")


def mails(project: Project) -> set[tuple[str, str]]:
    """Who got what."""
    box = mailbox.Maildir(project.directory / "outbox", create=True)
    return {(str(mail["To"]).split("<")[-1].strip(">"), str(mail["Subject"])) for mail in box}


def test_a_topic_that_comes_before_the_issue_counts_for_mail(project: Project) -> None:
    show(project, "articles", "Eins")
    show(project, "second", "Eins")
    project.done("run")
    assert mails(project) == {("ki@example.org", "Eins"), ("praxis@example.com", "Eins")}


def test_a_topic_that_comes_after_the_issue_counts_for_feeds_and_mails_nothing_again(project: Project) -> None:
    show(project, "articles", "Eins")
    project.done("run")
    assert mails(project) == {("ki@example.org", "Eins")}
    show(project, "second", "Eins")
    project.done("run")
    assert "<title>Eins</title>" in (project.directory / "feeds" / "praxis" / "atom.xml").read_text()
    assert mails(project) == {("ki@example.org", "Eins")}
    show(project, "second", "Zwei")
    project.done("run")
    assert mails(project) == {("ki@example.org", "Eins"), ("praxis@example.com", "Zwei")}
