from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.domain.archive import archive_month, month_name, month_of
from pipeline.domain.article import Article, ArticleId
from pipeline.publish.archive import is_archived
from pipeline.publish.feed import publish_feed
from pipeline.publish.formats import load_formats
from pipeline.publish.manifest import MANIFEST
from pipeline.publish.pages import page_environment
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.archive import ArticlesInMemory, FollowingReader, read_document
from tests.fakes.articles import make_article

ROOT = Path(__file__).parents[3]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 15, 12, tzinfo=UTC)
SITE = SiteSpec(title="Site", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
FEED = FeedSpec(name="alle", title="All", limit=3)
FORMATS = load_formats(page_environment(ROOT / "templates"))
DOCUMENTS = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}

_numbers = count(1)


def article(published: datetime) -> Article:
    number = next(_numbers)
    return make_article(f"Article {number}", id=ArticleId(number), published=published, updated=None)


def publish(
    directory: Path, archive: ArticlesInMemory, feed: FeedSpec = FEED, site: SiteSpec = SITE, **options: Any
) -> Published:
    done = publish_feed(
        site,
        feed,
        archive.newest(),
        directory,
        formats=FORMATS,
        epoch=EPOCH,
        selection=archive.selection(feed.limit),
        archive=archive if feed.archive else None,
        **options,
    )
    assert not done.problems
    return done


def published_months(*months: int, each: int = 2, now: datetime = JUNE) -> ArticlesInMemory:
    """Articles of some months of 2026, from a source's past."""
    archive = ArticlesInMemory(now)
    archive.arrive(
        *[article(datetime(2026, month, 1 + day, 12, tzinfo=UTC)) for month in months for day in range(each)],
        backlog=True,
    )
    return archive


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory / "alle")): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def touched(directory: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in [directory, *directory.rglob("*")]}


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def reader(directory: Path, document: str = "atom.xml") -> FollowingReader:
    return FollowingReader(directory, SITE.feeds_url, f"{SITE.feeds_url}/alle/{document}")


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_reader_that_follows_prev_archive_gets_every_article_and_each_once_from_the_archives(
    tmp_path: Path, document: str
) -> None:
    archive = published_months(1, 2, 4, 5, 6, each=4)
    publish(tmp_path, archive)
    current, *parts = reader(tmp_path, document).poll()
    assert len(current.ids) == 3
    archived = Counter(id_ for part in parts for id_ in part.ids)
    assert set(archived.values()) == {1}
    assert archived.keys() == {one.public_id for one in archive.newest()}


def test_archives_are_linked_both_ways_and_with_the_feed(tmp_path: Path) -> None:
    publish(tmp_path, published_months(1, 3, 4, 6))
    home = f"{SITE.feeds_url}/alle"
    for name in ("atom.xml", "rss.xml"):
        shown = {month: read_document(tmp_path / f"alle/archive/2026-0{month}/{name}").links for month in (1, 3, 4)}
        around = {
            month: (links.get("prev-archive"), links.get("next-archive"), links["current"], links["self"])
            for month, links in shown.items()
        }
        assert around == {
            1: (None, f"{home}/archive/2026-03/{name}", f"{home}/{name}", f"{home}/archive/2026-01/{name}"),
            3: (
                f"{home}/archive/2026-01/{name}",
                f"{home}/archive/2026-04/{name}",
                f"{home}/{name}",
                f"{home}/archive/2026-03/{name}",
            ),
            4: (f"{home}/archive/2026-03/{name}", None, f"{home}/{name}", f"{home}/archive/2026-04/{name}"),
        }
        assert read_document(tmp_path / "alle" / name).links["prev-archive"] == f"{home}/archive/2026-04/{name}"


def test_archives_are_marked_and_have_the_id_of_the_feed(tmp_path: Path) -> None:
    publish(tmp_path, published_months(1, 3))
    whole = [etree.parse(tmp_path / "alle" / part / "atom.xml").getroot() for part in ("", "archive/2026-01")]
    assert len({feed.findtext("{http://www.w3.org/2005/Atom}id") for feed in whole}) == 1
    assert [read_document(tmp_path / "alle" / part / "rss.xml").is_archive for part in ("", "archive/2026-01")] == [
        False,
        True,
    ]


def test_a_closed_month_stays_as_it_is_whatever_comes_later(tmp_path: Path) -> None:
    archive = published_months(1, 2, 6)
    publish(tmp_path, archive)
    before = contents(tmp_path)
    archive.now += timedelta(hours=1)
    archive.arrive(article(JUNE), article(datetime(2026, 1, 20, tzinfo=UTC)), article(JUNE + timedelta(days=90)))
    publish(tmp_path, archive)
    assert {name for name in changed(before, contents(tmp_path)) if name.startswith("archive/2026-0")} == {
        f"archive/{path.name}/{document}"
        for path in (tmp_path / "alle/archive").iterdir()
        if path.name.startswith("2026-06-")
        for document in DOCUMENTS.values()
    }


def test_a_month_that_ends_becomes_a_part_and_the_one_before_links_to_it(tmp_path: Path) -> None:
    archive = published_months(4, 5, 6)
    publish(tmp_path, archive)
    before = contents(tmp_path)
    archive.now = datetime(2026, 7, 1, 12, tzinfo=UTC)  # the day after is one of grace
    publish(tmp_path, archive)
    assert contents(tmp_path) == before
    archive.now = datetime(2026, 7, 2, 12, tzinfo=UTC)
    publish(tmp_path, archive)
    after = contents(tmp_path)
    assert changed(before, after) - {"index.html"} == {
        f"{part}{document}" for part in ("", "archive/2026-05/", "archive/2026-06/") for document in DOCUMENTS.values()
    } - {"archive/2026-05/feed.json"}
    entries = [
        [etree.tostring(entry) for entry in etree.fromstring(made["archive/2026-05/atom.xml"]).iter("{*}entry")]
        for made in (before, after)
    ]
    assert entries[0] == entries[1]


def test_an_edit_changes_only_the_documents_that_carry_the_article(tmp_path: Path) -> None:
    archive = published_months(1, 2, 3, 6, each=4)
    publish(tmp_path, archive)
    before = contents(tmp_path)
    archive.asked.clear()
    february = archive.newest([202602])[0]
    archive.edit(replace(february, content=replace(february.content, title="Edited")))
    publish(tmp_path, archive)
    assert changed(before, contents(tmp_path)) == {f"archive/2026-02/{name}" for name in DOCUMENTS.values()}
    assert archive.asked == ["months", "articles 202602"]


def test_a_new_date_moves_no_article_to_another_month(tmp_path: Path) -> None:
    archive = published_months(1, 2, 3, 6)
    publish(tmp_path, archive)
    february = archive.newest([202602])[0]
    archive.edit(
        replace(february, content=replace(february.content, published=datetime(2026, 1, 3, tzinfo=UTC), title="x"))
    )
    publish(tmp_path, archive)
    shown = read_document(tmp_path / "alle/archive/2026-02/rss.xml")
    assert february.public_id in shown.ids


def test_with_nothing_new_nothing_is_read_and_no_file_is_touched(tmp_path: Path) -> None:
    archive = published_months(1, 2, 6, each=5)
    first = publish(tmp_path, archive)
    archive.asked.clear()
    before = touched(tmp_path)

    def articles() -> Iterator[Article]:
        read.append(True)
        yield article(JUNE)

    read: list[bool] = []
    done = publish_feed(
        SITE,
        FEED,
        articles(),
        tmp_path,
        formats=FORMATS,
        epoch=EPOCH,
        selection=archive.selection(FEED.limit),
        archive=archive,
    )
    assert (archive.asked, read) == ([], [])
    assert not done.written
    assert set(done.untouched) == set(first.written)
    assert touched(tmp_path) == before


def test_a_lost_document_of_an_archive_is_made_again_and_no_other(tmp_path: Path) -> None:
    archive = published_months(1, 2, 6)
    publish(tmp_path, archive)
    before = contents(tmp_path)
    lost = tmp_path / "alle/archive/2026-01/rss.xml"
    lost.unlink()
    assert publish(tmp_path, archive).written == (lost,)
    assert contents(tmp_path) == before


def test_what_a_busy_open_month_has_beyond_the_limit_is_in_a_part_whose_address_names_its_content(
    tmp_path: Path,
) -> None:
    archive = published_months(5, 6, each=3)
    publish(tmp_path, archive)
    assert [path.name for path in (tmp_path / "alle/archive").iterdir()] == ["2026-05"]
    seen = set()
    for _ in range(3):
        archive.now += timedelta(hours=1)
        archive.arrive(article(archive.now))
        publish(tmp_path, archive)
        (part,) = (path for path in (tmp_path / "alle/archive").iterdir() if path.name != "2026-05")
        assert part.name.startswith("2026-06-")
        seen.add(part.name)
        document = read_document(part / "atom.xml")
        assert len(document.ids) == len(archive.newest([202606]))
        assert document.links["prev-archive"].endswith("/2026-05/atom.xml")
    assert len(seen) == 3


def test_a_retracted_article_leaves_all_documents_and_atom_says_so_if_it_is_to(tmp_path: Path) -> None:
    archive = published_months(1, 2, 6)
    publish(tmp_path, archive)
    february = archive.newest([202602])[0]
    archive.retract(february)
    publish(tmp_path, archive)
    assert not [name for name, text in contents(tmp_path).items() if february.public_id in text.decode()]
    publish(tmp_path, archive, site=replace(SITE, tombstones=True))
    shown = {name: text.decode() for name, text in contents(tmp_path).items() if february.public_id in text.decode()}
    assert shown.keys() == {"atom.xml"}
    atom = etree.parse(tmp_path / "alle/atom.xml").getroot()
    (deleted,) = atom.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert dict(deleted.attrib) == {"ref": february.public_id, "when": "2026-06-15T12:00:00+00:00"}


def test_a_month_without_articles_left_is_no_part_any_more(tmp_path: Path) -> None:
    archive = published_months(1, 2, 3, 6, each=1)
    publish(tmp_path, archive)
    archive.retract(archive.newest([202602])[0])
    done = publish(tmp_path, archive)
    assert [str(path.relative_to(tmp_path)) for path in done.removed] == [
        f"alle/archive/2026-02/{name}" for name in ("atom.xml", "feed.json", "rss.xml")
    ]
    assert not (tmp_path / "alle/archive/2026-02").exists()
    links = read_document(tmp_path / "alle/archive/2026-03/atom.xml").links
    assert links["prev-archive"].endswith("/2026-01/atom.xml")


def test_a_feed_that_has_archives_no_more_loses_them_and_nothing_else(tmp_path: Path) -> None:
    archive = published_months(1, 2, 6, each=5)
    publish(tmp_path, archive)
    publish(tmp_path, archive, replace(FEED, archive=False))
    assert contents(tmp_path).keys() == {"atom.xml", "rss.xml", "feed.json", "index.html"}
    assert not (tmp_path / "alle/archive").exists()
    assert "prev-archive" not in read_document(tmp_path / "alle/atom.xml").links


def test_two_builds_are_equal_to_the_byte_and_eight_at_once_too(tmp_path: Path) -> None:
    archive = published_months(1, 2, 4, 6, each=6)
    for name in ("a", "b"):
        publish(tmp_path / name, archive)
    alone = contents(tmp_path / "a")
    assert contents(tmp_path / "b") == alone
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: publish(tmp_path / "c", archive), range(8)))
    assert contents(tmp_path / "c") == alone


def test_an_article_is_filed_under_the_month_of_its_publication_while_that_is_open() -> None:
    now = datetime(2026, 7, 1, 20, tzinfo=UTC)
    assert archive_month(now, now, backlog=False) == 202607
    assert archive_month(datetime(2026, 6, 30, 23, tzinfo=UTC), now, backlog=False) == 202606
    assert archive_month(datetime(2026, 5, 31, 23, tzinfo=UTC), now, backlog=False) == 202607
    assert archive_month(datetime(1999, 12, 31, tzinfo=UTC), now, backlog=True) == 199912
    assert archive_month(datetime(2031, 1, 1, tzinfo=UTC), now, backlog=False) == 202607


def test_months_are_those_of_utc() -> None:
    tokyo = datetime.fromisoformat("2026-07-01T05:00:00+09:00")
    assert month_name(month_of(tokyo)) == "2026-06"


STEPS = st.lists(
    st.tuples(
        st.integers(0, 40 * 24),  # hours that pass before
        st.lists(st.integers(-70 * 24, 5 * 24), max_size=4),  # articles that come, by when they were published
        st.sets(st.sampled_from(("new reader", "poll"))),
        st.integers(0, 9),  # which article is edited
    ),
    min_size=1,
    max_size=8,
)


@given(steps=STEPS, limit=st.integers(1, 4), document=st.sampled_from(sorted(DOCUMENTS.values())))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_no_reader_misses_an_article_however_seldom_it_comes(
    steps: list[tuple[int, list[int], set[str], int]], limit: int, document: str
) -> None:
    archive = ArticlesInMemory(JUNE)
    feed = replace(FEED, limit=limit)
    archive.arrive(*[article(JUNE - timedelta(days=days)) for days in (0, 20, 40, 41, 100)], backlog=True)
    with TemporaryDirectory() as directory:
        home = Path(directory)
        readers = [reader(home, document)]
        for hours, dates, deeds, edited in steps:
            archive.now += timedelta(hours=hours)
            archive.arrive(*[article(archive.now + timedelta(hours=date)) for date in dates])
            chosen = archive.newest()[edited % len(archive.filed)]
            archive.edit(replace(chosen, content=replace(chosen.content, title=f"Edited at {archive.now}")))
            publish(home, archive, feed)
            if "new reader" in deeds:
                readers.append(reader(home, document))
            if "poll" in deeds:
                readers[0].poll()
        for one in readers:
            one.poll()
            assert one.ids == {one.public_id for one in archive.newest()}


@pytest.mark.parametrize(
    ("name", "archived"),
    [
        ("alle/atom.xml", False),
        ("alle/archive/2026-01/atom.xml", True),
        ("themen/archive/atom.xml", False),
        ("themen/archive/archive/2026-01/atom.xml", True),
        ("archive/ki/atom.xml", False),
        ("archive/ki/archive/2026-01/atom.xml", True),
    ],
)
def test_a_feed_may_be_called_as_the_directory_of_archives_is(name: str, archived: bool) -> None:  # noqa: FBT001
    assert is_archived(name) is archived
