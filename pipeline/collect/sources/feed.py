"""The source ``feed``: an RSS, Atom or JSON Feed document over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from pipeline.collect.apart import READING
from pipeline.collect.clean import clean_text
from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.collect.links import web_url
from pipeline.collect.source import Backfill, Collection, KnownHash, Past, SourceState
from pipeline.collect.sources.feed_archive import read_back
from pipeline.collect.sources.feed_content import NothingToShow, Reading, article_content
from pipeline.collect.sources.feed_entry import RawEntry, RawFeed
from pipeline.collect.sources.feed_xml import parse_xml
from pipeline.collect.sources.jsonfeed import is_json, parse_json
from pipeline.domain.article import Sighting
from pipeline.errors import Problem

_LONGEST_KEY = 500


class Fetching(Protocol):
    """What a feed needs of `pipeline.collect.fetch.Fetcher`."""

    def get(
        self, url: str, *, etag: str | None, last_modified: str | None, allow_private: bool, now: datetime
    ) -> Response: ...


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed.  ``topics`` are added to its articles' own; ``language`` is theirs, whatever the feed says.

    ``allow_private`` lets its address be one of our own network; ``timezone`` is that of times without a zone.
    ``context`` names what else decides what becomes of the entries: with another one, all are read anew.  ``beyond``
    tells of a feed how its site may be asked for what the feed no longer shows.
    """

    name: str
    url: str
    fetcher: Fetching
    topics: tuple[str, ...] = ()
    language: str | None = None
    allow_private: bool = False
    timezone: tzinfo = UTC
    context: str = ""
    beyond: Callable[[RawFeed, Response], tuple[Backfill, ...]] | None = None

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        """One request; then the entries that it showed, cleaned where ``known`` has another hash for them."""
        if state.asked not in (None, self.url):
            state = SourceState()
        response = self.fetcher.get(
            self._address(state),
            etag=state.etag,
            last_modified=state.last_modified,
            allow_private=self.allow_private,
            now=now,
        )
        after = SourceState(
            asked=self.url,
            etag=response.etag,
            last_modified=response.last_modified,
            moved_to=response.moved_to or state.moved_to,
        )
        if response.not_modified:
            return _paid(Collection(sightings=(), state=after, not_modified=True), response)
        return READING(partial(self._read, response, after, known, now))

    def _read(self, response: Response, after: SourceState, known: KnownHash, now: datetime) -> Collection:
        feed = self._parsed(response)
        collection = _paid(self._collection(feed, response.url, after, known, now), response)
        return replace(collection, older=self._ways(feed, response))

    def _ways(self, feed: RawFeed, response: Response) -> tuple[Backfill, ...]:
        """How what came before may be had."""
        previous = web_url(feed.previous, response.url) if feed.previous else None
        pages = (partial(self._older, previous),) if previous else ()
        return (*pages, *(self.beyond(feed, response) if self.beyond else ()))

    def _older(self, address: str, past: Past) -> Collection:
        """The older pages that the feed leads to."""
        known, now = past.known, past.now

        def read(page: str) -> tuple[Collection, str | None]:
            response = self.fetcher.get(page, etag=None, last_modified=None, allow_private=self.allow_private, now=now)
            feed = self._parsed(response)
            collection = self._collection(feed, response.url, SourceState(), known, now)
            return _paid(collection, response), web_url(feed.previous, response.url) if feed.previous else None

        return read_back(read, address, past.since)

    def _address(self, state: SourceState) -> str:
        """Where it moved to for good, unless credentials belong to the old address."""
        return self.url if state.moved_to is None or "@" in urlsplit(self.url).netloc else state.moved_to

    def _parsed(self, response: Response) -> RawFeed:
        where = shown_url(response.url)
        if is_json(response.body, response.content_type):
            return parse_json(response.body, where=where)
        return parse_xml(response.body, url=response.url, charset=response.charset, where=where)

    def _collection(self, feed: RawFeed, url: str, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        reading = Reading(
            url=url,
            home=feed.home if feed.from_home else None,
            language=self.language,
            feed_language=feed.language,
            topics=self.topics,
            timezone=self.timezone,
        )
        where = f"source {self.name}"
        problems = [
            Problem(code="article-unreadable", where=f"{where}, {place}", what=why) for place, why in feed.unreadable
        ]
        if feed.flaw:
            problems.append(Problem(code="feed-malformed", where=where, what=feed.flaw, mend="Tell the feed's owner."))
        sightings: list[Sighting] = []
        failed: set[str] = set()
        remarks: list[Problem] = []
        # How entries are understood is part of what was read: other topics in the configuration reach known articles.
        more_context = [self.context] if self.context else []
        context = json.dumps([self.language or feed.language, self.topics, str(self.timezone), *more_context])
        for key, entry, read, notes in keyed(feed.entries):
            digest = _sha256(f"{read} {context}")
            if known(key) == digest:
                sightings.append(Sighting(key=key, raw_hash=digest, content=None, notes=notes))
                continue
            try:
                content, more = article_content(entry, reading, now)
            except NothingToShow as error:
                # No article is lost with it: a placeholder, or a tombstone.
                remarks.append(Problem(code="article-note", where=f"{where}, {key}", what=f"{error}."))
                failed.add(key)
                continue
            except Exception as error:  # noqa: BLE001 - one bad article never costs the others
                what = f"this entry can't be read: {error}."
                problems.append(Problem(code="article-unreadable", where=f"{where}, {key}", what=what))
                failed.add(key)
                continue
            sightings.append(Sighting(key=key, raw_hash=digest, content=content, notes=(*notes, *more)))
        if feed.remark:
            remarks.append(Problem(code="feed-note", where=where, what=feed.remark))
        return Collection(
            sightings=sightings,
            state=state,
            problems=tuple(problems),
            failed=frozenset(failed),
            notes=tuple(remarks),
            remark=feed.flaw or feed.remark,
        )


def _paid(collection: Collection, response: Response) -> Collection:
    """With what the answer cost, and how long it is fresh."""
    return replace(collection, poll_after=response.fresh_until, requests=response.requests, received=response.received)


def keyed(entries: Sequence[RawEntry]) -> list[tuple[str, RawEntry, str, tuple[str, ...]]]:
    """The entries, each with a key of its own before it, and its digest and notes behind it.

    The key is the entry's id, else its link, else a digest of what it says.  Where entries share one, it is qualified:
    by the link, the title, at last the digest of all, so that none hides another.  An entry that is there twice, the
    same in everything, is there once.
    """
    distinct = {entry.digest(): entry for entry in entries}
    keys = plain = [_key(entry) for entry in distinct.values()]
    for qualifier in (_link, _title, None):
        shared = _repeated(keys)
        keys = [
            f"{key} {qualifier(entry) if qualifier else digest}".strip() if key in shared else key
            for key, (digest, entry) in zip(keys, distinct.items(), strict=True)
        ]
    ambiguous = _repeated(plain)
    note = "its id is also that of other entries; more was added to tell them apart."
    return [
        (
            key if len(key) <= _LONGEST_KEY else f"sha256:{_sha256(key)}",
            entry,
            digest,
            (note,) if was in ambiguous else (),
        )
        for key, was, (digest, entry) in zip(keys, plain, distinct.items(), strict=True)
    ]


def _key(entry: RawEntry) -> str:
    said = "\n".join(text.value for text in (entry.title, entry.content) if text)
    return clean_text(entry.id or "") or _link(entry) or f"sha256:{_sha256(said)}"


def _link(entry: RawEntry) -> str:
    return clean_text(entry.link or "")


def _title(entry: RawEntry) -> str:
    return clean_text(entry.title.value if entry.title else "")


def _repeated(keys: Iterable[str]) -> set[str]:
    return {key for key, times in Counter(keys).items() if times > 1}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
