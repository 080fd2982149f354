"""What a web address leads to."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collect.candidates import Candidate, CandidateKind
from pipeline.collect.discover import WELL_KNOWN, Discovery, discover
from pipeline.collect.fetch import Response
from pipeline.collect.links import web_url
from pipeline.collect.page_links import page_links
from pipeline.collect.probes import posts_url
from pipeline.collect.same_address import same_site, url_key
from pipeline.collect.sources.feed_facts import feed_facts
from pipeline.errors import InvalidSource, SourceGone, SourceUnavailable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOME = "https://blog.example.org/"
WHOLE = f"<p>{'Ein ganzer Satz über kleine Modelle. ' * 50}</p>"
HTML = "text/html"


class Web:
    """Documents by address, and what was asked for."""

    def __init__(self, documents: Mapping[str, Answer] | None = None) -> None:
        self.documents = {web_url(path, HOME): answer for path, answer in (documents or {}).items()}
        self.asked: list[str] = []

    def get(self, url: str, *, accept: str, allow_private: bool, now: datetime) -> Response:
        self.asked.append(url)
        answer = self.documents.get(url, 404)
        if isinstance(answer, Response):
            return answer
        if answer == 410:
            raise SourceGone("gone", where=url)
        if answer is None or isinstance(answer, int):
            raise SourceUnavailable("no", where=url, status=answer)
        return page(answer, url)

    def discover(self, url: str = HOME, **options: object) -> Discovery:
        return discover(url, self, feed_facts, now=NOW, **options)  # type: ignore[arg-type]


def page(body: str | bytes, url: str = HOME, **rest: object) -> Response:
    data = body if isinstance(body, bytes) else body.encode()
    return Response(status=200, url=url, body=data, **rest)  # type: ignore[arg-type]


def rss(title: str = "Blog", *, whole: bool = True, items: int = 2, home: str = HOME) -> str:
    encoded = f"<content:encoded><![CDATA[{WHOLE}]]></content:encoded>" if whole else ""
    entries = "".join(
        f"<item><title>A{number}</title><link>{HOME}{number}</link><description>Kurz gesagt […]</description>{encoded}"
        f"<pubDate>Tue, 0{number} Nov 2026 10:00:00 GMT</pubDate></item>"
        for number in range(1, items + 1)
    )
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{title}</title><link>{home}</link>{entries}</channel></rss>"
    )


def head(*links: str) -> str:
    return f"<!doctype html><html><head><title>Der Blog</title>{''.join(links)}</head><body></body></html>"


def link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title><entry><id>urn:x:1</id><title>T</title>'
    f'<updated>2026-11-03T10:00:00Z</updated><content type="html"><![CDATA[{WHOLE}]]></content></entry></feed>'
)
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", "content_html": WHOLE}]}
)
Answer = Response | str | bytes | int | None
WORDPRESS: Mapping[str, Answer] = {
    "/": head('<link rel="https://api.w.org/" href="/wp-json/">', link("/feed/")),
    "/feed/": rss(),
    "/wp-json/": json.dumps(
        {"name": "Blog &amp; mehr", "home": HOME.rstrip("/"), "namespaces": ["oembed/1.0", "wp/v2"]}
    ),
    posts_url(f"{HOME}wp-json/"): page(
        json.dumps(
            [
                {
                    "date_gmt": "2026-11-20T10:00:00",
                    "content": {"rendered": WHOLE},
                    "excerpt": {"rendered": "<p>Kurz</p>"},
                }
            ]
        ),
        headers={"x-wp-total": "321"},
    ),
}
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://blog.example.org/1</loc>'
    "<lastmod>2026-11-02</lastmod></url><url><loc>https://blog.example.org/2</loc></url></urlset>"
)


def urls(found: Discovery) -> list[str]:
    return [one.url for one in found.candidates]


def only(found: Discovery) -> Candidate:
    (candidate,) = found.candidates
    return candidate


def test_feeds_that_a_page_names_are_read_and_the_best_comes_first() -> None:
    web = Web(
        {
            "/": head(
                link("/comments/feed/", title="Kommentar-Feed"),
                link("teaser.xml"),
                link("/empty.xml"),
                link("/full.xml"),
                link("/broken.xml"),
                link("/en/", "text/html"),
            ),
            "/comments/feed/": rss("Kommentare zu Blog"),
            "/teaser.xml": rss(whole=False),
            "/full.xml": rss("Blog, ganz"),
            "/empty.xml": rss(items=0),
            "/broken.xml": "<html>",
        }
    )
    found = web.discover()
    assert urls(found) == [f"{HOME}{path}" for path in ("full.xml", "teaser.xml", "empty.xml", "comments/feed/")]
    best = found.candidates[0].facts
    assert (best.form, best.title, best.entries, best.full_text) == ("RSS", "Blog, ganz", 2, True)
    assert best.newest == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert [one.facts.full_text for one in found.candidates] == [True, False, None, True]
    assert found.candidates[-1].comments
    assert found.title == "Blog, ganz"
    assert found.requests == len(web.asked) == len(set(web.asked))
    assert not any(url.endswith("/rss.xml") for url in web.asked), "the usual places, where the page names a feed"


@pytest.mark.parametrize(
    ("body", "form"),
    [(rss(), "RSS"), (ATOM, "Atom"), (JSON_FEED, "JSON Feed"), (f"<?xml version='1.0'?><!-- <rss> -->{ATOM}", "Atom")],
)
def test_an_address_that_is_a_feed_itself_is_found(body: str, form: str) -> None:
    found = Web({"/some/feed": body}).discover(f"{HOME}some/feed")
    assert only(found).facts.form == form
    assert only(found).found == "the address itself"
    assert only(found).facts.full_text is True


def test_the_page_of_a_feed_may_name_a_better_one() -> None:
    web = Web({"/teaser": rss(whole=False), "/": head(link("/full"), link("/teaser")), "/full": rss()})
    assert urls(web.discover(f"{HOME}teaser")) == [f"{HOME}full", f"{HOME}teaser"]
    assert web.asked.count(f"{HOME}teaser") == 1


def test_the_page_of_a_feed_on_another_site_is_not_asked() -> None:
    web = Web({"/feed": rss(home="https://elsewhere.example.com/")})
    web.discover(f"{HOME}feed")
    assert all(url.startswith(HOME) for url in web.asked)


def test_wordpress_is_better_than_its_feed() -> None:
    found = Web(WORDPRESS).discover()
    assert [one.kind for one in found.candidates] == [CandidateKind.WORDPRESS, CandidateKind.FEED]
    site = found.candidates[0]
    assert site.url == HOME.rstrip("/")
    assert (site.facts.title, site.facts.entries, site.facts.full_text) == ("Blog & mehr", 321, True)
    assert site.facts.newest == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_wordpress_is_found_by_a_header_and_by_its_files() -> None:
    api = {path: answer for path, answer in WORDPRESS.items() if path not in {"/", "/feed/"}}
    named = page(head(), headers={"link": f'<{HOME}wp-json/>; rel="https://api.w.org/"'})
    assert only(Web({**api, "/": named}).discover()).kind is CandidateKind.WORDPRESS
    files = head('<link rel="stylesheet" href="/wp-content/themes/x/style.css">')
    assert only(Web({**api, "/": files}).discover()).kind is CandidateKind.WORDPRESS


def test_an_api_without_pretty_addresses_is_found() -> None:
    api = f"{HOME}?rest_route=/"
    assert posts_url(api).startswith(f"{HOME}?rest_route=/wp/v2/posts&per_page=")
    web = Web(
        {
            "/": head(f'<link rel="https://api.w.org/" href="{api}">'),
            api: WORDPRESS["/wp-json/"],
            posts_url(api): WORDPRESS[posts_url(f"{HOME}wp-json/")],
        }
    )
    assert only(web.discover()).kind is CandidateKind.WORDPRESS


@pytest.mark.parametrize("answer", [401, "<html>", "{}", '{"namespaces": []}', "[" * 100_000])
def test_an_api_that_is_switched_off_costs_nothing_but_a_request(answer: str | int) -> None:
    web = Web({**WORDPRESS, "/wp-json/": answer})
    assert urls(web.discover()) == [f"{HOME}feed/"]


def test_kinds_that_are_not_wanted_are_not_asked_for() -> None:
    web = Web({**WORDPRESS, "/sitemap.xml": SITEMAP})
    assert urls(web.discover(kinds={CandidateKind.FEED})) == [f"{HOME}feed/"]
    assert web.asked == [HOME, f"{HOME}feed/"]


def test_the_feed_of_a_part_stays_the_best_where_it_was_asked_for() -> None:
    part = rss("Blog: KI", home=f"{HOME}category/ki/")
    web = Web({**WORDPRESS, "/category/ki/feed/": part, "/category/ki/": WORDPRESS["/"]})
    assert urls(web.discover(f"{HOME}category/ki/feed/"))[0] == f"{HOME}category/ki/feed/"
    assert urls(web.discover(f"{HOME}feed/"))[0] == HOME.rstrip("/")


def test_the_usual_places_are_tried_below_the_page_and_below_the_site() -> None:
    web = Web({"/news": head(), "/atom.xml": ATOM})
    found = only(web.discover(f"{HOME}news"))
    assert (found.url, found.found) == (f"{HOME}atom.xml", "well-known address")
    assert web.asked[:3] == [f"{HOME}news", f"{HOME}news/feed/", f"{HOME}news/feed"]
    assert web.asked.index(f"{HOME}feed/") > web.asked.index(f"{HOME}news/rss")
    assert f"{HOME}feed.xml" not in web.asked, "the search ends with the first"


def test_a_page_that_is_shown_for_every_address_is_no_feed() -> None:
    web = Web({"/": head(), **{f"/{path}": head() for path in (*WELL_KNOWN, "robots.txt", "sitemap.xml")}})
    assert web.discover().candidates == ()


def test_sitemaps_are_found_by_robots_txt_or_at_their_usual_place() -> None:
    robots = f"User-agent: *\nSitemap: {HOME}a.xml\r\nsitemap:/b.xml.gz\n#Sitemap: /c.xml\n"
    index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>x</loc></sitemap></sitemapindex>'
    web = Web({"/": head(), "/robots.txt": robots, "/a.xml": SITEMAP, "/b.xml.gz": gzip.compress(index.encode())})
    first, second = web.discover().candidates
    assert (first.kind, first.facts.form, first.facts.entries) == (CandidateKind.SITEMAP, "Sitemap", 2)
    assert first.facts.newest == datetime(2026, 11, 2, tzinfo=UTC)
    assert (second.facts.form, second.facts.entries, second.found) == ("Sitemap index", 1, "robots.txt")
    usual = only(Web({"/": head(), "/sitemap.xml": SITEMAP}).discover())
    assert usual.url == f"{HOME}sitemap.xml"


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><urlset><url/></urlset>',
        "<urlset><url>",
        b"\x1f\x8bnot gzip",
        gzip.compress(b"\0" * 100_000_000, mtime=0),
    ],
)
def test_a_sitemap_that_is_broken_or_hostile_is_none(body: str | bytes) -> None:
    assert Web({"/": head(), "/sitemap.xml": body}).discover().candidates == ()


@pytest.mark.parametrize(
    ("element", "named"),
    [
        (link("/a", "application/atom+xml; charset=utf-8"), "/a"),
        (link("//cdn.example.org/a"), "https://cdn.example.org/a"),
        ("<LINK REL='Alternate' TYPE='application/feed+json' HREF='a'>", "/a"),
        ("<link rel=feed href=/a>", "/a"),
        ("<link rel=alternate href=/rss.xml>", "/rss.xml"),
        ("<link rel=alternate hreflang=en href=/feed>", None),
        (link("/wp-json/wp/v2/posts/1", "application/json"), None),
        (link("/feed.json", "application/json"), "/feed.json"),
        (link("/oembed", "application/json+oembed"), None),
        (link("javascript:x"), None),
        ("<a href='/blog/rss/'>hier</a>", "/blog/rss/"),
        ("<a href='/x'>RSS-Feed</a>", "/x"),
        ("<a href='feed://blog.example.org/x.rss'>x</a>", "/x.rss"),
        ("<a href='https://feeds.feedburner.com/x'>Feed</a>", "https://feeds.feedburner.com/x"),
        ("<a href='https://feedly.com/i/subscription/feed/x'>Feed</a>", None),
        ("<a href='/feedback'>Feedback</a>", None),
        ("<a href='/about'>Über uns</a>", None),
        ("<base href='https://cdn.example.org/x/'><link rel=feed href=a>", "https://cdn.example.org/x/a"),
    ],
)
def test_links_to_feeds_are_told_from_others(element: str, named: str | None) -> None:
    found = [feed.url for feed in page_links(page(head(element), content_type=HTML)).feeds]
    assert found == ([web_url(named, HOME)] if named else [])


def test_headers_name_feeds_too() -> None:
    value = '</a>; rel="alternate"; type="application/atom+xml"; title="A", </b>; rel=next, <bad'
    (feed,) = page_links(page(b"%PDF", content_type="application/pdf", headers={"link": value})).feeds
    assert (feed.url, feed.title, feed.found) == (f"{HOME}a", "A", "Link header")


def test_an_address_without_a_scheme_is_tried_with_https_then_with_http() -> None:
    assert Web({"/feed": rss()}).discover("blog.example.org/feed").candidates
    web = Web({f"{HOME}feed": None, "http://blog.example.org/feed": rss()})
    assert urls(web.discover("blog.example.org/feed")) == ["http://blog.example.org/feed"]
    with pytest.raises(SourceUnavailable):
        Web({}).discover("blog.example.org")


@pytest.mark.parametrize("url", ["https://me:secret@blog.example.org/", "me:secret@blog.example.org"])
def test_an_address_with_a_secret_in_it_is_not_asked(url: str) -> None:
    web = Web()
    with pytest.raises(InvalidSource) as caught:
        web.discover(url)
    assert "secret" not in str(caught.value)
    assert web.asked == []


@pytest.mark.parametrize("answer", [None, 403, 404, 500])
def test_an_address_that_can_not_be_fetched_is_an_error(answer: int | None) -> None:
    with pytest.raises(SourceUnavailable):
        Web({"/": answer}).discover()


@pytest.mark.parametrize("answer", [None, 429, 503])
def test_a_host_that_is_silent_or_wants_to_rest_is_not_asked_again(answer: int | None) -> None:
    web = Web({"/": head(link("/a"), link("/b"), link("https://feeds.example.net/c")), "/a": answer})
    web.discover()
    assert web.asked == [HOME, f"{HOME}a", "https://feeds.example.net/c"]


def test_the_number_of_requests_is_bounded() -> None:
    web = Web({"/x/y": head(*(link(f"/{number}") for number in range(500)), "<p>/wp-content/</p>")})
    found = web.discover(f"{HOME}x/y")
    assert found.requests == len(web.asked) <= 30
    assert web.discover(f"{HOME}x/y", max_requests=4).requests == 4


def test_one_feed_under_two_addresses_is_there_once() -> None:
    moved = page(rss(), f"{HOME}feed/", moved_to=f"{HOME}feed/")
    web = Web({"/": head(link("/feed"), link("/old"), link("/feed/?utm_source=x")), "/feed": moved, "/old": moved})
    assert urls(web.discover()) == [f"{HOME}feed/"]


def test_a_redirect_for_the_moment_is_not_kept() -> None:
    web = Web({"/": head(link("/feed")), "/feed": page(rss(), "https://cdn.example.net/1234")})
    assert urls(web.discover()) == [f"{HOME}feed"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.example.org/a", "http://example.org", True),
        ("https://blog.example.org/", "https://example.org/", True),
        ("https://example.org/", "https://example.com/", False),
        ("https://badexample.org/", "https://example.org/", False),
        ("mailto:x", "https://example.org/", False),
    ],
)
def test_sites_are_compared_by_their_hosts(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert same_site(one, other) is same_site(other, one) is same


@given(st.text(max_size=80))
def test_any_text_has_a_key(text: str) -> None:
    assert url_key(text) == url_key(text)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_page_that_may_name_nothing(noise: bytes) -> None:
    web = Web({"/": noise, "/robots.txt": noise, "/sitemap.xml": noise, "/feed/": noise, "/wp-json/": noise})
    assert web.discover().requests <= 30


def test_a_page_nested_without_an_end_costs_little() -> None:
    began = time.monotonic()
    Web({"/": b"<div>" * 400_000 + link("/feed").encode()}).discover()
    assert time.monotonic() - began < 5
