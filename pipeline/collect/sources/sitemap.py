"""The source ``sitemap``: the pages that a site's sitemaps name, each read for the article in it."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import unquote, urljoin, urlsplit

from pipeline.collect.extract import PageReading
from pipeline.collect.robots import Fetching, Robots
from pipeline.collect.source import Collection, KnownHash, Past, SourceState
from pipeline.collect.sources.sitemap_dates import believed, entry_date
from pipeline.collect.sources.sitemap_document import SitemapEntry
from pipeline.collect.sources.sitemap_memory import (
    Failed,
    Mark,
    Memory,
    day_of,
    digest,
    is_due,
    keep,
    mark_of,
    remembered,
    short,
)
from pipeline.collect.sources.sitemap_pages import Pages, Unreadable
from pipeline.collect.sources.sitemap_past import SitemapPast
from pipeline.collect.sources.sitemap_survey import Survey, Surveyor, host_of_site, names_sitemap
from pipeline.domain.article import Sighting
from pipeline.domain.canonical import canonical_url

_VERSION = 1
"""Of how pages are read: a higher one has all of them read again."""


@dataclass(slots=True)
class _Work:
    """The pages of one collection, by what has to be done: known ones, those to fetch in order, those passed over."""

    known: dict[str, str] = field(default_factory=dict)
    fetch: list[SitemapEntry] = field(default_factory=list)
    again: list[SitemapEntry] = field(default_factory=list)
    present: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapSource:
    """A site's pages by its sitemaps.

    ``url`` is a sitemap's, or the site's: of the latter only what is below its path counts.  ``sitemaps`` and ``pages``
    fetch, each within its limits.  ``include`` and ``exclude`` are patterns for the path (``*`` and ``?`` as in file
    names; ``*`` goes across slashes).  Of the newest ``max_pages`` pages, ``limit`` are fetched in one collection, the
    newest first; a page without a lastmod again after ``recheck``.  ``topics`` are added to the articles' own;
    ``language`` is theirs.  ``pause`` waits for seconds.
    """

    name: str
    url: str
    sitemaps: Fetching
    pages: Fetching
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int = 50
    max_pages: int = 1000
    recheck: timedelta = timedelta(days=30)
    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: tzinfo = UTC
    allow_private: bool = False
    pause: Callable[[float], object] = time.sleep

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        """Read the sitemaps, then the pages that are new or changed.

        Complete where every sitemap was read as a whole: a page that none names any longer was withdrawn.  News
        sitemaps never are: they name what is at most two days old.
        """
        memory = remembered(state, self.url, now)
        options = self._options()
        if memory.options != options:
            memory = replace(memory, options=options, full=None)
        robots = Robots(self.pages, now, allow_private=self.allow_private, kept=memory.robots)
        surveyor = Surveyor(self.name, self.url, self.sitemaps, robots, memory, now, allow_private=self.allow_private)
        survey = surveyor.survey()
        wanted = self._wanted(survey, now)
        work = self._planned(wanted, memory, known, now)
        pages = Pages(
            self.name,
            self.pages,
            robots,
            PageReading(topics=self.topics, language=self.language, timezone=self.timezone),
            survey.hosts,
            {_canonical(url) for url in survey.entries} if work.fetch or work.again else frozenset(),
            now,
            allow_private=self.allow_private,
            pause=self.pause,
        )
        return self._collection(survey, wanted, work, pages, memory, now)

    def backfill(self, past: Past) -> Collection:
        """What all sitemaps of the site name, where ``url`` is one that only names the newest pages."""
        options = self._options()
        ask = SitemapPast(
            name=self.name,
            url=urljoin(self.url, "/"),
            hosts={host_of_site(self.url)},
            wanted=self._may_be_article({host_of_site(self.url)}),
            mark=lambda entry: str(Mark(options=options, digest=_digest(entry), day=day_of(past.now))),
            reading=PageReading(topics=self.topics, language=self.language, timezone=self.timezone),
            sitemaps=self.sitemaps,
            pages=self.pages,
            allow_private=self.allow_private,
            pause=self.pause,
        )
        return ask(past)

    def _options(self) -> str:
        said = json.dumps([_VERSION, self.topics, self.language, str(self.timezone)])
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def _wanted(self, survey: Survey, now: datetime) -> list[SitemapEntry]:
        """The entries that may be articles, the newest first, then the undated in their order."""
        chosen = believed(list(filter(self._may_be_article(survey.hosts), survey.entries.values())), now)
        dates = {entry.url: entry_date(entry) for entry in chosen}
        return sorted(chosen, key=lambda entry: dates[entry.url] or datetime.min.replace(tzinfo=UTC), reverse=True)

    def _may_be_article(self, hosts: AbstractSet[str]) -> Callable[[SitemapEntry], bool]:
        include, exclude = _patterns(self.include), _patterns(self.exclude)
        below = _below(self.url)

        def may_be(entry: SitemapEntry) -> bool:
            parts = urlsplit(entry.url)
            path = unquote(parts.path) or "/"
            front = not parts.path.strip("/") and not parts.query
            return (
                (parts.hostname or "").removeprefix("www.") in hosts
                and path.startswith(f"{below}/")
                and (any(pattern.fullmatch(path) for pattern in include) if include else not front)
                and not any(pattern.fullmatch(path) for pattern in exclude)
            )

        return may_be

    def _planned(self, wanted: list[SitemapEntry], memory: Memory, known: KnownHash, now: datetime) -> _Work:
        work = _Work()
        # Older ones that were fetched when they were newer are still there.
        work.present.update(entry.url for entry in wanted[self.max_pages :])
        for entry in wanted[: self.max_pages]:
            said = _digest(entry)
            failed = memory.failed.get(entry.url)
            if failed and failed.digest == said and not is_due(failed.day, self.recheck, now):
                if not failed.gone:
                    work.present.add(entry.url)
                continue
            raw_hash = known(entry.url)
            mark = mark_of(raw_hash)
            if raw_hash is None or mark is None or mark.options != memory.options:
                work.fetch.append(entry)
                continue
            work.known[entry.url] = raw_hash
            if mark.digest != said and (entry.lastmod or entry.title):
                work.fetch.append(entry)
            elif not entry.lastmod and is_due(mark.day, self.recheck, now):
                work.again.append(entry)
        return work

    def _collection(
        self, survey: Survey, wanted: list[SitemapEntry], work: _Work, pages: Pages, memory: Memory, now: datetime
    ) -> Collection:
        sightings: list[Sighting] = []
        first = not memory.documents
        failed = {url: one for url, one in memory.failed.items() if not survey.complete or url in survey.entries}
        pending: set[str] = set()
        old = set(memory.old)
        for number, entry in enumerate([*work.fetch, *work.again]):
            result = pages.read(entry) if number < self.limit else None
            if result is None:
                pending.add(entry.url)
                continue
            failed.pop(entry.url, None)
            if isinstance(result, Unreadable):
                failed[entry.url] = Failed(digest=_digest(entry), day=day_of(now), gone=result.gone)
                if not result.gone:
                    work.present.add(entry.url)
                continue
            content, notes = result
            mark = Mark(options=memory.options, digest=_digest(entry), day=day_of(now))
            # What was there at the first collection is no news when its turn comes.
            backlog = first or short(entry.url) in old or _is_older(entry, memory.since)
            work.known.pop(entry.url, None)
            sightings.append(Sighting(key=entry.url, raw_hash=str(mark), content=content, notes=notes, backlog=backlog))
            old.discard(short(entry.url))
        if first:
            rest = [entry.url for entry in wanted if entry.url in pending or entry.url in work.present]
            undated = {entry.url for entry in wanted if not _is_older(entry, memory.since)}
            old.update(short(url) for url in rest if url in undated)
        unsettled = {survey.stands_in[url] for url in pending}
        documents = {
            name: replace(document, settled=document.settled and name not in unsettled)
            for name, document in survey.documents.items()
        }
        after = replace(
            memory,
            full=now if survey.full and survey.changed else memory.full,
            roots=survey.roots,
            documents=documents,
            failed=failed,
            old=frozenset(old),
            robots=pages.robots.to_keep(),
        )
        unchanged = [Sighting(key=url, raw_hash=raw_hash, content=None) for url, raw_hash in work.known.items()]
        return Collection(
            sightings=(*sightings, *unchanged),
            state=keep(after, self.url),
            complete=survey.complete and not survey.is_window,
            not_modified=not survey.changed,
            problems=(*survey.problems, *pages.problems),
            notes=tuple(pages.notes),
            failed=frozenset((work.present | pending) - work.known.keys()),
            poll_after=now + pages.wait if pages.wait else None if pending else survey.fresh_until,
            requests=survey.requests + pages.requests + pages.robots.requests,
            received=survey.received + pages.received + pages.robots.received,
            # Other sitemaps are no windows: what they don't name is not missing.
            reached=not survey.is_window,
        )


def _patterns(globs: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(fnmatch.translate(glob)) for glob in globs]


def _is_older(entry: SitemapEntry, since: datetime) -> bool:
    moment = entry_date(entry)
    return moment is not None and moment < since


def _digest(entry: SitemapEntry) -> str:
    return digest(entry.lastmod, entry.title, entry.published)


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except ValueError:
        return url


def _below(url: str) -> str:
    """The path that all pages of a site's part begin with, without the last slash."""
    if names_sitemap(url):
        return ""
    path = unquote(urlsplit(url).path).rstrip("/")
    return path.rpartition("/")[0] if "." in path.rpartition("/")[2] else path
