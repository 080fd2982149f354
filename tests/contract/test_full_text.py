from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest

from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.source import Collection, Past, Source, SourceState
from pipeline.collect.sources.feed import FeedSource
from pipeline.collect.sources.full_text import CONTEXT, FullTextSource, is_cut_short
from pipeline.domain.article import Article, ArticleId, Author, Content, Sighting
from pipeline.domain.identity import content_hash
from pipeline.store.codec import dump_content, load_content
from tests.fakes.site_server import PAGES, SiteServer

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
TEASER = "Wer im vergangenen Jahr Module bestellte, zahlte noch das Doppelte. […]"
LONG = " ".join(f"Satz Nummer {number} sagt etwas, das noch nicht gesagt war." for number in range(40))


@dataclass
class Collecting:
    """A source with what a store would remember of it between collections."""

    source: Source
    state: SourceState = field(default_factory=SourceState)
    known: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW

    def __call__(self) -> Collection:
        self.now += timedelta(minutes=15)
        answer = self.source.collect(self.state, self.known.get, self.now)
        self.state = answer.state
        self.known.update({seen.key: seen.raw_hash for seen in answer.sightings if seen.content is not None})
        return answer


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with SiteServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(user_agent="Rundbrief/0.0", limits=FetchLimits(total_seconds=2, connect_seconds=1))


def item(link: str, text: str, title: str = "Strom vom Dach lohnt sich wieder", more: str = "") -> str:
    return (
        f"<item><title>{title}</title><guid>{link}</guid><link>{link}</link>"
        f"<description>{escape(text)}</description>{more}</item>"
    )


def put_feed(site: SiteServer, *items: str, etag: str = '"1"') -> str:
    body = f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>"
    return site.document("/feed", body.encode(), etag=etag)


def collecting(url: str, fetcher: Fetcher, **options: Any) -> Collecting:
    feed = FeedSource("blog", url, fetcher, allow_private=True, context=CONTEXT)
    made: dict[str, Any] = {"allow_private": True, "pause": [].append} | options
    return Collecting(FullTextSource(feed=feed, pages=fetcher, **made))


def only(answer: Collection) -> tuple[Sighting, Content]:
    (seen,) = answer.sightings
    assert seen.content is not None
    return seen, seen.content


def _nothing_known(key: str) -> None:
    return None


def test_it_is_a_source(fetcher: Fetcher) -> None:
    assert collecting("https://b.example/feed", fetcher).source.name == "blog"


def test_a_teaser_becomes_the_article_of_its_page(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.page("/strom", (PAGES / "strom.html").read_bytes())
    dated = "<pubDate>Wed, 28 May 2025 08:00:00 GMT</pubDate><category>Feed</category>"
    collect = collecting(put_feed(site, item(link, TEASER, more=dated)), fetcher)
    answer = collect()
    seen, content = only(answer)
    assert content.text_from == "page"
    assert "<th>Leistung</th>" in content.html
    assert content.published == datetime(2025, 5, 28, 8, tzinfo=UTC), "what the feed says of it stays"
    assert content.topics == ("Feed",)
    assert content.authors == (Author(name="Maria Köhler"),), "what it does not say comes from the page"
    assert content.picture is not None
    assert content.teaser.startswith("Die Preise für Solarmodule fallen")
    assert seen.notes == ()
    assert answer.requests == len(site.requests) == 3
    assert answer.received > 3_000


def test_only_new_and_changed_entries_are_looked_at(site: SiteServer, fetcher: Fetcher) -> None:
    first, second = site.article("/1", "Eins"), site.article("/2", "Zwei")
    collect = collecting(put_feed(site, item(first, "", "Eins")), fetcher)
    collect()
    assert collect().not_modified
    put_feed(site, item(first, "", "Eins"), item(second, "", "Zwei"), etag='"2"')
    answer = collect()
    assert [seen.content and seen.content.text_from for seen in answer.sightings] == [None, "page"]
    assert (site.counted("/1"), site.counted("/2")) == (1, 1)


def test_a_whole_text_needs_no_page(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.article("/1", "Eins")
    _, content = only(collecting(put_feed(site, item(link, LONG, "Eins")), fetcher)())
    assert content.text_from is None
    assert site.counted("/1") == site.counted("/robots.txt") == 0


@pytest.mark.parametrize(
    ("title", "page"),
    [
        ("Anders", "<p>Bitte melden Sie sich an, um weiterzulesen. Ein Abonnement kostet nur wenig im Monat.</p>" * 9),
        ("Strom", "<p>Nur ein Satz, der nicht viel länger als der Anfang im Feed ist und trotzdem gezählt wird.</p>"),
        ("Impressum", "<p>" + LONG + "</p>"),
    ],
)
def test_a_page_that_says_something_else_or_hardly_more_is_not_taken(
    site: SiteServer, fetcher: Fetcher, title: str, page: str
) -> None:
    text = "Wer im vergangenen Jahr Solarmodule bestellte, zahlte noch das Doppelte, sagt die Beraterin. […]"
    link = site.page("/1", f"<html><head><title>{title}</title></head><body><article>{page}</article></body></html>")
    _, content = only(collecting(put_feed(site, item(link, text)), fetcher)())
    assert content.text_from is None
    assert "Solarmodule" in content.html


def test_a_page_that_is_of_no_use_leaves_the_teaser_and_a_note(site: SiteServer, fetcher: Fetcher) -> None:
    site.robots("User-agent: Rundbrief\nDisallow: /privat")
    links = [
        site.article("/privat/1", "Eins"),
        site.status("/2", 404),
        site.page("/3", "<html><body>Hallo</body></html>"),
        site.page("/4", b"%PDF", content_type="application/pdf"),
        site.redirect("/5", "/privat/1", 302),
    ]
    collect = collecting(put_feed(site, *(item(link, TEASER, str(n)) for n, link in enumerate(links))), fetcher)
    answer = collect()
    assert [seen.content and seen.content.text_from for seen in answer.sightings] == [None] * 5
    assert all("doppelte" in seen.content.html.casefold() for seen in answer.sightings if seen.content)
    notes = [" ".join(seen.notes) for seen in answer.sightings]
    wanted = ["robots.txt forbids", "404", "no article", "application/pdf", "robots.txt forbids"]
    assert [want in note for want, note in zip(wanted, notes, strict=True)] == [True] * 5
    assert site.counted("/privat/1") == 0
    assert collect().not_modified, "they are not tried again"


def test_a_page_that_fails_for_now_is_tried_again_and_not_for_ever(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.status("/1", 500)
    collect = collecting(put_feed(site, item(link, TEASER)), fetcher)
    answers = [collect() for _ in range(8)]
    assert site.counted("/1") == 5
    assert [answer.not_modified for answer in answers] == [False] * 5 + [True] * 3
    assert len({seen.raw_hash for answer in answers for seen in answer.sightings}) == 5
    assert all(len(seen.raw_hash) <= 64 for answer in answers for seen in answer.sightings)


def test_a_page_that_failed_once_makes_the_teaser_whole_later(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.status("/1", 503)
    collect = collecting(put_feed(site, item(link, TEASER)), fetcher)
    assert only(collect())[1].text_from is None
    site.page("/1", (PAGES / "strom.html").read_bytes())
    collect.now += timedelta(hours=1)
    assert only(collect())[1].text_from == "page"
    assert collect().not_modified


def test_no_more_pages_than_the_limit_are_fetched_at_once(site: SiteServer, fetcher: Fetcher) -> None:
    links = [site.article(f"/{number}", f"Titel {number}") for number in range(5)]
    url = put_feed(site, *(item(link, "", f"Titel {number}") for number, link in enumerate(links)))
    collect = collecting(url, fetcher, limit=2)
    whole = [
        [seen.key.rpartition("/")[2] for seen in collect().sightings if seen.content and seen.content.text_from]
        for _ in range(4)
    ]
    assert whole == [["0", "1"], ["2", "3"], ["4"], []]
    assert sum(site.counted(f"/{number}") for number in range(5)) == 5


def test_turning_it_on_reads_known_teasers_anew(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.page("/1", (PAGES / "strom.html").read_bytes())
    url = put_feed(site, item(link, TEASER))
    plain = Collecting(FeedSource("blog", url, fetcher, allow_private=True))
    plain()
    collect = collecting(url, fetcher)
    collect.known = plain.known
    assert only(collect())[1].text_from == "page"


def test_crawl_delay_is_kept(site: SiteServer, fetcher: Fetcher) -> None:
    site.robots("User-agent: *\nCrawl-delay: 2")
    links = [site.article(f"/{number}", f"Titel {number}") for number in range(3)]
    waits: list[float] = []
    url = put_feed(site, *(item(link, "", f"Titel {number}") for number, link in enumerate(links)))
    collecting(url, fetcher, pause=waits.append)()
    assert waits == [2.0, 2.0]


def test_older_pages_of_a_feed_are_made_whole_too(site: SiteServer, fetcher: Fetcher) -> None:
    link = site.page("/1", (PAGES / "strom.html").read_bytes())
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{}</feed>'
    entry = f'<entry><id>tag:b.example,2025:1</id><title>Strom vom Dach</title><link href="{link}"/></entry>'
    archive = site.document("/archiv", atom.format(entry).encode(), "application/atom+xml")
    url = site.document("/feed", atom.format(f'<link rel="prev-archive" href="{archive}"/>').encode())
    answer = collecting(url, fetcher)()
    (way,) = answer.older
    older = way(Past(since=NOW - timedelta(days=9), known=_nothing_known, shown=lambda _names: frozenset(), now=NOW))
    assert only(older)[1].text_from == "page"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", True),
        ("Kurz.", True),
        (LONG, False),
        (LONG + " […]", True),
        (LONG + " [...]", True),
        (LONG + "<p><a href='/x'>Weiterlesen</a></p>", True),
        (LONG + "<p><a href='/x'>Read more »</a></p>", True),
        (LONG + "<p>Continue reading &#8594;</p>", True),
        (LONG + " […]<p>The post <a href='/x'>Strom</a> appeared first on <a href='/'>Bote</a>.</p>", True),
        (LONG + " […]<p>Der Beitrag Strom erschien zuerst auf Bote.</p>", True),
        (LONG + "<p>Zum Artikel</p>", True),
        (LONG + "<p>Und so weiter…</p>", True),
        (LONG * 2 + "<p>Und so weiter…</p>", False),
        (LONG + "<p>Man kann darüber noch viel mehr lesen als das.</p>", False),
        (LONG + "<p>The post office was closed on that day, as it is on Sundays.</p>", False),
    ],
)
def test_teasers_are_told_from_whole_texts(text: str, *, cut: bool) -> None:
    assert is_cut_short(text) is cut


def test_where_a_text_comes_from_is_stored_and_makes_no_revision() -> None:
    content = Content(title="T", html="<p>x</p>")
    whole = replace(content, text_from="page")
    assert load_content(dump_content(whole)) == whole
    assert "text_from" not in dump_content(content)
    assert content_hash(whole) == content_hash(content)
    made = Article(id=ArticleId(1), public_id="x", revision=1, content=whole, first_seen=NOW, changed=NOW)
    assert made.content.text_from == "page"


def test_a_hash_from_before_texts_had_an_origin_is_still_the_same() -> None:
    content = Content(title="Titel", html="<p>Text</p>", url="https://b.example/1", topics=("a",))
    assert content_hash(content) == "9ba8767f8d045b9a02417c02f8f4be2850eb7d9f3930f88650a10f8aab243660"
