"""Feeds of groups, and what becomes of feeds that end, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from pipeline.publish.gone import read_gone
from tests.fakes.commands import Project

TOPICS = '[[feeds]]\nname = "themen"\ntitle = "Themen"\neach = "topic"\nlanguages = ["de"]\n\n'
ARTICLE = (
    "---\ntitle: {title}\ndate: 2026-11-{day:02}\nlanguage: {language}\ntags: [{topics}]\n---\n\n{title} ist da.\n"
)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    made = Project.make(tmp_path / "project", capsys)
    for file in (made.directory / "articles").iterdir():
        file.unlink()
    made.configure('topics  = ["ki"]\n', "")
    made.configure("[[newsletters]]", f"{TOPICS}[[newsletters]]")
    write(made, "Eins", 1, "KI, Künstliche Kunst")
    write(made, "Zwei", 2, "ki")
    write(made, "Drei", 3, "人工知能")
    write(made, "Four", 4, "Elsewhere", "en")
    return made


def write(project: Project, title: str, day: int, topics: str, language: str = "de") -> None:
    file = project.directory / "articles" / f"{title}.md"
    file.write_text(ARTICLE.format(title=title, day=day, topics=topics, language=language), encoding="utf-8")


def run(project: Project) -> dict[str, Any]:
    report: dict[str, Any] = project.done("run", "--json").json
    assert report["problems"] == []
    return report


def feeds(project: Project) -> dict[str, list[str]]:
    home = project.directory / "feeds" / "themen"
    return {
        directory.name: [entry.title for entry in feedparser.parse((directory / "atom.xml").read_bytes()).entries]
        for directory in home.iterdir()
        if (directory / "atom.xml").exists()
    }


def test_each_topic_there_is_has_a_feed_of_its_own(project: Project) -> None:
    run(project)
    assert feeds(project) == {"ki": ["Zwei", "Eins"], "kuenstliche-kunst": ["Eins"], "人工知能": ["Drei"]}
    atom = feedparser.parse((project.directory / "feeds" / "themen" / "人工知能" / "atom.xml").read_bytes())
    encoded = "https://news.example.org/feeds/themen/%E4%BA%BA%E5%B7%A5%E7%9F%A5%E8%83%BD"
    assert (atom.feed.title, atom.feed.id) == ("Themen: 人工知能", f"{encoded}/atom.xml")
    assert f"{encoded}/atom.xml" in {link.href for link in atom.feed.links if link.rel == "self"}
    json_feed = json.loads((project.directory / "feeds" / "themen" / "人工知能" / "feed.json").read_bytes())
    assert json_feed["feed_url"] == f"{encoded}/feed.json"
    opml = etree.parse(project.directory / "feeds" / "feeds.opml")
    assert [feed.get("xmlUrl") for feed in opml.findall(".//outline[@type='rss']")] == [
        "https://news.example.org/feeds/alle/atom.xml",
        "https://news.example.org/feeds/themen/ki/atom.xml",
        "https://news.example.org/feeds/themen/kuenstliche-kunst/atom.xml",
        f"{encoded}/atom.xml",
    ]


def test_nothing_new_touches_nothing_and_a_new_topic_comes_by_itself(project: Project) -> None:
    run(project)
    assert run(project)["published"]["written"] == []
    write(project, "Fünf", 5, "Recht & Politik")
    run(project)
    assert feeds(project)["recht-politik"] == ["Fünf"]


def test_a_topic_that_no_article_carries_any_more_is_gone_and_may_come_back(project: Project) -> None:
    run(project)
    write(project, "Eins", 1, "KI")
    run(project)
    assert "kuenstliche-kunst" not in feeds(project)
    assert "themen/kuenstliche-kunst/atom.xml" in read_gone(project.directory / "feeds")
    write(project, "Zwei", 2, "Künstliche Kunst")
    run(project)
    assert feeds(project)["kuenstliche-kunst"] == ["Zwei"]


def test_a_topic_whose_articles_were_retracted_stays_without_articles(project: Project) -> None:
    run(project)
    (project.directory / "articles" / "Drei.md").unlink()
    run(project)
    assert feeds(project)["人工知能"] == []


def test_feeds_that_are_no_longer_configured_are_gone(project: Project) -> None:
    run(project)
    project.configure(TOPICS, "")
    run(project)
    assert not (project.directory / "feeds" / "themen").exists()
    gone = read_gone(project.directory / "feeds")
    assert {"themen/index.html", "themen/ki/atom.xml", "themen/人工知能/feed.json"} <= gone
    assert not any("archive" in name for name in gone)


def test_a_group_can_become_a_feed_and_a_feed_a_group(project: Project) -> None:
    run(project)
    project.configure('each = "topic"\n', "")
    run(project)
    assert feeds(project) == {}
    assert (project.directory / "feeds" / "themen" / "atom.xml").exists()
    project.configure('title = "Themen"\n', 'title = "Themen"\neach = "language"\n')
    run(project)
    assert feeds(project) == {"de": ["Drei", "Zwei", "Eins"]}
    assert not (project.directory / "feeds" / "themen" / "atom.xml").exists()
    assert "Themen: Deutsch" in (project.directory / "feeds" / "themen" / "de" / "rss.xml").read_text(encoding="utf-8")
