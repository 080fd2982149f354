from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipeline.domain.article import Article
from pipeline.publish.feed import publish_feed, remove_feeds
from pipeline.publish.formats import load_formats
from pipeline.publish.manifest import MANIFEST
from pipeline.publish.pages import page_environment
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.articles import NOON, make_article

ROOT = Path(__file__).parents[3]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SITE = SiteSpec(title="Site", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
FEED = FeedSpec(name="alle", title="All")
FORMATS = load_formats(page_environment(ROOT / "templates"))
ALL_DOCUMENTS = ["atom.xml", "rss.xml", "feed.json", "index.html"]


def publish(directory: Path, *articles: Article, feed: FeedSpec = FEED, **options: Any) -> Published:
    return publish_feed(SITE, feed, articles, directory, formats=FORMATS, epoch=EPOCH, **options)


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def shown(directory: Path) -> list[str]:
    return [item["title"] for item in json.loads((directory / "alle" / "feed.json").read_bytes())["items"]]


def snapshot(directory: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in [directory, *directory.rglob("*")]}


def test_a_second_publishing_of_the_same_touches_nothing(tmp_path: Path) -> None:
    articles = [make_article("One"), make_article("Two")]
    assert names(publish(tmp_path, *articles).written) == ALL_DOCUMENTS
    before = snapshot(tmp_path)
    again = publish(tmp_path, *articles)
    assert (again.written, names(again.untouched)) == ((), ALL_DOCUMENTS)
    assert snapshot(tmp_path) == before


def test_two_directories_built_from_the_same_are_equal_to_the_byte(tmp_path: Path) -> None:
    articles = [make_article("One"), make_article("Two")]
    for name in ("a", "b"):
        publish(tmp_path / name, *articles, selection="x")
    built = [
        {path.name: path.read_bytes() for path in sorted((tmp_path / name / "alle").iterdir())} for name in ("a", "b")
    ]
    assert built[0] == built[1]


def test_the_feed_changed_when_the_newest_of_its_articles_did(tmp_path: Path) -> None:
    edited = make_article(revision=2, published=EPOCH, changed=NOON.replace(hour=20))
    publish(tmp_path, make_article(published=NOON), edited)
    atom = etree.parse(tmp_path / "alle" / "atom.xml").getroot()
    rss = etree.parse(tmp_path / "alle" / "rss.xml").getroot()
    assert atom.findtext("{http://www.w3.org/2005/Atom}updated") == "2026-03-01T20:00:00+00:00"
    assert rss.findtext("channel/lastBuildDate") == "Sun, 01 Mar 2026 20:00:00 +0000"


def test_an_unchanged_selection_is_not_even_read(tmp_path: Path) -> None:
    publish(tmp_path, make_article(), selection="first")

    def articles() -> Iterator[Article]:
        read.append(True)
        yield make_article()

    read: list[bool] = []
    again = publish_feed(SITE, FEED, articles(), tmp_path, formats=FORMATS, epoch=EPOCH, selection="first")
    assert names(again.untouched) == ALL_DOCUMENTS
    assert not read


@pytest.mark.parametrize("change", ["selection", "title", "site", "missing", "cut"])
def test_an_unchanged_selection_is_read_when_something_else_changed(tmp_path: Path, change: str) -> None:
    article = make_article()
    publish(tmp_path, article, selection="first")
    path = tmp_path / "alle" / "atom.xml"
    whole = path.read_bytes()
    if change == "missing":
        path.unlink()
    elif change == "cut":
        path.write_bytes(whole[:-1])
    done = publish_feed(
        replace(SITE, title="New") if change == "site" else SITE,
        replace(FEED, title="New") if change == "title" else FEED,
        [article] if change != "selection" else [article, make_article()],
        tmp_path,
        formats=FORMATS,
        epoch=EPOCH,
        selection="second" if change == "selection" else "first",
    )
    assert path in done.written


def test_a_feed_carries_no_more_than_its_limit(tmp_path: Path) -> None:
    publish(tmp_path, *[make_article(f"{number}") for number in range(5)], feed=replace(FEED, limit=3))
    assert shown(tmp_path) == ["0", "1", "2"]


def test_an_article_that_breaks_documents_is_left_out_of_all_and_named(tmp_path: Path) -> None:
    bad = make_article("Bad", public_id="no uri at all")
    unreachable = make_article("Unreachable", url="javascript:alert(1)")
    done = publish(tmp_path, make_article("One"), bad, unreachable, make_article("Two"))
    assert shown(tmp_path) == ["One", "Two"]
    assert [problem.where for problem in done.problems] == [
        "feeds.alle: no uri at all",
        f"feeds.alle: {unreachable.public_id}",
    ]
    assert names(done.written) == ALL_DOCUMENTS


def test_of_two_articles_with_one_id_the_newer_is_published(tmp_path: Path) -> None:
    articles = [make_article(title, public_id="tag:example.org,2026:same") for title in ("Newer", "Older")]
    done = publish(tmp_path, *articles)
    assert shown(tmp_path) == ["Newer"]
    assert "same id" in done.problems[0].what


def test_problems_are_told_again_until_they_are_mended(tmp_path: Path) -> None:
    articles = [make_article("One"), make_article("Bad", public_id="no uri")]
    for _ in range(2):
        assert publish(tmp_path, *articles, selection="same").problems


def test_a_document_that_cannot_be_written_is_a_problem_and_the_others_are_there(tmp_path: Path) -> None:
    (tmp_path / "alle" / "rss.xml").mkdir(parents=True)
    done = publish(tmp_path, make_article("One"))
    assert [problem.where for problem in done.problems] == [str(tmp_path / "alle" / "rss.xml")]
    assert names(done.written) == ["atom.xml", "feed.json", "index.html"]


def test_a_directory_that_cannot_be_made_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "alle").write_text("a file")
    done = publish(tmp_path, make_article("One"))
    assert done.problems
    assert not done.written


def test_a_full_disk_keeps_the_last_good_documents(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from tests.unit.publish.test_feed import limited\n"
        "limited(Path(sys.argv[1]))"
    )
    publish(tmp_path, make_article("One"))
    before = (tmp_path / "alle" / "atom.xml").read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert "File too large" in done.stdout
    assert (tmp_path / "alle" / "atom.xml").read_bytes() == before
    assert not list(tmp_path.rglob(".*.tmp"))


def limited(directory: Path) -> None:
    """What the test above runs in a process whose files may not grow."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    print(*publish(directory, make_article("Big", "<p>" + "words " * 10_000 + "</p>")).problems)  # noqa: T201


def test_documents_of_formats_that_a_feed_no_longer_has_are_removed(tmp_path: Path) -> None:
    publish(tmp_path, make_article())
    (tmp_path / "alle" / "robots.txt").write_text("not ours")
    done = publish(tmp_path, make_article(), feed=replace(FEED, formats=("atom", "html")))
    assert names(done.removed) == ["feed.json", "rss.xml"]
    assert sorted(path.name for path in (tmp_path / "alle").iterdir()) == [
        MANIFEST,
        "atom.xml",
        "index.html",
        "robots.txt",
    ]


def test_feeds_that_are_no_longer_configured_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("alle", "alt", "alt-mit-gast"):
        publish(tmp_path, make_article(), feed=replace(FEED, name=name))
    (tmp_path / "alt-mit-gast" / "guest.txt").write_text("not ours")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "atom.xml").write_text("not ours either")
    done = remove_feeds(tmp_path, keep={"alle"})
    assert len(done.removed) == 8
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in left if not path.startswith("alle/")] == ["alt-mit-gast/guest.txt", "photos/atom.xml"]
    assert not (tmp_path / "alt").exists()


def test_a_manifest_of_evil_names_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "alt").mkdir()
    (tmp_path / "alt" / MANIFEST).write_text(json.dumps({"made_from": "", "files": {"../secret": 4, "..": 1}}))
    assert remove_feeds(tmp_path, keep=()).removed == ()
    assert (tmp_path / "secret").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 5, "made_from": ""}', '{"files": {"a": "b"}}'])
def test_a_broken_manifest_is_written_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "alle").mkdir()
    (tmp_path / "alle" / MANIFEST).write_text(text)
    assert names(publish(tmp_path, make_article()).written) == ALL_DOCUMENTS
    assert json.loads((tmp_path / "alle" / MANIFEST).read_bytes())["files"].keys() == set(ALL_DOCUMENTS)
