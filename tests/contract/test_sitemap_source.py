from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.collect.addresses import AddressRefused
from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.source import Collection, Source, SourceState
from pipeline.collect.sources.sitemap import SitemapSource
from pipeline.collect.sources.sitemap_document import parse_sitemap
from pipeline.domain.article import Content, Picture
from pipeline.errors import InvalidSource, SourceUnavailable
from tests.fakes.site_server import PAGES, SiteServer, article

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


@dataclass
class Collecting:
    """A source with what a store would remember of it between collections."""

    source: SitemapSource
    state: SourceState = field(default_factory=SourceState)
    known: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    last: Collection | None = None

    def __call__(self, later: timedelta = QUARTER) -> Collection:
        if self.last is not None:
            self.now += later
        answer = self.source.collect(self.state, self.known.get, self.now)
        self.state, self.last = answer.state, answer
        self.known.update({seen.key: seen.raw_hash for seen in answer.sightings if seen.content is not None})
        if answer.complete and not answer.not_modified:
            present = {seen.key for seen in answer.sightings} | answer.failed
            self.known = {key: raw for key, raw in self.known.items() if key in present}
        return answer


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with SiteServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    limits = FetchLimits(max_bytes=5_000_000, total_seconds=2, connect_seconds=1)
    return Fetcher(user_agent="Rundbrief/0.0 (+https://news.example.org)", limits=limits)


def collecting(url: str, fetcher: Fetcher, **options: Any) -> Collecting:
    made: dict[str, Any] = {"allow_private": True, "pause": [].append} | options
    return Collecting(SitemapSource(name="bote", url=url, sitemaps=fetcher, pages=fetcher, **made))


def read(answer: Collection) -> dict[str, Content]:
    """What was read anew, by its path."""
    return {"/" + seen.key.split("/", 3)[3]: seen.content for seen in answer.sightings if seen.content}


def pages(site: SiteServer, *paths: str) -> None:
    for path in paths:
        site.article(path, f"Titel von {path}")


# ---- where sitemaps are


def test_it_is_a_source(fetcher: Fetcher) -> None:
    source: Source = SitemapSource(name="bote", url="https://b.example/", sitemaps=fetcher, pages=fetcher)
    assert source.name == "bote"


def test_a_sitemap_becomes_the_articles_of_its_pages(site: SiteServer, fetcher: Fetcher) -> None:
    site.page("/artikel/strom", (PAGES / "strom.html").read_bytes())
    collect = collecting(site.sitemap("/sitemap.xml", {"/artikel/strom": "2025-05-29"}), fetcher, topics=("lokal",))
    answer = collect()
    (seen,) = answer.sightings
    assert seen.key == site.url("/artikel/strom")
    assert seen.content is not None
    assert seen.content.title == "Strom vom Dach lohnt sich wieder"
    assert seen.content.url == site.url("/artikel/strom")
    assert seen.content.published == datetime(2025, 5, 28, 7, 30, tzinfo=UTC)
    assert "lokal" in seen.content.topics
    assert answer.complete
    assert answer.problems == ()
    assert answer.requests == len(site.requests) == 3
    assert len(seen.raw_hash) <= 64


@pytest.mark.parametrize("place", ["/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml"])
def test_of_a_site_the_usual_places_are_tried(site: SiteServer, fetcher: Fetcher, place: str) -> None:
    pages(site, "/a")
    site.sitemap(place, ["/a"])
    assert list(read(collecting(site.url("/"), fetcher)())) == ["/a"]


def test_a_page_in_the_place_of_a_sitemap_is_none(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/sitemap.xml")
    site.sitemap("/wp-sitemap.xml", ["/a"])
    assert list(read(collecting(site.url("/"), fetcher)())) == ["/a"]


def test_of_a_site_robots_txt_names_the_sitemaps(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    site.robots(f"Sitemap: {site.sitemap('/karten/1.xml', ['/a'])}\nSitemap: {site.packed('/karten/2.xml.gz', ['/b'])}")
    answer = collecting(site.url("/"), fetcher)()
    assert set(read(answer)) == {"/a", "/b"}
    assert answer.complete
    assert site.counted("/sitemap.xml") == 0


def test_of_a_part_of_a_site_only_what_is_below_counts(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/blog/a", "/shop/b", "/blogger")
    site.sitemap("/sitemap.xml", ["/blog/a", "/shop/b", "/blogger", "/blog"])
    assert list(read(collecting(site.url("/blog"), fetcher)())) == ["/blog/a"]
    assert list(read(collecting(site.url("/blog/"), fetcher)())) == ["/blog/a"]


def test_a_site_without_a_sitemap_says_what_was_tried(site: SiteServer, fetcher: Fetcher) -> None:
    with pytest.raises(InvalidSource, match=r"no sitemap was found.*/wp-sitemap\.xml"):
        collecting(site.url("/"), fetcher)()


def test_an_index_leads_to_its_sitemaps_and_is_bounded(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b", "/c")
    site.sitemap("/1.xml", ["/a"])
    site.packed("/2.xml.gz", ["/b"])
    site.index("/unten.xml", {"/2.xml.gz": "", "/index.xml": "", "/fehlt.xml": ""})
    answer = collecting(site.index("/index.xml", {"/1.xml": "2025-05-01", "/unten.xml": ""}), fetcher)()
    assert set(read(answer)) == {"/a", "/b"}
    assert not answer.complete
    assert ["404" in problem.what for problem in answer.problems] == [True]
    assert site.counted("/index.xml") == 1


def test_a_plain_text_sitemap_is_read(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    text = f"\ufeff{site.url('/a')}\r\n{site.url('/b')}\r\n\r\nUnfug\r\n".encode()
    assert set(read(collecting(site.document("/sitemap.txt", text, "text/plain"), fetcher)())) == {"/a", "/b"}


def test_a_news_sitemap_says_what_the_page_does_not(site: SiteServer, fetcher: Fetcher) -> None:
    site.page("/a", article("Von der Seite").replace(' lang="de"', ""))
    published = NOW - timedelta(hours=2)
    url = site.news("/news.xml", "/a", title="Aus der Karte", published=published, language="de", picture="/bild.jpg")
    content = read(collecting(url, fetcher)())["/a"]
    assert (content.title, content.language, content.published) == ("Von der Seite", "de", published)
    assert content.picture == Picture(url=site.url("/bild.jpg"), alt="Ein Bild")


# ---- what is fetched, and when again


def test_an_unchanged_sitemap_costs_one_304(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    collect = collecting(site.sitemap("/sitemap.xml", ["/a", "/b"], etag='"1"'), fetcher)
    collect()
    before = len(site.requests)
    answer = collect()
    assert answer.not_modified
    assert [request.path for request in site.requests[before:]] == ["/sitemap.xml"]
    assert site.requests[-1].headers["If-None-Match"] == '"1"'


def test_a_page_is_fetched_again_when_its_lastmod_changes(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    collect = collecting(site.sitemap("/sitemap.xml", {"/a": "2025-05-01", "/b": "2025-05-01"}), fetcher)
    collect()
    site.article("/a", "Ein neuer Titel")
    site.sitemap("/sitemap.xml", {"/a": "2025-06-01T12:05:00Z", "/b": "2025-05-01"})
    answer = collect()
    assert {path: content.title for path, content in read(answer).items()} == {"/a": "Ein neuer Titel"}
    assert sorted(seen.key for seen in answer.sightings) == [site.url("/a"), site.url("/b")]
    assert (site.counted("/a"), site.counted("/b")) == (2, 1)


def test_a_page_without_lastmod_is_fetched_again_after_a_while(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a")
    collect = collecting(site.sitemap("/sitemap.xml", ["/a"]), fetcher, recheck=timedelta(days=3))
    collect()
    assert [bool(read(collect(DAY))) for _ in range(4)] == [False, False, True, False]
    assert site.counted("/a") == 2


def test_a_lastmod_that_is_the_time_of_the_request_is_not_believed(site: SiteServer, fetcher: Fetcher) -> None:
    paths = [f"/{number}" for number in range(12)]
    pages(site, *paths)
    collect = collecting(site.sitemap("/sitemap.xml", dict.fromkeys(paths, NOW.isoformat())), fetcher)
    collect()
    for _ in range(3):
        site.sitemap("/sitemap.xml", dict.fromkeys(paths, (collect.now + QUARTER).isoformat()))
        assert read(collect()) == {}
    assert [site.counted(path) for path in paths] == [1] * 12


def test_the_newest_come_first_and_the_rest_with_the_next_collections(site: SiteServer, fetcher: Fetcher) -> None:
    entries = {f"/{day}": f"2025-05-{day:02}" for day in range(10, 20)}
    pages(site, *entries)
    url = site.sitemap("/sitemap.xml", entries, etag='"1"')
    collect = collecting(url, fetcher, limit=4, max_pages=9)
    batches = [list(read(collect())) for _ in range(4)]
    assert batches == [["/19", "/18", "/17", "/16"], ["/15", "/14", "/13", "/12"], ["/11"], []]
    assert collect().not_modified
    assert site.counted("/10") == 0


def test_what_was_there_at_the_first_collection_is_backlog_when_its_turn_comes(
    site: SiteServer, fetcher: Fetcher
) -> None:
    entries = {"/neu": "2025-05-20", "/alt": "2025-05-01", "/ohne1": "", "/ohne2": ""}
    pages(site, *entries, "/frisch", "/frisch2")
    collect = collecting(site.sitemap("/sitemap.xml", entries), fetcher, limit=1)
    collect()
    site.sitemap("/sitemap.xml", entries | {"/frisch": "2025-06-01T12:10:00Z", "/frisch2": ""})
    backlog = {
        seen.key.rpartition("/")[2]: seen.backlog for _ in range(5) for seen in collect().sightings if seen.content
    }
    assert backlog == {"frisch": False, "alt": True, "ohne1": True, "ohne2": True, "frisch2": False}


def test_other_topics_in_the_configuration_reach_known_articles(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a")
    collect = collecting(site.sitemap("/sitemap.xml", {"/a": "2025-05-01"}, etag='"1"'), fetcher)
    collect()
    collect.source = replace(collect.source, topics=("neu",))
    assert read(collect())["/a"].topics == ("neu",)


def test_patterns_choose_among_the_paths(site: SiteServer, fetcher: Fetcher) -> None:
    paths = ["/", "/news/1", "/news/tag/x", "/über/uns", "/news"]
    pages(site, *paths)
    url = site.sitemap("/sitemap.xml", paths)
    chosen = {"include": ("/news/*",), "exclude": ("*/tag/*",)}
    assert list(read(collecting(url, fetcher, **chosen)())) == ["/news/1"]
    assert list(read(collecting(url, fetcher, include=("/",))())) == ["/"]
    everything = collecting(url, fetcher, exclude=("/über/*",))
    assert set(read(everything())) == {"/news/1", "/news/tag/x", "/news"}


def test_pages_of_other_sites_are_passed_over(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a")
    more = f"<url><loc>http://localhost:{site.port}/b</loc></url><url><loc>javascript:alert(1)</loc></url>"
    assert list(read(collecting(site.sitemap("/sitemap.xml", ["/a"], more=more), fetcher)())) == ["/a"]
    assert site.counted("/b") == 0


def test_sitemaps_of_an_index_are_fetched_only_where_they_changed(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/alt", "/neu", "/neuer")
    site.sitemap("/alt.xml", {"/alt": "2025-01-01"})
    site.sitemap("/neu.xml", {"/neu": "2025-05-01"})
    collect = collecting(site.index("/index.xml", {"/alt.xml": "2025-01-01", "/neu.xml": "2025-05-01"}), fetcher)
    collect()
    site.sitemap("/neu.xml", {"/neu": "2025-05-01", "/neuer": "2025-06-01"})
    site.index("/index.xml", {"/alt.xml": "2025-01-01", "/neu.xml": "2025-06-01"})
    answer = collect()
    assert list(read(answer)) == ["/neuer"]
    assert not answer.complete
    assert (site.counted("/alt.xml"), site.counted("/neu.xml")) == (1, 2)
    assert collect(DAY).complete, "once a day all is read"
    assert site.counted("/alt.xml") == 2


# ---- what vanishes


def test_a_page_that_vanishes_from_a_complete_sitemap_is_withdrawn(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    collect = collecting(site.sitemap("/sitemap.xml", ["/a", "/b"]), fetcher)
    collect()
    site.sitemap("/sitemap.xml", ["/a"])
    answer = collect()
    assert answer.complete
    assert site.url("/b") not in {seen.key for seen in answer.sightings} | answer.failed


@pytest.mark.parametrize("kind", ["cut off", "empty", "child"])
def test_nothing_is_withdrawn_where_not_all_was_read(site: SiteServer, fetcher: Fetcher, kind: str) -> None:
    pages(site, "/a", "/b")
    site.sitemap("/1.xml", ["/a"])
    site.sitemap("/2.xml", ["/b"])
    collect = collecting(site.index("/index.xml", {"/1.xml": "", "/2.xml": ""}), fetcher)
    assert collect().complete
    whole = site.urlset(["/a", "/b"]).encode()
    if kind == "cut off":
        site.document("/2.xml", whole[:-60], "application/xml")
    elif kind == "empty":
        site.sitemap("/1.xml", [])
        site.sitemap("/2.xml", [])
    else:
        site.status("/2.xml", 500)
    answer = collect(DAY)
    assert not answer.complete
    if kind != "empty":
        assert answer.problems


def test_a_page_older_than_the_newest_counts_as_there(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a", "/b")
    collect = collecting(site.sitemap("/sitemap.xml", {"/a": "2025-05-01"}), fetcher, max_pages=1)
    collect()
    site.sitemap("/sitemap.xml", {"/a": "2025-05-01", "/b": "2025-05-02"})
    answer = collect()
    assert answer.complete
    assert answer.failed == {site.url("/a")}
    assert list(read(answer)) == ["/b"]


# ---- single pages that can't be read


def test_a_page_without_an_article_costs_only_itself_and_is_not_asked_for_again(
    site: SiteServer, fetcher: Fetcher
) -> None:
    pages(site, "/a")
    site.page("/liste", (PAGES / "liste.html").read_bytes())
    site.page("/bild", b"\x89PNG", content_type="image/png")
    site.status("/verboten", 403)
    site.status("/weg", 410)
    paths = ["/liste", "/a", "/bild", "/verboten", "/weg"]
    collect = collecting(site.sitemap("/sitemap.xml", paths), fetcher)
    answer = collect()
    assert list(read(answer)) == ["/a"]
    assert {problem.where.rpartition("/")[2] for problem in answer.problems} == {"verboten", "weg"}
    assert {note.where.rpartition("/")[2] for note in answer.notes} == {"liste", "bild"}
    assert answer.failed == {site.url(path) for path in ("/liste", "/bild", "/verboten")}
    again = collect()
    assert again.problems == again.notes == ()
    assert again.complete
    assert [site.counted(path) for path in paths] == [1] * 5
    site.article("/liste", "Jetzt ein Artikel")
    site.sitemap("/sitemap.xml", dict.fromkeys(paths, "") | {"/liste": "2025-06-01"})
    assert list(read(collect())) == ["/liste"]


def test_a_page_that_fails_for_now_comes_later(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a")
    site.status("/b", 500)
    collect = collecting(site.sitemap("/sitemap.xml", ["/a", "/b"], etag='"1"'), fetcher)
    answer = collect()
    assert list(read(answer)) == ["/a"]
    assert answer.failed == {site.url("/b")}
    pages(site, "/b")
    assert list(read(collect())) == ["/b"]


def test_a_host_that_says_later_is_left_alone(site: SiteServer, fetcher: Fetcher) -> None:
    paths = [f"/{number}" for number in range(6)]
    pages(site, *paths)
    site.status("/1", 429, {"Retry-After": "600"})
    answer = collecting(site.sitemap("/sitemap.xml", paths), fetcher)()
    assert list(read(answer)) == ["/0"]
    assert answer.poll_after == NOW + timedelta(minutes=10)
    assert answer.failed == {site.url(path) for path in paths[1:]}
    assert [site.counted(path) for path in paths] == [1, 1, 0, 0, 0, 0]


def test_a_host_that_fails_again_and_again_is_left_alone(site: SiteServer, fetcher: Fetcher) -> None:
    paths = [f"/{number}" for number in range(9)]
    for path in paths:
        site.status(path, 502)
    answer = collecting(site.sitemap("/sitemap.xml", paths), fetcher)()
    assert sum(site.counted(path) for path in paths) == 3
    assert answer.sightings == ()


def test_what_leads_to_another_site_is_not_read(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/ziel", "/gut")
    site.redirect("/a", f"http://localhost:{site.port}/ziel", 302)
    site.redirect("/b", "/gut", 301)
    answer = collecting(site.sitemap("/sitemap.xml", ["/a", "/b"]), fetcher)()
    assert {path: content.url for path, content in read(answer).items()} == {"/b": site.url("/gut")}
    assert "another site" in answer.notes[0].what
    assert site.counted("/ziel") == 0


def test_a_double_of_another_page_is_no_article(site: SiteServer, fetcher: Fetcher) -> None:
    canonical = '<link rel="canonical" href="/a">'
    site.article("/a", "Ein Artikel", head=canonical)
    site.article("/druck/a", "Ein Artikel", head=canonical)
    site.article("/filter", "Ein Artikel", head='<link rel="canonical" href="/nirgends">')
    site.article("/filter2", "Ein Artikel", head='<link rel="canonical" href="/nirgends">')
    answer = collecting(site.sitemap("/sitemap.xml", ["/druck/a", "/a", "/filter", "/filter2"]), fetcher)()
    assert list(read(answer)) == ["/a", "/filter"]


# ---- robots.txt


def test_what_robots_txt_forbids_is_not_fetched(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/offen", "/privat/a")
    site.robots("User-agent: Rundbrief\nDisallow: /privat/")
    collect = collecting(site.sitemap("/sitemap.xml", ["/privat/a", "/offen"]), fetcher)
    answer = collect()
    assert list(read(answer)) == ["/offen"]
    assert [note.code for note in answer.notes] == ["robots-forbid"]
    assert site.counted("/privat/a") == 0
    collect()
    assert site.counted("/robots.txt") == 1


def test_a_redirect_leads_nowhere_that_robots_txt_forbids(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/privat/a")
    site.robots("User-agent: *\nDisallow: /privat/")
    site.redirect("/a", "/privat/a", 302)
    assert read(collecting(site.sitemap("/sitemap.xml", ["/a"]), fetcher)()) == {}
    assert site.counted("/privat/a") == 0


def test_a_forbidden_sitemap_is_not_fetched(site: SiteServer, fetcher: Fetcher) -> None:
    site.robots("User-agent: *\nDisallow: /")
    with pytest.raises(InvalidSource, match=r"robots\.txt forbids"):
        collecting(site.sitemap("/sitemap.xml", ["/a"]), fetcher)()
    assert site.counted("/sitemap.xml") == 0


def test_while_robots_txt_fails_nothing_is_fetched(site: SiteServer, fetcher: Fetcher) -> None:
    site.status("/robots.txt", 503)
    with pytest.raises(SourceUnavailable):
        collecting(site.sitemap("/sitemap.xml", ["/a"]), fetcher)()
    assert site.counted("/sitemap.xml") == 0


def test_crawl_delay_is_kept_between_pages_and_not_for_ever(site: SiteServer, fetcher: Fetcher) -> None:
    paths = [f"/{number}" for number in range(40)]
    pages(site, *paths)
    site.robots("User-agent: *\nCrawl-delay: 10")
    waits: list[float] = []
    collect = collecting(site.sitemap("/sitemap.xml", paths), fetcher, pause=waits.append)
    assert len(read(collect())) == 31
    assert waits == [10.0] * 30
    assert len(read(collect())) == 9


# ---- what is hostile


NESTED = '<!DOCTYPE x [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            f"{NESTED}]><urlset><url><loc>https://b.example/&j;</loc></url></urlset>".encode(),
            "entities within entities",
        ),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>', "XXE"),
        (b"<urlset>" + b"<url/>" * 1_000_001, "1,000,000 tags"),
        (gzip.compress(bytes(60_000_000), mtime=0), "when inflated"),
        (gzip.compress(b"<urlset/>", mtime=0)[:-9], "gzip"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"Service unavailable", "not a sitemap"),
        (b"<!DOCTYPE html><html><body>Hallo</body></html>", "web page"),
        (b"<rss version='2.0'><channel/></rss>", "a feed"),
        (b"<sitemap", "well-formed|not a sitemap"),
        (b"<other/>", "not a sitemap"),
        (b"\x00\x01\x02", "not a sitemap"),
    ],
)
def test_what_is_no_sitemap_is_refused_by_name_and_quickly(body: bytes, why: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidSource, match=why) as caught:
        parse_sitemap(body, "https://b.example/sitemap.xml", "there")
    assert caught.value.where == "there"
    assert time.monotonic() - started < 3


def test_deep_nesting_and_many_entries_are_bounded() -> None:
    deep = b"<urlset><url><loc>https://b.example/a</loc></url><url>" + b"<a>" * 200_000
    document = parse_sitemap(deep, "https://b.example/", "there")
    assert [entry.url for entry in document.entries] == ["https://b.example/a"]
    assert not document.whole
    many = "".join(f"<url><loc>https://b.example/{n}</loc></url>" for n in range(50_010))
    document = parse_sitemap(f"<urlset>{many}</urlset>".encode(), "https://b.example/", "there")
    assert (len(document.entries), document.whole) == (50_000, False)


def test_other_namespaces_and_encodings_are_read() -> None:
    text = '<?xml version="1.0" encoding="{0}"?><s:urlset xmlns:s="urn:x"><s:url><s:loc> https://b.example/ü </s:loc>'
    text += "<s:lastmod>2025-01-01</s:lastmod></s:url></s:urlset>"
    for encoding in ("utf-8", "iso-8859-1", "utf-16"):
        document = parse_sitemap(text.format(encoding).encode(encoding), "https://b.example/", "there")
        assert [(entry.url, entry.lastmod) for entry in document.entries] == [
            ("https://b.example/%C3%BC", "2025-01-01")
        ]
        assert document.whole


def test_private_addresses_are_refused(site: SiteServer, fetcher: Fetcher) -> None:
    with pytest.raises(AddressRefused):
        collecting(site.sitemap("/sitemap.xml", ["/a"]), fetcher, allow_private=False)()


def test_a_memory_that_cannot_be_read_is_none(site: SiteServer, fetcher: Fetcher) -> None:
    pages(site, "/a")
    url = site.sitemap("/sitemap.xml", ["/a"])
    for kept in ("Sun, 01 Jun 2025 10:00:00 GMT", "{}", '{"since": 1}', "[]"):
        collect = collecting(url, fetcher)
        collect.state = SourceState(asked=url, last_modified=kept)
        assert list(read(collect())) == ["/a"]
