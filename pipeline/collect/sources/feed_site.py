"""The site around a feed, and how it may be asked for what the feed no longer shows: WordPress' API, sitemaps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from pipeline.collect.extract import PageReading
from pipeline.collect.fetch import Response
from pipeline.collect.links import web_url
from pipeline.collect.page_links import page_links
from pipeline.collect.robots import Fetching
from pipeline.collect.source import Collection, Past, SourceState
from pipeline.collect.sources.feed_entry import RawFeed
from pipeline.collect.sources.sitemap_document import SitemapEntry
from pipeline.collect.sources.sitemap_past import SitemapPast
from pipeline.collect.sources.wordpress import WordPressSource
from pipeline.collect.sources.wordpress_api import ApiOff
from pipeline.errors import SourceUnavailable

_FEED_NAME = re.compile(
    r"(?:feeds?|rss2?|atom|rdf|newsfeed|index|xml|json|posts|default|wp-(?:rss2?|atom|rdf))"
    r"(?:\.(?:xml|rss|atom|rdf|json|php))?",
    re.IGNORECASE,
)
_FEED_QUERY = frozenset({"feed", "format", "alt", "type", "output"})
_NUMBER = re.compile(r"\d+")
_NOTHING = Collection(sightings=(), state=SourceState())


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSite:
    """Ways into the site of a feed.  ``sitemaps`` and ``pages`` fetch, each within its limits.

    ``topics`` are added to the articles' own; ``language`` is theirs; ``timezone`` is that of times without a zone.
    """

    name: str
    sitemaps: Fetching
    pages: Fetching
    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: tzinfo = UTC
    allow_private: bool = False

    def by_wordpress(self, feed: RawFeed, response: Response, past: Past) -> Collection:
        """What the API of WordPress has, where the feed shows signs of it; else nothing."""
        folder = _folder(feed, response)
        links = page_links(response)
        if folder is None or not links.is_wordpress:
            return _NOTHING
        root = links.api if links.api and _host(links.api) == _host(response.url) else None
        site = WordPressSource(
            self.name,
            root or urljoin(response.url, place_of(response.url) or "/"),
            self.sitemaps,
            topics=self.topics,
            language=self.language,
            allow_private=self.allow_private,
        )
        try:
            shown = site.backfill(past)
        except SourceUnavailable as error:
            if isinstance(error.__cause__, ApiOff):
                return _NOTHING
            raise
        # What the feed showed stays as the feed has it.
        known = past.shown(seen.key for seen in shown.sightings)
        return replace(shown, sightings=[seen for seen in shown.sightings if seen.key not in known])

    def by_sitemap(self, feed: RawFeed, response: Response, past: Past) -> Collection:
        """What the site's sitemaps name; see `SitemapPast`."""
        url, folder = response.url, _folder(feed, response)
        if folder is None:
            return _NOTHING
        host = _host(url)

        def is_wanted(entry: SitemapEntry) -> bool:
            parts = urlsplit(entry.url)
            path = unquote(parts.path)
            return _host(entry.url) == host and path.startswith(folder) and bool(path.strip("/") or parts.query)

        ask = SitemapPast(
            name=self.name,
            url=urljoin(url, "/"),
            hosts={host},
            wanted=is_wanted,
            mark=lambda entry: hashlib.sha256(f"sitemap {entry.url} {entry.lastmod}".encode()).hexdigest(),
            reading=PageReading(topics=self.topics, language=self.language, timezone=self.timezone),
            sitemaps=self.sitemaps,
            pages=self.pages,
            allow_private=self.allow_private,
        )
        return ask(past)


def _folder(feed: RawFeed, response: Response) -> str | None:
    links = [url for entry in feed.entries if entry.link and (url := web_url(entry.link, response.url))]
    return part_of_site(response.url, [url for url in links if _host(url) == _host(response.url)])


def place_of(feed: str) -> str | None:
    """The part of a site that a feed's own address names; None where that is a selection (``?category=3``)."""
    parts = urlsplit(feed)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.lower() not in _FEED_QUERY or "comment" in value.lower() for name, value in query):
        return None
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    while segments and _FEED_NAME.fullmatch(segments[-1]):
        segments.pop()
    return "".join(f"/{segment}" for segment in segments) + "/"


def part_of_site(feed: str, links: Sequence[str]) -> str | None:
    """The path that all articles of a site begin with whose feed is at ``feed`` and leads to ``links``.

    None where the feed may be a selection that no path tells: of a category, of an author, of comments.
    """
    place, below = place_of(feed), _common(links)
    if place is None or not (place == "/" or below.startswith(place)):
        return None
    return below


def _common(links: Sequence[str]) -> str:
    """The directory that all links are in, up to the first that is a number: those are dates."""
    paths = [unquote(urlsplit(link).path).split("/")[1:-1] for link in links]
    folder = "/"
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1 or _NUMBER.fullmatch(names[0]):
            break
        folder += f"{names[0]}/"
    return folder


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
