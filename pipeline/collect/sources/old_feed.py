"""A feed that ours replaces: all of its entries with their ids, from all of its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.links import web_url
from pipeline.collect.sources.feed_content import Reading, article_content
from pipeline.collect.sources.feed_entry import RawEntry, RawFeed
from pipeline.collect.sources.feed_xml import parse_xml
from pipeline.collect.sources.jsonfeed import is_json, parse_json
from pipeline.domain.adoption import OldEntry
from pipeline.errors import Problem, SourceError

MAX_PAGES = 2_000
MAX_BYTES = 256 * 1024 * 1024
"""Of all pages together: what is in them is in memory until the end."""
_GHOST_PAGE = re.compile(r"/(?:(\d+)/)?$")
_WORDPRESS_FEED = re.compile(r"/feed(?:/(?:atom|rss2?|rdf))?/?$|[?&]feed=")


class Asking(Protocol):
    """What this needs of `pipeline.collect.fetch.Fetcher`."""

    def get(self, url: str, *, allow_private: bool, now: datetime) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFeed:
    """What was read.  ``id`` is the feed's own (Atom), ``pages`` how many documents there were.

    ``problems`` are entries that could not be read, and pages that could not be had.
    """

    url: str
    format: str
    title: str
    id: str | None
    entries: tuple[OldEntry, ...]
    pages: int = 1
    problems: tuple[Problem, ...] = ()


def read_old_feed(
    url: str,
    fetcher: Asking,
    *,
    now: datetime,
    timezone: tzinfo,
    allow_private: bool = False,
    progress: Callable[[str], object] = lambda _: None,
    max_bytes: int = MAX_BYTES,
) -> OldFeed:
    """All entries of the feed at ``url``: its archives and pages (RFC 5005), JSON Feed's, WordPress's, Ghost's.

    Raises SourceError where the first page can't be read.  A later one ends it; it is a problem if the feed named it.
    """
    first: OldFeed | None = None
    size = 0
    seen: set[str] = set()
    known: set[str] = set()
    address, named = url, True
    while True:
        progress(address)
        seen.add(address)
        try:
            response = fetcher.get(address, allow_private=allow_private, now=now)
            raw = _parsed(response)
            size += len(response.body)
        except SourceError as error:
            if first is None:
                raise
            # A page that was guessed and isn't there is the end of the feed.
            return replace(first, problems=(*first.problems, error.problem)) if named else first
        page = _page(raw, response.url, timezone, now)
        fresh = tuple(entry for entry in page.entries if entry.id not in known)
        known.update(entry.id for entry in fresh)
        if first is None:
            first = replace(page, url=shown_url(url))
        elif fresh or named:
            more = (*first.problems, *page.problems)
            first = replace(first, entries=(*first.entries, *fresh), pages=first.pages + 1, problems=more)
        following = _named_page(raw, response.url) or (_guessed_page(raw, address) if fresh else None)
        if following is None or following in seen:
            return first
        if len(seen) >= MAX_PAGES or size >= max_bytes:
            bound = f"{MAX_PAGES} pages" if size < max_bytes else f"{max_bytes:,} bytes"
            what = f"it has more than {bound}; the older pages were not read."
            return replace(first, problems=(*first.problems, Problem(code="feed-import", where=first.url, what=what)))
        address, named = following, _named_page(raw, response.url) is not None


def read_saved_feed(body: bytes, *, where: str, now: datetime, timezone: tzinfo) -> OldFeed:
    """The entries of a document that was kept of a feed, or that WordPress has exported (WXR).  Raises SourceError."""
    response = Response(status=200, url="http://localhost/", body=body)
    return replace(_page(_parsed(response, where), response.url, timezone, now), url=where)


def _parsed(response: Response, where: str | None = None) -> RawFeed:
    place = where or shown_url(response.url)
    if is_json(response.body, response.content_type):
        return parse_json(response.body, where=place)
    return parse_xml(response.body, url=response.url, charset=response.charset, where=place)


def _page(raw: RawFeed, url: str, timezone: tzinfo, now: datetime) -> OldFeed:
    home = raw.home if raw.from_home else None
    reading = Reading(url=url, home=home, feed_language=raw.language, timezone=timezone)
    problems = [Problem(code="feed-import", where=f"{url}, {place}", what=why) for place, why in raw.unreadable]
    entries: list[OldEntry] = []
    for found in _entries(raw, reading, now):
        if isinstance(found, OldEntry):
            entries.append(found)
        else:
            problems.append(found)
    return OldFeed(
        url=url,
        format=raw.format,
        title=" ".join((raw.title or "").split()),
        id=raw.id,
        entries=tuple(entries),
        problems=tuple(problems),
    )


def _entries(raw: RawFeed, reading: Reading, now: datetime) -> Iterator[OldEntry | Problem]:
    for number, entry in enumerate(raw.entries, 1):
        try:
            content, _ = article_content(entry, reading, now)
        except ValueError:
            # There is nothing in it; its id may be an article's all the same, but which one nobody can say.
            what = "it has neither title nor text nor link."
            yield Problem(code="feed-import", where=f"{reading.url}, entry {number}", what=what)
            continue
        if id_ := _id(entry):
            yield OldEntry(format=raw.format, id=id_, content=content, named=entry.id is not None)


def _id(entry: RawEntry) -> str | None:
    return (entry.id or entry.link or "").strip() or None


def _named_page(raw: RawFeed, url: str) -> str | None:
    return web_url(raw.previous, url) if raw.previous else None


def _guessed_page(raw: RawFeed, address: str) -> str | None:
    """The next page of generators that have pages and don't say so."""
    generator = (raw.generator or "").lower()
    parts = urlsplit(address)
    if "wordpress" in generator or _WORDPRESS_FEED.search(f"{parts.path}?{parts.query}".rstrip("?")):
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        query["paged"] = str(int(page) + 1 if (page := query.get("paged", "1")).isdigit() else 2)
        return urlunsplit(parts._replace(query=urlencode(query)))
    if "ghost" in generator and (match := _GHOST_PAGE.search(parts.path)):
        return urlunsplit(parts._replace(path=f"{parts.path[: match.start()]}/{int(match[1] or 1) + 1}/"))
    return None
