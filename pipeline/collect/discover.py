"""Finding the sources that a web address leads to: its own document, what its page names, and the usual places."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from pipeline.collect.candidates import Candidate, CandidateKind, Facts, is_comments, ranked
from pipeline.collect.fetch import FEED_TYPES, Response
from pipeline.collect.links import web_url
from pipeline.collect.page_links import PageLinks, page_links
from pipeline.collect.probes import api_title, posts_facts, posts_url, sitemap_facts
from pipeline.collect.same_address import same_site, url_key
from pipeline.errors import InvalidSource, SourceError, SourceUnavailable

FeedReader = Callable[[Response, datetime], Facts]
"""Reads a document as a feed; raises `pipeline.errors.InvalidSource` where it is none."""

WELL_KNOWN = (
    "feed/", "feed", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json", "rss/", "feed.atom",
    "feeds/posts/default", ".well-known/feed",
)  # fmt: skip
_BELOW = 6
"""How many of these places are also looked for below the page, where that isn't the site's first."""
_MOST_FEEDS = 10
_MOST_SITEMAPS = 3
_PAGE_TYPES = f"text/html, application/xhtml+xml, {FEED_TYPES}"
_SITEMAP_LINE = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Asking(Protocol):
    """What discovery needs of `pipeline.collect.fetch.Fetcher`."""

    def get(self, url: str, *, accept: str, allow_private: bool, now: datetime) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What an address leads to: ``title`` is the site's, ``candidates`` the best first, ``requests`` what it cost."""

    url: str
    title: str
    candidates: tuple[Candidate, ...]
    requests: int


def discover(
    url: str,
    fetcher: Asking,
    read_feed: FeedReader,
    *,
    now: datetime,
    kinds: Collection[CandidateKind] = frozenset(CandidateKind),
    allow_private: bool = False,
    max_requests: int = 30,
    progress: Callable[[str], object] = lambda _: None,
) -> Discovery:
    """Look for sources behind ``url``, in ``max_requests`` at most; ``progress`` is told each address.

    ``url`` may come without its scheme.  ``kinds`` are those that are looked for, feeds always.  Raises SourceError
    where the address itself can't be fetched.
    """
    search = _Search(fetcher, read_feed, now, allow_private, max_requests, progress)
    asked, page = search.first(url)
    start = search.as_feed(page, page.moved_to or asked, "the address itself")
    if start:
        # Its page may name better ones; that of another site is not what was asked about.
        home = web_url(start.facts.home or urljoin(page.url, "/"), page.url)
        page = (search.get(home, _PAGE_TYPES) if home and same_site(home, page.url) else None) or page
    links = page_links(page)
    if CandidateKind.WORDPRESS in kinds and links.is_wordpress:
        search.wordpress(links.api or urljoin(page.url, "/wp-json/"))
    search.linked_feeds(links)
    if not search.has_articles(CandidateKind.FEED):
        search.usual_places(page.url)
    if CandidateKind.SITEMAP in kinds:
        search.sitemaps(page.url)
    found = ranked(search.found.values())
    if start and _is_selection(start, found):
        found = (start, *(one for one in found if one is not start))
    title = next((one.facts.title for one in found if one.facts.title and not one.comments), links.title)
    return Discovery(url=page.url, title=title, candidates=found, requests=search.requests)


def _is_selection(start: Candidate, found: Collection[Candidate]) -> bool:
    """Whether the feed that was asked about is that of a part of a site whose API would show everything."""
    home = start.facts.home
    sites = [url_key(one.url) for one in found if one.kind is CandidateKind.WORDPRESS]
    return bool(home and sites) and url_key(home or "") not in sites


@dataclass(slots=True)
class _Search:
    """One call of `discover`: what was found, and what it may still ask."""

    fetcher: Asking
    read_feed: FeedReader
    now: datetime
    allow_private: bool
    max_requests: int
    progress: Callable[[str], object]
    requests: int = 0
    found: dict[str, Candidate] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _silent: set[str | None] = field(default_factory=set)

    def first(self, url: str) -> tuple[str, Response]:
        """The address that was asked about, and its document; https is tried before http where neither was said."""
        written = url.strip()
        if "@" in written.partition("://")[2].partition("/")[0] or "@" in written.partition("/")[0]:
            what = "the address holds a user name or a password, which no source can be given."
            raise InvalidSource(what, where=written.rpartition("@")[2])
        if "://" in written:
            return written, self._request(written, _PAGE_TYPES)
        try:
            return f"https://{written}", self._request(f"https://{written}", _PAGE_TYPES)
        except SourceUnavailable as error:
            if error.status is not None:
                raise
            return f"http://{written}", self._request(f"http://{written}", _PAGE_TYPES)

    def get(self, url: str, accept: str = FEED_TYPES) -> Response | None:
        """A document, if there is one.  Nothing is asked twice, nor a host that gave no answer or wants to rest."""
        host = urlsplit(url).hostname
        if url in self._asked or host in self._silent or self.requests >= self.max_requests:
            return None
        try:
            return self._request(url, accept)
        except SourceUnavailable as error:
            if error.status is None or error.status in _BUSY:
                self._silent.add(host)
        except SourceError:
            pass
        return None

    def _request(self, url: str, accept: str) -> Response:
        self.progress(url)
        self._asked.add(url)
        self.requests += 1
        response = self.fetcher.get(url, accept=accept, allow_private=self.allow_private, now=self.now)
        self._asked.add(response.url)
        return response

    def has_articles(self, kind: CandidateKind) -> bool:
        return any(one.kind is kind and one.facts.entries and not one.comments for one in self.found.values())

    def as_feed(self, response: Response, url: str, found: str, title: str = "") -> Candidate | None:
        """The document as a candidate, if it is a feed.  ``title`` is that of the link to it."""
        try:
            facts = self.read_feed(response, self.now)
        except InvalidSource:
            return None
        return self._keep(CandidateKind.FEED, url, found, facts, title)

    def linked_feeds(self, links: PageLinks) -> None:
        """The feeds that the page names; those of comments last, for the requests are counted."""
        named = sorted(links.feeds, key=lambda link: is_comments(link.url, link.title))
        for link in named[:_MOST_FEEDS]:
            self._feed(link.url, link.found, link.title)

    def usual_places(self, page: str) -> None:
        for url in _usual_places(page):
            found = self._feed(url, "well-known address")
            if found and found.facts.entries and not found.comments:
                return

    def wordpress(self, api: str) -> None:
        """The articles of a WordPress site; many have their API switched off."""
        root = self.get(api)
        named = api_title(root) if root else None
        if root is None or named is None:
            return
        title, home = named
        posts = self.get(posts_url(root.url))
        facts = posts_facts(posts, title) if posts else None
        if facts:
            site = home if home and same_site(home, root.url) else urljoin(root.url, "/")
            self._keep(CandidateKind.WORDPRESS, site, "WordPress", facts)

    def sitemaps(self, page: str) -> None:
        robots = self.get(urljoin(page, "/robots.txt"), "text/plain, */*;q=0.5")
        named = [
            web_url(raw.decode(errors="replace"), page) for raw in _SITEMAP_LINE.findall(robots.body if robots else b"")
        ]
        found = "robots.txt" if named else "well-known address"
        for url in list(dict.fromkeys(named or [urljoin(page, "/sitemap.xml")]))[:_MOST_SITEMAPS]:
            response = self.get(url, "application/xml, text/xml, */*;q=0.5") if url else None
            facts = sitemap_facts(response) if response else None
            if url and facts:
                self._keep(CandidateKind.SITEMAP, url, found, facts)

    def _feed(self, url: str, found: str, title: str = "") -> Candidate | None:
        response = self.get(url)
        # Where a redirect that isn't permanent leads may be elsewhere tomorrow.
        return self.as_feed(response, response.moved_to or url, found, title) if response else None

    def _keep(self, kind: CandidateKind, url: str, found: str, facts: Facts, title: str = "") -> Candidate:
        comments = is_comments(url, facts.title, title)
        candidate = Candidate(kind=kind, url=url, found=found, facts=facts, comments=comments)
        return self.found.setdefault(f"{kind} {url_key(url)}", candidate)


def _usual_places(page: str) -> Iterator[str]:
    """Below the page, then below the site's root."""
    directory = urlsplit(page)._replace(query="", fragment="")
    below = directory.geturl() if directory.path.endswith("/") else f"{directory.geturl()}/"
    root = urljoin(page, "/")
    if below != root and "." not in directory.path.rpartition("/")[2]:
        yield from (urljoin(below, place) for place in WELL_KNOWN[:_BELOW])
    yield from (urljoin(root, place) for place in WELL_KNOWN)
