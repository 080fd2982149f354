"""Reading all sitemaps of a site: where they are, what they name, and what of it is news."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from pipeline.collect.dates import parse_date
from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.links import web_url
from pipeline.collect.robots import Fetching, Robots, RobotsForbid
from pipeline.collect.sources.sitemap_document import SitemapDocument, SitemapEntry, parse_sitemap
from pipeline.collect.sources.sitemap_memory import Document, Memory
from pipeline.errors import InvalidSource, Problem, SourceError, SourceGone, SourceUnavailable

XML_TYPES = "application/xml, text/xml;q=0.9, application/gzip;q=0.8, text/plain;q=0.7, */*;q=0.1"

_WELL_KNOWN = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_IS_SITEMAP = re.compile(r"sitemap|\.(?:xml|txt|gz)$", re.IGNORECASE)
_DEEPEST = 3
_MOST_DOCUMENTS = 100
_MOST_ENTRIES = 100_000
_DAY = _FULL_EVERY = timedelta(days=1)


@dataclass(slots=True)
class Survey:
    """What the sitemaps name: entries by address, each with the sitemap it stands in.

    ``complete`` tells that all of them were read as a whole; ``changed`` that any was.  ``hosts`` are those whose pages
    count.
    """

    entries: dict[str, SitemapEntry] = field(default_factory=dict)
    stands_in: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    roots: tuple[str, ...] = ()
    complete: bool = True
    changed: bool = False
    full: bool = False
    hosts: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    fresh_until: datetime | None = None
    requests: int = 0
    received: int = 0

    @property
    def is_window(self) -> bool:
        """Whether only news sitemaps were read, which name no page that is more than two days old (Google News)."""
        return bool(self.entries) and all(entry.published for entry in self.entries.values())


def names_sitemap(url: str) -> bool:
    """Whether an address is that of a sitemap, not that of a site."""
    return bool(_IS_SITEMAP.search(urlsplit(url).path))


@dataclass(slots=True)
class Surveyor:
    """One reading of a source's sitemaps.  ``name`` is the source's, ``url`` what it was configured with.

    At most ``most_documents`` are read; of those that an index names, none that it says did not change since
    ``newer_than``.
    """

    name: str
    url: str
    fetcher: Fetching
    robots: Robots
    memory: Memory
    now: datetime
    allow_private: bool = False
    newer_than: datetime | None = None
    most_documents: int = _MOST_DOCUMENTS
    found: Survey = field(default_factory=Survey)

    def survey(self) -> Survey:
        """Read them: those that can't have changed since they were read are passed over, but once a day all are read.

        Raises `SourceError` where there is none to read.
        """
        found = self.found
        found.full = self.memory.full is None or self.now - self.memory.full >= _FULL_EVERY
        found.hosts.add(host_of_site(self.url))
        if names_sitemap(self.url):
            found.roots = (self.url,)
            self._read(self.url, "", 0, is_root=True)
        elif named := self._named():
            found.roots = named
            self._read_all(named)
        else:
            found.roots = (self._well_known(),)
        found.complete = found.complete and bool(found.entries)
        return found

    def _named(self) -> tuple[str, ...]:
        """Those that robots.txt names; those of the last time where that is not long ago."""
        if self.memory.roots and not self.found.full:
            return self.memory.roots
        named = (web_url(written, urljoin(self.url, "/")) for written in self.robots.sitemaps(self.url))
        return tuple(dict.fromkeys(filter(None, named)))[:_MOST_DOCUMENTS]

    def _read_all(self, roots: tuple[str, ...]) -> None:
        failure: SourceError | None = None
        read = 0
        for root in roots:
            try:
                self._read(root, "", 0, is_root=True)
                read += 1
            except SourceError as error:
                failure = error
                self._failed(root, error)
        if failure is not None and not read:
            raise failure

    def _well_known(self) -> str:
        for path in _WELL_KNOWN:
            root = urljoin(self.url, path)
            try:
                self._read(root, "", 0, is_root=True)
            except SourceError as error:
                if not _is_elsewhere(error):
                    raise
            else:
                return root
        tried = ", ".join(_WELL_KNOWN)
        what = f"no sitemap was found: robots.txt names none, and there is none at {tried}."
        raise InvalidSource(what, where=shown_url(self.url), mend="Give the address of the sitemap itself as url.")

    def _read(self, url: str, lastmod: str, depth: int, *, is_root: bool = False) -> None:
        found, before = self.found, self.memory.documents.get(url, Document())
        if url in found.documents:
            return
        if len(found.documents) >= self.most_documents:
            found.complete = False
            return
        quick = before.settled and not found.full
        if quick and not is_root and lastmod and lastmod == before.lastmod:
            found.documents[url] = before
            found.complete = False
            self._descend(before.children, depth)
            return
        answer = self._fetched(url, before if quick else Document())
        if answer.not_modified:
            found.documents[url] = Document(
                etag=answer.etag,
                last_modified=answer.last_modified,
                lastmod=lastmod,
                settled=True,
                children=before.children,
            )
            # What an index says is known; what stands in a list of pages was not read again.
            found.complete = found.complete and bool(before.children)
            self._descend(before.children, depth)
            return
        document = parse_sitemap(answer.body, answer.url, shown_url(url))
        found.changed = True
        found.documents[url] = Document(
            etag=answer.etag,
            last_modified=answer.last_modified,
            lastmod=lastmod,
            settled=True,
            children=document.children,
        )
        if is_root:
            found.hosts.add(host_of_site(answer.url))
            if answer.fresh_until:
                found.fresh_until = min(answer.fresh_until, found.fresh_until or answer.fresh_until)
        self._add(document, url)
        self._descend(document.children, depth)

    def _fetched(self, url: str, before: Document) -> Response:
        try:
            self.robots.require(url)
        except RobotsForbid as error:
            error.mend = "Ask its owner to allow it, or take the source out of the configuration."
            raise
        self.found.requests += 1
        answer = self.fetcher.get(
            url,
            etag=before.etag,
            last_modified=before.last_modified,
            accept=XML_TYPES,
            allow_private=self.allow_private,
            on_redirect=self.robots.require,
            now=self.now,
        )
        self.found.requests += answer.requests - 1
        self.found.received += answer.received
        return answer

    def _add(self, document: SitemapDocument, url: str) -> None:
        found = self.found
        if not document.whole:
            found.complete = False
            what = "not all of this sitemap could be read; what could be was used."
            found.problems.append(
                Problem(code="sitemap-malformed", where=self._where(url), what=what, mend="Tell the site's owner.")
            )
        for entry in document.entries:
            if len(found.entries) >= _MOST_ENTRIES:
                found.complete = False
                return
            if entry.url not in found.entries:
                found.entries[entry.url] = entry
                found.stands_in[entry.url] = url

    def _descend(self, children: tuple[tuple[str, str], ...], depth: int) -> None:
        if children and depth >= _DEEPEST:
            self.found.complete = False
            return
        # The newest first, for the case that there are more than are read.
        for child, lastmod in sorted(children, key=lambda one: one[1], reverse=True):
            changed = parse_date(lastmod) if self.newer_than else None
            if self.newer_than and changed and changed < self.newer_than - _DAY:
                continue
            try:
                self._read(child, lastmod, depth + 1)
            except SourceError as error:
                self._failed(child, error)

    def _failed(self, url: str, error: SourceError) -> None:
        self.found.complete = False
        problem = error.problem
        self.found.problems.append(
            Problem(code=problem.code, where=self._where(url), what=problem.what, mend=problem.mend)
        )

    def _where(self, url: str) -> str:
        return f"source {self.name}, {shown_url(url)}"


def _is_elsewhere(error: SourceError) -> bool:
    """Whether the answer means that there is no sitemap at that address."""
    if isinstance(error, SourceUnavailable):
        status = error.status
        return status is not None and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.TOO_MANY_REQUESTS
    return isinstance(error, InvalidSource | SourceGone)


def host_of_site(url: str) -> str:
    """The host of a web address, without ``www.``."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
