"""Fetching the pages that a sitemap names, as many as one collection may."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Collection as Some
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from pipeline.collect.extract import PAGE_TYPES, Hints, PageReading, extract_article
from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.hosts import SPACING
from pipeline.collect.page_tree import NoArticle
from pipeline.collect.robots import Fetching, Robots, RobotsForbid
from pipeline.collect.sources.sitemap_document import SitemapEntry
from pipeline.domain.article import Content
from pipeline.domain.canonical import canonical_url
from pipeline.errors import InvalidSource, Problem, SourceError, SourceGone, SourceUnavailable

_PATIENCE = timedelta(minutes=5)
"""How long one collection waits altogether for the sake of Crawl-delay."""
_HOPELESS = 3
"""After so many pages in a row that the server had no answer for, it is left alone until the next time."""
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class PageElsewhere(InvalidSource):
    """The page is on a site that is not the source's."""

    code = "page-elsewhere"


_NOT_FOR_US = frozenset({NoArticle.code, PageElsewhere.code, RobotsForbid.code})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A page without an article, or that the server refuses: asking again soon is of no use."""

    gone: bool = False


@dataclass(slots=True)
class Pages:
    """One collection's fetching.  ``hosts`` are those whose pages count; ``canonical`` the pages that it knows of.

    What it could not read is in ``problems``, what is no article for us in ``notes``.  ``stopped`` says that nothing
    more is asked this time; ``wait`` how long the server wants to be left alone.
    """

    name: str
    fetcher: Fetching
    robots: Robots
    reading: PageReading
    hosts: Some[str]
    canonical: Some[str]
    now: datetime
    allow_private: bool = False
    pause: Callable[[float], object] = time.sleep
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    stopped: bool = False
    wait: timedelta | None = None
    requests: int = 0
    received: int = 0
    _hopeless: int = 0
    _waited: timedelta = field(default_factory=timedelta)
    _asked: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)

    def read(self, entry: SitemapEntry) -> tuple[Content, tuple[str, ...]] | Unreadable | None:
        """The article of a page with notes; None where it must wait for another time."""
        if self.stopped:
            return None
        if not self.robots.allow(entry.url):
            return self._forbidden(entry.url)
        answer = self._asked_for(entry.url) if self._took_time(entry.url) else None
        if not isinstance(answer, Response):
            return answer
        self._hopeless = 0
        return self._extracted(answer, entry)

    def _forbidden(self, url: str) -> Unreadable | None:
        if failure := self.robots.failure(url):
            self._stop(url, f"its robots.txt can't be fetched ({failure.what.rstrip('.')}), so nothing was requested.")
            return None
        self._note(url, Problem(code=RobotsForbid.code, where="", what="the site's robots.txt forbids it."))
        return Unreadable()

    def _asked_for(self, url: str) -> Response | Unreadable | None:
        try:
            return self._fetched(url)
        except SourceUnavailable as error:
            return self._unavailable(url, error)
        except SourceGone as error:
            self._note(url, error.problem)
            return Unreadable(gone=True)
        except SourceError as error:
            self._note(url, error.problem)
            return Unreadable()

    def _took_time(self, url: str) -> bool:
        """Keep the distance that the host's Crawl-delay wants; the fetcher keeps one of its own."""
        host = urlsplit(url).netloc
        delay = self.robots.delay(url) - (timedelta() if self.allow_private else SPACING)
        if host not in self._asked or delay <= timedelta():
            self._asked.add(host)
            return True
        if self._waited + delay > _PATIENCE:
            self.stopped = True
            return False
        self._waited += delay
        self.pause(delay.total_seconds())
        return True

    def _fetched(self, url: str) -> Response:
        self.requests += 1
        answer = self.fetcher.get(
            url, accept=PAGE_TYPES, allow_private=self.allow_private, on_redirect=self._follow, now=self.now
        )
        self.requests += answer.requests - 1
        self.received += answer.received
        return answer

    def _follow(self, url: str) -> None:
        if (urlsplit(url).hostname or "").removeprefix("www.") not in self.hosts:
            raise PageElsewhere(f"it leads to another site: {shown_url(url)}.")
        self.robots.require(url)

    def _unavailable(self, url: str, error: SourceUnavailable) -> Unreadable | None:
        refused = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        if refused and error.status not in _LATER:
            self._note(url, error.problem)
            return Unreadable()
        self._hopeless += 1
        if error.status in _LATER or error.retry_after or self._hopeless >= _HOPELESS:
            self.wait = error.retry_after
            self._stop(url, f"{error.what.rstrip('.')}; the pages that are left come later.")
        else:
            self._note(url, error.problem)
        return None

    def _extracted(self, answer: Response, entry: SitemapEntry) -> tuple[Content, tuple[str, ...]] | Unreadable:
        hints = Hints(
            title=entry.title,
            published=entry.published,
            updated=entry.lastmod,
            language=entry.language,
            topics=entry.topics,
            picture=entry.picture,
        )
        try:
            content, notes = extract_article(answer, self.reading, self.now, hints)
        except NoArticle as error:
            self._note(entry.url, error.problem)
            return Unreadable()
        except Exception as error:  # noqa: BLE001 - one bad page never costs the others
            what = f"this page can't be read: {error!r:.200}."
            self._note(entry.url, Problem(code="article-unreadable", where="", what=what))
            return Unreadable()
        own, is_at = canonical_url(entry.url), canonical_url(content.url or entry.url)
        if is_at in self._read or (is_at != own and is_at in self.canonical):
            # It says itself that it is another page's double: in print, with a filter, in its old place.
            return Unreadable()
        self._read.add(is_at)
        return content, notes

    def _stop(self, url: str, what: str) -> None:
        self.stopped = True
        self.problems.append(Problem(code="pages-postponed", where=self._where(url), what=what))

    def _note(self, url: str, problem: Problem) -> None:
        mend = problem.mend if problem.code == NoArticle.code else ""
        told = Problem(code=problem.code, where=self._where(url), what=problem.what, mend=mend)
        # Sitemaps name pages of all kinds: that one is no article for us is no failure.
        (self.notes if problem.code in _NOT_FOR_US else self.problems).append(told)

    def _where(self, url: str) -> str:
        return f"source {self.name}, {shown_url(url)}"
