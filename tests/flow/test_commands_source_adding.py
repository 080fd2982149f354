"""`rundbrief sources import` and `rundbrief sources discover`."""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import Project
from tests.fakes.feed_server import FeedServer

LIST = Path(__file__).parents[1] / "data" / "opml"
FEED = (
    '<rss version="2.0"><channel><title>{title}</title><item><title>A</title><guid>{title} 1</guid>'
    "<pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate><description>{text}</description></item></channel></rss>"
)
WHOLE = "Ein ganzer Satz über kleine Modelle. " * 50


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    return Project.make(tmp_path / "project", capsys)


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.document(
            "/",
            b"<!doctype html><title>Der Blog</title>"
            b"<link rel=alternate type=application/rss+xml href=teaser.xml><a href=/moved>RSS</a>",
            "text/html",
            headers={"Link": '</comments>; rel="alternate"; type="application/rss+xml"'},
        )
        running.document("/teaser.xml", FEED.format(title="Blog, kurz", text="Kurz …").encode())
        running.document("/full.xml", FEED.format(title="Größe &amp; Maß", text=WHOLE).encode())
        running.document("/comments", FEED.format(title="Comments on Blog", text=WHOLE).encode())
        running.redirect("/moved", "/full.xml", 301)
        yield running


def configured(project: Project) -> list[dict[str, Any]]:
    found = tomllib.loads((project.directory / "config.toml").read_text(encoding="utf-8"))["sources"]
    assert isinstance(found, list)
    return found


def test_what_import_prints_is_toml_and_nothing_is_changed(project: Project) -> None:
    before = (project.directory / "config.toml").read_bytes()
    told = project.done("sources", "import", str(LIST / "old.opml"), "--topic", "ki")
    assert tomllib.loads(told.out)["sources"] == [
        {"name": "suedstadt", "type": "feed", "url": "http://sued.example.org/rss", "topics": ["Zeitungen", "ki"]},
        {"name": "cafe-wien", "type": "feed", "url": "http://cafe.example.org/feed.rdf", "topics": ["Zeitungen", "ki"]},
    ]
    assert "`--write`" in told.err
    assert (project.directory / "config.toml").read_bytes() == before


def test_import_writes_and_a_second_time_there_is_nothing_to_add(project: Project) -> None:
    before = (project.directory / "config.toml").read_text(encoding="utf-8")
    told = project.done("sources", "import", str(LIST / "old.opml"), "--write").out
    assert "2 sources were added" in told
    after = (project.directory / "config.toml").read_text(encoding="utf-8")
    assert [source["name"] for source in configured(project)] == ["artikel", "suedstadt", "cafe-wien"]
    start, _, end = after.partition('\n[[sources]]\nname    = "suedstadt"')
    assert before.startswith(start)
    assert before.endswith(end[end.index("\n[templates]") :])
    project.done("check")

    again = project.done("sources", "import", str(LIST / "old.opml"), "--write")
    assert again.out == ""
    assert "old.opml:5: http://sued.example.org/rss is there already: suedstadt" in again.err
    assert "nothing to add" in again.err
    assert (project.directory / "config.toml").read_text(encoding="utf-8") == after


def test_what_can_not_be_imported_is_named_and_the_rest_is(project: Project) -> None:
    result = project("sources", "import", str(LIST / "reader.opml"), "--write", "--json")
    assert result.code == 1
    assert [source["name"] for source in result.json["sources"]] == [
        "kleine-modelle-grosse-wuerfe",
        "muessiggang",
        "twice-escaped",
        "untitled-example-org",
        "wetter",
    ]
    assert [problem["code"] for problem in result.json["problems"]] == ["opml-outline"] * 3 + ["opml-include"]
    assert result.json["duplicates"][0]["line"] == 18
    assert result.json["written"] == str(project.directory / "config.toml")
    assert len(configured(project)) == 6
    assert "geheim" not in result.out + result.err


def test_400_sources_are_imported_with_names_of_their_own(project: Project, tmp_path: Path) -> None:
    outlines = "".join(
        f'<outline text="Nachrichten" type="rss" xmlUrl="https://h{number}.example.org/feed"/>' for number in range(400)
    )
    (tmp_path / "many.opml").write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    project.done("sources", "import", str(tmp_path / "many.opml"), "--write")
    names = [source["name"] for source in configured(project)]
    assert len(set(names)) == 401
    assert names[-1] == "nachrichten-400"


def test_a_list_comes_from_standard_input_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((LIST / "old.opml").read_bytes())))
    assert len(project.done("sources", "import", "-", "--json").json["sources"]) == 2


def test_what_is_no_list_is_an_error(project: Project) -> None:
    missing = project("sources", "import", "nowhere.opml")
    assert (missing.code, missing.out) == (2, "")
    assert "nowhere.opml: can't be read" in missing.err
    wrong = project("sources", "import", str(project.directory / "subscribers.csv"))
    assert wrong.code == 1
    assert "no OPML" in wrong.err


def test_discover_shows_what_it_found_and_what_is_to_be_added(project: Project, site: FeedServer) -> None:
    before = (project.directory / "config.toml").read_bytes()
    told = project.done("sources", "discover", site.url("/"), "--allow-private", "--topic", "ki").out
    table, _, toml = told.partition("`--write`:\n\n")
    assert tomllib.loads(toml)["sources"] == [
        {
            "name": "groesse-mass",
            "type": "feed",
            "url": site.url("/full.xml"),
            "topics": ["ki"],
            "allow_private": True,
        }
    ]
    rows = [line for line in table.splitlines() if "http://" in line]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert "whole" in rows[0]
    assert "2026-11-03 11:00" in rows[0]
    assert "teasers" in rows[1]
    assert rows[2].endswith("comments")
    assert (project.directory / "config.toml").read_bytes() == before


def test_what_discover_writes_can_be_collected(project: Project, site: FeedServer) -> None:
    asked = ("sources", "discover", site.url("/"), "--allow-private", "--write", "--json")
    written = project.done(*asked).json
    assert written["written"] == str(project.directory / "config.toml")
    assert [source["name"] for source in configured(project)] == ["artikel", "groesse-mass"]
    assert project.done("collect", "groesse-mass", "--json").json["collected"]["new"] == 1

    again = project.done(*asked).json
    assert again["sources"] == []
    assert again["candidates"][0]["source"] == "groesse-mass"
    assert "there already" in project.done(*asked[:-1]).out
    assert len(configured(project)) == 2
    project.done(*asked[:-1], "--take", "2")
    assert configured(project)[-1]["full_text"] is True, "a feed with teasers"
    project.done(*asked[:-1], "--all")
    assert [source["name"] for source in configured(project)][2:] == ["blog-kurz", "comments-on-blog"]


def test_a_sitemap_is_added_where_there_is_nothing_better(project: Project) -> None:
    with FeedServer() as site:
        site.document("/", b"<title>Zeitung</title>", "text/html")
        site.document("/map.xml", b"<urlset><url><loc>/1</loc></url></urlset>", "application/xml")
        site.document("/robots.txt", b"Sitemap: /map.xml", "text/plain")
        project.done("sources", "discover", site.url("/"), "--allow-private", "--write")
        assert configured(project)[-1] == {
            "name": "zeitung",
            "type": "sitemap",
            "url": site.url("/map.xml"),
            "allow_private": True,
        }


def test_discover_says_how_a_private_address_is_allowed(project: Project, site: FeedServer) -> None:
    result = project("sources", "discover", site.url("/"))
    assert result.code == 1
    assert "`--allow-private`" in result.err
    assert site.requests == []


def test_discover_ends_with_1_where_there_is_nothing(project: Project) -> None:
    with FeedServer() as site:
        site.document("/", b"<title>Nothing</title>", "text/html")
        result = project("sources", "discover", site.url("/"), "--allow-private", "--json")
        assert result.code == 1
        assert result.json["candidates"] == result.json["sources"] == []
        assert [problem["code"] for problem in result.json["problems"]] == ["source-not-found"]
        assert len(site.requests) == result.json["requests"] <= 30
        assert project("sources", "discover", site.url("/missing"), "--allow-private").code == 1


def test_a_candidate_that_is_not_there_is_wrong_use(project: Project, site: FeedServer) -> None:
    result = project("sources", "discover", site.url("/"), "--allow-private", "--take", "9")
    assert result.code == 2
    assert "no candidate 9, but 3" in result.err
