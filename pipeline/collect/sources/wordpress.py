"""The source ``wordpress``: a site's posts by its REST API; by its feed where that is switched off."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.collect.source import Collection, KnownHash, Past, SourceState
from pipeline.collect.sources.feed import FeedSource
from pipeline.collect.sources.feed_content import Reading, article_content
from pipeline.collect.sources.wordpress_api import PER_PAGE, Api, ApiOff, Failed, Fetching, Page
from pipeline.collect.sources.wordpress_memory import Memory, keep, remembered
from pipeline.collect.sources.wordpress_post import Row, is_protected, raw_entry, read_row, sha256, shortened
from pipeline.collect.sources.wordpress_spool import Spool
from pipeline.collect.sources.wordpress_survey import BY_DATE, MOST_PAGES, Survey, changed_since, survey
from pipeline.domain.article import Sighting
from pipeline.errors import Problem, SourceError, SourceUnavailable

_TRY_LOST = timedelta(hours=1)
_TRY_NEVER_SEEN = timedelta(days=1)
_PASSING = timedelta(days=1)
"""For so long what the API said of an article stays, though the feed says less: else each failure revised it twice."""
_MEND = "Ask the site's owner to allow /wp-json/wp/v2/posts, or make the source's type \"feed\"."


@dataclass(frozen=True, slots=True)
class WordPressSource:
    """A WordPress site.  ``topics`` are added to its articles' own; ``language`` is theirs.

    ``url`` is any page of the site, or the address of its API.  ``allow_private`` lets it be in our own network.
    ``per_page`` is how many posts are asked for at once, 100 at most.
    """

    name: str
    url: str
    fetcher: Fetching
    topics: tuple[str, ...] = ()
    language: str | None = None
    allow_private: bool = False
    per_page: int = PER_PAGE

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        """What is new, edited or gone: two light requests where that is nothing, one where all fits on a page.

        Complete where all posts were listed.  Only what ``known`` has another hash for is read whole.
        """
        memory = remembered(state, self.url)
        api = Api(self.fetcher, self.allow_private, now, self.per_page)
        if memory.off and memory.tried and now - memory.tried < _patience(memory):
            return self._by_feed(api, memory, known)
        memory, page = self._reach(api, memory)
        if isinstance(page, ApiOff):
            return self._by_feed(api, replace(memory, off=memory.off or now, tried=now), known, page, memory.off)
        found = survey(api, memory.root or "", page, memory, lambda key: known(key) is not None)
        if memory.edited is None:
            floor = _floor(page, found, known, None if state.asked is None else now)
            found = replace(found, memory=replace(found.memory, floor=floor))
        return self._collection(api, found, known, memory.edited)

    def backfill(self, past: Past) -> Collection:
        """All posts that were published or edited since then.  Raises `SourceUnavailable` where the API is off."""
        since, now = past.since, past.now
        api = Api(self.fetcher, self.allow_private, now, self.per_page)
        memory, page = self._reach(api, Memory())
        if isinstance(page, ApiOff):
            what = f"older articles can't be asked for: {page.what}"
            raise SourceUnavailable(what, where=page.where, mend=_MEND) from page
        rows = changed_since(api, memory.root or "", since)
        stamps = [row.modified for row in rows.values() if row.modified and row.modified <= now]
        memory = replace(memory, edited=max(stamps, default=since))
        found = Survey(rows=rows, complete=False, memory=memory)
        return replace(self._collection(api, found, past.known, since), reached=True)

    def _reach(self, api: Api, memory: Memory) -> tuple[Memory, Page | ApiOff]:
        """Find the API and ask it for the newest posts; where that can't be, why, and where the feed is."""
        if memory.root:
            try:
                return replace(memory, off=None, tried=None), api.page(memory.root, 1, **BY_DATE)
            except ApiOff:
                pass  # it may have moved
        site = api.discover(self.url)
        memory = replace(memory, feed=site.feed)
        reasons = []
        for root in site.roots:
            try:
                page = api.page(root, 1, **BY_DATE)
            except ApiOff as error:
                reasons.append(error)
            else:
                return replace(memory, root=root, off=None, tried=None), page
        return memory, reasons[0]

    def _by_feed(
        self,
        api: Api,
        memory: Memory,
        known: KnownHash,
        off: ApiOff | None = None,
        before: datetime | None = None,
    ) -> Collection:
        """What the site's feed shows.  That the API is off is told once: where it was not ``before``."""
        url = memory.feed or self.url
        feed = FeedSource(
            self.name,
            url,
            self.fetcher,
            topics=self.topics,
            language=self.language,
            allow_private=self.allow_private,
        )
        try:
            shown = feed.collect(memory.feed_state, known, api.now)
        except SourceError as error:
            if off is None:
                raise
            error.what = f"the REST API of WordPress can't be used: {off.what} Nor can its feed {url}: {error.what}"
            error.mend = error.mend or _MEND
            raise
        if memory.edited and memory.off and api.now - memory.off < _PASSING:
            shown = replace(shown, sightings=[_as_known(sighting, known) for sighting in shown.sightings])
        told: tuple[Problem, ...] = ()
        if off and before is None:
            what = (
                f"the REST API of WordPress can't be used: {off.what} The site's feed is read instead: it shows only "
                "the newest articles, few edits, and no withdrawals."
            )
            told = (Problem(code="wordpress-api-off", where=f"source {self.name}", what=what, mend=_MEND),)
        return replace(
            shown,
            state=keep(replace(memory, feed=url, feed_state=shown.state), self.url),
            problems=(*told, *shown.problems),
            requests=api.requests + shown.requests,
            received=api.received + shown.received,
        )

    def _collection(self, api: Api, found: Survey, known: KnownHash, before: datetime | None) -> Collection:
        collected = _Collected(self, api, found, known)
        collected.read()
        closed = sum(row.protected and _is_after(row.modified, before) for row in found.rows.values())
        who = (
            "one of its posts has a password and is"
            if closed == 1
            else f"{closed} of its posts have a password and are"
        )
        note = Problem(code="wordpress-password", where=f"source {self.name}", what=f"{who} left out.")
        return Collection(
            sightings=collected.sightings,
            state=keep(found.memory, self.url),
            complete=found.complete,
            problems=(*self._remarks(found), *collected.problems),
            failed=frozenset(collected.failed),
            notes=(note,) if closed else (),
            requests=api.requests,
            received=api.received,
        )

    def _remarks(self, found: Survey) -> list[Problem]:
        where = f"source {self.name}"
        remarks = []
        if found.too_many:
            what = f"it has more posts than can be listed ({MOST_PAGES:,} pages); the oldest are left out."
            remarks.append(Problem(code="wordpress-too-many", where=where, what=what))
        if found.shrunk:
            what = "more than half of its posts are gone at once. They are withdrawn if that is still so next time."
            remarks.append(Problem(code="wordpress-shrunk", where=where, what=what, mend="Look at the site."))
        return remarks


@dataclass(slots=True)
class _Collected:
    """Reads what was listed: the known as known, the others whole."""

    source: WordPressSource
    api: Api
    found: Survey
    known: KnownHash
    sightings: Spool = field(default_factory=Spool)
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    def read(self) -> None:
        keys = _keys(self.found.rows)
        wanted = []
        for row in self.found.rows.values():
            if row.protected:
                continue
            stored = self.known(keys[row.id])
            digest = self._digest(row)
            if stored == digest:
                self.sightings.append(Sighting(key=keys[row.id], raw_hash=digest, content=None))
            elif stored is not None or self._is_wanted(row):
                wanted.append(row.id)
        for post in self.api.posts(self.found.memory.root or "", wanted):
            if isinstance(post, Failed):
                self._fail(keys[post.id], post.why)
            elif (read := read_row(post)) and not is_protected(post):
                self._read(keys[read.id], read, post)

    def _read(self, key: str, row: Row, post: Mapping[str, Any]) -> None:
        source = self.source
        reading = Reading(url=source.url, language=source.language, topics=source.topics, timezone=UTC)
        try:
            content, notes = article_content(raw_entry(post), reading, self.api.now)
        except Exception as error:  # noqa: BLE001 - one bad article never costs the others
            self._fail(key, f"{error}.")
            return
        self.sightings.append(Sighting(key=key, raw_hash=self._digest(row), content=content, notes=notes))

    def _fail(self, key: str, why: str) -> None:
        where = f"source {self.source.name}, {key}"
        self.problems.append(Problem(code="article-unreadable", where=where, what=f"this post can't be read: {why}"))
        self.failed.add(key)

    def _digest(self, row: Row) -> str:
        # How posts are understood is part of it: other topics in the configuration reach known articles.
        return sha256(f"{row.digest} {json.dumps([self.source.language, self.source.topics])}")

    def _is_wanted(self, row: Row) -> bool:
        floor = self.found.memory.floor
        return floor is None or row.published is None or row.published >= floor


def _as_known(sighting: Sighting, known: KnownHash) -> Sighting:
    stored = known(sighting.key)
    return sighting if stored is None else replace(sighting, raw_hash=stored, content=None)


def _keys(rows: Mapping[int, Row]) -> dict[int, str]:
    """A key for each post: its guid; where several have the same, after an import, with the link or the number."""
    times = Counter(row.key for row in rows.values())
    keys = {id_: row.key if times[row.key] == 1 else shortened(f"{row.key} {row.link}") for id_, row in rows.items()}
    times = Counter(keys.values())
    return {id_: key if times[key] == 1 else f"wp:{id_}" for id_, key in keys.items()}


def _floor(page: Page, found: Survey, known: KnownHash, otherwise: datetime | None) -> datetime | None:
    """From when on articles are wanted that were never collected, of a source that had been collected in another way.

    Its archive would count as new, and go to mail.  So: what is among the known ones of the newest page, or else since
    the newest known one.  Where none is known, it is ``otherwise``: None for a source that is new.
    """
    for rows, choose in ((page.rows, min), (found.rows.values(), max)):
        if dates := [row.published for row in rows if row.published and known(row.key) is not None]:
            return choose(dates)
    return otherwise


def _is_after(moment: datetime | None, before: datetime | None) -> bool:
    return before is None or (moment is not None and moment > before)


def _patience(memory: Memory) -> timedelta:
    """How long an API that is off is not looked at again."""
    return _TRY_NEVER_SEEN if memory.root is None else _TRY_LOST
