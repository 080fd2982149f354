"""What a window no longer shows, read from the pages that the site's sitemaps name."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pipeline.collect.extract import PageReading
from pipeline.collect.page_tree import NoArticle
from pipeline.collect.robots import Fetching, Robots
from pipeline.collect.source import Collection, Past, SourceState
from pipeline.collect.sources.sitemap_dates import believed, entry_date
from pipeline.collect.sources.sitemap_document import SitemapEntry
from pipeline.collect.sources.sitemap_memory import Memory
from pipeline.collect.sources.sitemap_pages import PageElsewhere, Pages, Unreadable
from pipeline.collect.sources.sitemap_survey import Survey, Surveyor
from pipeline.domain.article import Sighting
from pipeline.errors import InvalidSource, Problem

LIMIT = 50
"""How many pages are fetched at once."""

_DOCUMENTS = 20
_NO_LOSS = frozenset({NoArticle.code, PageElsewhere.code})


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapPast:
    """Asks the sitemaps of the site at ``url`` for pages that are newer than what is known.

    ``hosts`` are those whose pages count, without ``www.``; ``wanted`` tells whether an entry may be an article, and
    ``mark`` what is remembered of it as its raw hash.  ``sitemaps`` and ``pages`` fetch, each within its limits.
    """

    name: str
    url: str
    hosts: AbstractSet[str]
    wanted: Callable[[SitemapEntry], bool]
    mark: Callable[[SitemapEntry], str]
    reading: PageReading
    sitemaps: Fetching
    pages: Fetching
    allow_private: bool = False
    pause: Callable[[float], object] = time.sleep

    def __call__(self, past: Past) -> Collection:
        """The articles of pages that changed since then, were not shown before, and say that they were published since.

        A lastmod is believed unless it is the time at which the sitemap was made; what has none can't be told from what
        is old, and is left out, as are pages without a date.  Where anything is left out, ``reached`` is False.
        Raises `SourceError` where the sitemaps can't be read for now.
        """
        robots = Robots(self.pages, past.now, allow_private=self.allow_private)
        surveyor = Surveyor(
            self.name,
            self.url,
            self.sitemaps,
            robots,
            Memory(since=past.now),
            past.now,
            allow_private=self.allow_private,
            newer_than=past.since,
            most_documents=_DOCUMENTS,
        )
        try:
            survey = surveyor.survey()
        except InvalidSource:
            # There is none, or it is not for us.
            survey = surveyor.found
            survey.complete = False
        entries = [entry for entry in survey.entries.values() if self.wanted(entry)]
        entries = believed(entries, past.now)
        shown = past.shown(entry.url for entry in entries)
        entries = [entry for entry in entries if entry.url not in shown]
        dates = {entry.url: moment for entry in entries if (moment := entry_date(entry))}
        newer = sorted(
            (entry for entry in entries if entry.url in dates and dates[entry.url] >= past.since),
            key=lambda entry: dates[entry.url],
            reverse=True,
        )
        whole = survey.complete and len(dates) == len(entries) and len(newer) <= LIMIT
        return self._read(newer, survey, robots, past, whole=whole)

    def _read(
        self, newer: list[SitemapEntry], survey: Survey, robots: Robots, past: Past, *, whole: bool
    ) -> Collection:
        pages = Pages(
            self.name,
            self.pages,
            robots,
            self.reading,
            self.hosts,
            frozenset(),
            past.now,
            allow_private=self.allow_private,
            pause=self.pause,
        )
        sightings: list[Sighting] = []
        postponed = len(newer) > LIMIT
        for entry in newer[:LIMIT]:
            told = len(pages.problems), len(pages.notes)
            read = pages.read(entry)
            if read is None:
                postponed = True
                continue
            if isinstance(read, Unreadable):
                # That a page is no article, or gone, is no loss; that it may not be read is one.
                reasons = [*pages.problems[told[0] :], *pages.notes[told[1] :]]
                whole = whole and (read.gone or all(reason.code in _NO_LOSS for reason in reasons))
                continue
            content, notes = read
            if content.published is None:
                whole = False
            elif content.published >= past.since:
                sightings.append(Sighting(key=entry.url, raw_hash=self.mark(entry), content=content, notes=notes))
        return Collection(
            sightings=sightings,
            state=SourceState(),
            # The other way round it says nothing: pages are no row without holes.
            reached=whole and not postponed,
            again=postponed and bool(sightings),
            notes=(*self._remark(sightings), *pages.problems),
            requests=survey.requests + pages.requests + robots.requests,
            received=survey.received + pages.received + robots.received,
        )

    def _remark(self, sightings: list[Sighting]) -> tuple[Problem, ...]:
        if not sightings:
            return ()
        number = len(sightings)
        articles = "1 article that it no longer shows was" if number == 1 else f"{number} no longer shown were"
        what = f"{articles} read from the pages that the site's sitemap names."
        return (Problem(code="read-from-sitemap", where=f"source {self.name}", what=what),)
