"""All entries of a feed that ours replaces, from all of its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipeline.collect.fetch import Fetcher
from pipeline.collect.sources.old_feed import MAX_BYTES, OldFeed, read_old_feed, read_saved_feed
from pipeline.errors import SourceError
from tests.fakes.feed_server import FeedServer
from tests.fakes.old_sites import (
    ghost_guid,
    ghost_rss,
    hugo_rss,
    jekyll_atom,
    jekyll_id,
    posts,
    wordpress_guid,
    wordpress_rss,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ATOM = "application/atom+xml"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as made:
        yield made


def read(url: str, max_bytes: int = MAX_BYTES) -> OldFeed:
    fetcher = Fetcher(user_agent="test")
    try:
        return read_old_feed(url, fetcher, now=NOW, timezone=UTC, allow_private=True, max_bytes=max_bytes)
    finally:
        fetcher.close()


def ids(feed: OldFeed) -> list[str]:
    return [entry.id for entry in feed.entries]


def test_pages_of_wordpress_are_read_until_there_is_none(server: FeedServer) -> None:
    old = posts(23)
    pages = {"": old[:10], "paged=2": old[10:20], "paged=3": old[20:]}
    found = read(server.by_query("/feed/", {query: wordpress_rss(some) for query, some in pages.items()}))
    assert ids(found) == [wordpress_guid(post) for post in old]
    assert (found.format, found.title, found.pages, found.problems) == ("rss", "Das Blog", 3, ())
    assert len(server.requests) == 4


def test_wordpress_is_known_by_its_address_where_the_generator_is_hidden(server: FeedServer) -> None:
    old = posts(12)
    pages = {"": old[:10], "paged=2": old[10:]}
    bodies = {query: wordpress_rss(some, generator="") for query, some in pages.items()}
    assert len(read(server.by_query("/blog/feed/", bodies)).entries) == 12


def test_a_site_that_answers_every_page_with_the_first_is_read_once(server: FeedServer) -> None:
    found = read(server.document("/feed/", wordpress_rss(posts(10))))
    assert len(found.entries) == 10
    assert len(server.requests) == 2


def test_pages_of_ghost_are_below_its_feed(server: FeedServer) -> None:
    old = posts(5)
    server.document("/rss/2/", ghost_rss(old[3:]))
    found = read(server.document("/rss/", ghost_rss(old[:3])))
    assert ids(found) == [ghost_guid(post) for post in old]


def test_pages_that_an_atom_feed_names_are_read_once_each(server: FeedServer) -> None:
    old = posts(4)
    server.document("/page2.xml", jekyll_atom(old[2:], following="/feed.xml"), ATOM)
    found = read(server.document("/feed.xml", jekyll_atom(old[:2], following="/page2.xml"), ATOM))
    assert ids(found) == [jekyll_id(post) for post in old]
    assert (found.format, found.id) == ("atom", "https://blog.example.org/feed.xml")


def test_a_page_that_is_named_and_missing_is_a_problem_and_the_rest_is_there(server: FeedServer) -> None:
    server.status("/page2.xml", 500)
    found = read(server.document("/feed.xml", jekyll_atom(posts(2), following="/page2.xml"), ATOM))
    assert len(found.entries) == 2
    assert [problem.where for problem in found.problems] == [server.url("/page2.xml")]


def test_a_feed_without_end_is_read_as_far_as_there_is_room_and_that_is_said(server: FeedServer) -> None:
    old = posts(200)
    pages = {f"paged={number}": wordpress_rss(old[number : number + 1]) for number in range(2, 200)}
    url = server.by_query("/feed/", {"": wordpress_rss(old[:1]), **pages})
    found = read(url, max_bytes=3 * len(wordpress_rss(old[:1])))
    assert 2 <= found.pages <= 4
    (problem,) = found.problems
    assert "the older pages were not read" in problem.what


def test_the_pages_of_a_json_feed_are_read(server: FeedServer) -> None:
    def page(number: int, following: str | None) -> bytes:
        item = {"id": number, "url": f"https://a.example/{number}", "content_text": "x"}
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": [item]}
        return json.dumps(feed | ({"next_url": following} if following else {})).encode()

    server.document("/2.json", page(2, None), "application/feed+json")
    found = read(server.document("/1.json", page(1, "/2.json"), "application/feed+json"))
    assert (found.format, ids(found)) == ("json", ["1", "2"])


def test_an_entry_without_an_id_is_known_by_its_address() -> None:
    body = hugo_rss(posts(1)).replace(b"<guid>", b"<x>").replace(b"</guid>", b"</x>")
    (entry,) = read_saved_feed(body, where="saved.xml", now=NOW, timezone=UTC).entries
    assert (entry.id, entry.named) == ("https://blog.example.org/2024/beitrag-1/", False)


def test_what_is_no_feed_is_an_error(server: FeedServer) -> None:
    with pytest.raises(SourceError):
        read(server.document("/", b"<html><body>Welcome</body></html>", "text/html"))
    with pytest.raises(SourceError):
        read(server.status("/feed/", 410))
    with pytest.raises(SourceError):
        read_saved_feed(b"nothing", where="saved.xml", now=NOW, timezone=UTC)
