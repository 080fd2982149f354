"""What a web page, and the headers it came with, say about where its articles can be had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree
from requests.utils import parse_header_links

from pipeline.collect.clean import clean_text
from pipeline.collect.crowding import is_crowded
from pipeline.collect.fetch import Response
from pipeline.collect.links import web_url
from pipeline.collect.same_address import same_site, url_key

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_MAYBE_FEED_TYPES = frozenset({"application/xml", "text/xml", "application/json"})
_API = "https://api.w.org/"
_WORDPRESS = re.compile(rb"/wp-(?:content|includes|json)/|wordpress\.org/\?v=|\bWordPress [1-9]", re.IGNORECASE)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feeds?|rss|atom|newsfeed|rdf)(?:/|$)|\.(?:rss|atom|rdf)$|(?:feed|rss|atom)[\w-]*\.(?:xml|json|php|rdf)$"
    r"|(?:^|/)index\.(?:xml|rdf)$",
    re.IGNORECASE,
)
_FEED_WORD = re.compile(r"(?:\W|^)(?:rss|atom|(?:news|web|json)?feeds?)(?:\W|$)", re.IGNORECASE)
_READ = 3_000_000
_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A link that may lead to a feed.  ``found`` says in what it stands, in words."""

    url: str
    title: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """``title`` is the page's; ``api`` the root of WordPress's API, where it is named; ``is_wordpress`` a guess."""

    title: str = ""
    feeds: tuple[FeedLink, ...] = ()
    api: str | None = None
    is_wordpress: bool = False


def page_links(response: Response) -> PageLinks:
    """Read a page (HTML, RFC 8288 Link headers).  What can't be read names nothing."""
    headers = list(_header_links(response.headers, response.url))
    feeds = [
        FeedLink(url=url, title=link.get("title", ""), found="Link header")
        for url, link in headers
        if "alternate" in link.get("rel", "").lower().split() and _is_feed_type(link.get("type", ""), url)
    ]
    api = next((url for url, link in headers if link.get("rel") == _API), None)
    root = _parsed(response)
    title = ""
    if root is not None:
        base = urljoin(response.url, next(iter(_attributes(root, "base", "href")), ""))
        title = _title(root)
        api = api or next((url for rel, url in _rels(root, base) if rel == _API), None)
        feeds += [*_alternates(root, base), *_anchors(root, base)]
    distinct: dict[str, FeedLink] = {}
    for feed in feeds:
        distinct.setdefault(url_key(feed.url), feed)
    return PageLinks(
        title=title,
        feeds=tuple(distinct.values())[:_MOST],
        api=api,
        is_wordpress=api is not None or bool(_WORDPRESS.search(response.body[:_READ])),
    )


def _parsed(response: Response) -> etree._Element | None:
    kind = response.content_type
    if kind and "html" not in kind and not kind.startswith("text/"):
        return None
    if is_crowded(response.body[:_READ]):
        return None
    parser = etree.HTMLParser(encoding=response.charset, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(response.body[:_READ], parser)
    except (etree.XMLSyntaxError, LookupError, ValueError):
        return None


def _title(root: etree._Element) -> str:
    """The site's name where the page tells it, else the page's title."""
    names = [
        element.get("content", "") for element in root.iter("meta") if element.get("property", "") == "og:site_name"
    ]
    titles = ["".join(map(str, element.itertext())) for element in root.iter("title")]
    return next((text for text in map(clean_text, map(str, (*names, *titles))) if text), "")


def _attributes(root: etree._Element, tag: str, name: str) -> Iterator[str]:
    return (str(element.get(name)) for element in root.iter(tag) if element.get(name))


def _rels(root: etree._Element, base: str) -> Iterator[tuple[str, str]]:
    for element in root.iter("link"):
        if url := web_url(str(element.get("href") or ""), base):
            yield str(element.get("rel") or "").strip().lower(), url


def _alternates(root: etree._Element, base: str) -> Iterator[FeedLink]:
    for element in root.iter("link"):
        rels = str(element.get("rel") or "").lower().split()
        kind = str(element.get("type") or "")
        url = web_url(str(element.get("href") or ""), base)
        if not url or not {"alternate", "feed"} & set(rels):
            continue
        untyped = not kind and (
            "feed" in rels or (not element.get("hreflang") and _FEED_PATH.search(urlsplit(url).path))
        )
        if untyped or _is_feed_type(kind, url):
            yield FeedLink(url=url, title=clean_text(str(element.get("title") or "")), found="link in the page's head")


def _anchors(root: etree._Element, base: str) -> Iterator[FeedLink]:
    """Links for people; only those that stay on the site, for readers' "subscribe here" pages look the same."""
    for element in root.iter("a"):
        written = str(element.get("href") or "").strip()
        url = web_url(re.sub(r"\Afeed:(?://)?(?=https?:)|\Afeed:(?=//)", "", written, flags=re.IGNORECASE), base)
        if not url or not (same_site(url, base) or (urlsplit(url).hostname or "").startswith(("feeds.", "feed."))):
            continue
        label = clean_text(" ".join(map(str, (element.get("title") or "", *element.itertext()))))
        kind = str(element.get("type") or "")
        typed = kind.partition(";")[0].strip().lower() in FEED_TYPES
        parts = urlsplit(url)
        if typed or _FEED_PATH.search(parts.path) or (_FEED_WORD.search(label) and len(label) < _MOST):
            yield FeedLink(url=url, title=label[:100], found="link in the page")


def _is_feed_type(written: str, url: str) -> bool:
    kind = written.partition(";")[0].strip().lower()
    # WordPress names each page's record in its API as an alternate in JSON.
    return kind in FEED_TYPES or (kind in _MAYBE_FEED_TYPES and "wp-json" not in url and "rest_route" not in url)


def _header_links(headers: Mapping[str, str], base: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    value = headers.get("link", "")
    try:
        links = parse_header_links(value) if value else []
    except ValueError:
        return
    for link in links:
        if url := web_url(link.get("url", ""), base):
            yield url, link
