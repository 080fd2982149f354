from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.collect.sources.feed_content import Reading, article_content
from pipeline.collect.sources.feed_salvage import MANY_ENTRIES, ends_within_entry, salvaged
from pipeline.collect.sources.feed_xml import parse_xml
from pipeline.domain.article import Content
from pipeline.errors import InvalidSource

NOW = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://a.example/feed"
ITEM = (
    "<item><title>Größe &amp;amp; Maß</title><link>/1</link><guid>g1</guid><pubDate>{date}</pubDate>"
    "<category>KI</category><description>&lt;p onclick='x()'&gt;Text&lt;script&gt;böse()&lt;/script&gt;&lt;/p&gt;"
    '</description><enclosure url="/a.mp3" type="audio/mpeg" length="7"/></item>'
)
# A title that is never closed: feedparser takes all that follows for it, and finds no entry.
UNCLOSED = (
    "<rss version='2.0'><channel><title>Blog</title><link>https://a.example/</link>"
    "<textinput><title>Suche{items}</channel></rss>"
)
# A generator's own namespace around everything.
FOREIGN = "<x:rss xmlns:x='urn:x'><x:channel>{items}</x:channel></x:rss>"


def contents(body: str) -> list[Content]:
    feed = parse_xml(body.encode(), url=URL, charset=None, where="source blog")
    assert feed.flaw is not None
    assert "salvaged" in feed.flaw
    return [article_content(entry, Reading(url=URL, home=feed.home), NOW)[0] for entry in feed.entries]


def test_what_feedparser_finds_nothing_in_is_salvaged_and_clean() -> None:
    (content,) = contents(UNCLOSED.format(items=ITEM.format(date="Sun, 01 Feb 2026 10:00:00 +0100")))
    assert (content.title, content.html) == ("Größe & Maß", "<p>Text</p>")
    assert (content.url, content.topics) == ("https://a.example/1", ("KI",))
    assert content.published == datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    assert [(file.url, file.length) for file in content.enclosures] == [("https://a.example/a.mp3", 7)]


def test_a_feed_in_a_namespace_of_its_own_is_salvaged() -> None:
    items = ITEM.replace("<item", "<x:item").replace("</item", "</x:item").format(date="2026-02-01")
    feed = parse_xml(FOREIGN.format(items=items).encode(), url=URL, charset=None, where="source blog")
    assert [entry.published for entry in feed.entries] == ["2026-02-01"]


@pytest.mark.parametrize("date", ["31 Feb 2025", "0000-00-00", "lundi 3 février 2025", "01/02/2025", ""])
def test_salvaging_makes_up_no_dates(date: str) -> None:
    (content,) = contents(UNCLOSED.format(items=ITEM.format(date=date)))
    assert content.published is None


def test_each_entry_has_its_own_date() -> None:
    items = "".join(ITEM.replace("g1", f"g{day}").format(date=f"2026-02-0{day}") for day in (1, 2, 3))
    foreign = FOREIGN.format(items=items.replace("<item", "<x:item").replace("</item", "</x:item"))
    days = [content.published and content.published.day for content in contents(foreign)]
    assert days == [1, 2, 3]


def test_an_entry_that_is_broken_off_is_not_salvaged() -> None:
    whole = ITEM.format(date="2026-02-01")
    body = "<rss version='2.0'><channel><textinput><title>" + whole + whole[:60]
    feed = parse_xml(body.encode(), url=URL, charset=None, where="source blog")
    assert len(feed.entries) == 1
    assert ends_within_entry(body.encode())
    assert not ends_within_entry(whole.encode())


def test_what_has_nothing_to_salvage_is_refused_as_before() -> None:
    with pytest.raises(InvalidSource, match="web page"):
        parse_xml(b"<html><body><p>Hallo</p></body></html>", url=URL, charset=None, where="source blog")
    assert salvaged(b"\x00\xff") is None
    assert salvaged(b"https://a.example/feed") is None, "bytes are a document, never an address to fetch"


def test_a_feed_with_very_many_entries_is_read_the_quick_way_and_says_so() -> None:
    items = "".join(ITEM.replace("g1", f"g{number}").format(date="2026-02-01") for number in range(MANY_ENTRIES + 1))
    body = f"<rss version='2.0'><channel><title>Blog</title>{items}</channel></rss>"
    feed = parse_xml(body.encode(), url=URL, charset=None, where="source blog")
    assert len(feed.entries) == MANY_ENTRIES + 1
    assert feed.flaw is None
    assert feed.remark is not None
    assert "quicker" in feed.remark
    assert feed.entries[0].published == "2026-02-01"


def test_an_empty_feed_that_is_broken_is_an_empty_feed() -> None:
    feed = parse_xml(
        b"<rss version='2.0'><channel><title>Blog</title></channel></rss", url=URL, charset=None, where="s"
    )
    assert (feed.title, feed.entries) == ("Blog", ())
    assert feed.flaw is not None


def test_a_feed_that_is_cut_off_after_an_entry_keeps_it() -> None:
    body = "<rss version='2.0'><channel>" + ITEM.format(date="2026-02-01") + "</chan"
    feed = parse_xml(body.encode(), url=URL, charset=None, where="source blog")
    assert len(feed.entries) == 1
    assert feed.flaw is not None
    assert "cut off" in feed.flaw
