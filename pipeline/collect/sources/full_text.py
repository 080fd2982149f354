"""Feeds that are cut short, made whole: the page of an entry that is only a teaser is read for its article."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from pipeline.collect.clean import plain_text
from pipeline.collect.extract import MAX_BYTES, PAGE_TYPES, PageReading, extract_article
from pipeline.collect.fetch import Response
from pipeline.collect.hosts import SPACING
from pipeline.collect.robots import Fetching, Robots
from pipeline.collect.source import Backfill, Collection, KnownHash, Past, Source, SourceState
from pipeline.collect.teaser import make_teaser
from pipeline.domain.article import Content, Sighting
from pipeline.errors import SourceError, SourceUnavailable

__all__ = ["CONTEXT", "MAX_BYTES", "FullTextSource", "better", "is_cut_short"]

CONTEXT = "full_text"
"""What a feed whose articles are made whole has in its ``context``: turning that on reads them all anew."""

_LIMIT = 30
"""How many pages one collection fetches."""
_LIMIT_OF_PAST = 100
"""How many of them for entries that no later collection shows again."""
_ATTEMPTS = 5
_PATIENCE = timedelta(minutes=2)
"""How long one collection waits altogether for the sake of Crawl-delay."""

_SHORT = 500
"""A text of fewer characters is taken for a teaser."""
_LONG = 3_000
"""A text of more characters may end in an ellipsis for the sake of style."""
_LONGER = 1.2
_END = 400
_FOOTER = re.compile(
    r"\n(?:the post|der beitrag|this (?:post|article)|l.article|la entrada)\b[^\n]{5,350}\Z", re.IGNORECASE
)
_CUT = re.compile(
    r"(?:[\[(](?:…|\.{3})[\])]|(?:continue|keep) reading|read full (?:article|story|post)|full (?:article|story)"
    r"|read (?:more|on|the (?:full|whole|rest|complete|entire))\b[^\n]{0,60}|weiter ?lesen|mehr lesen|mehr erfahren"
    r"|jetzt lesen|(?:zum|ganzen|vollständigen) artikel(?: lesen)?|lire la suite|leer más|lees verder"
    r"|continua a leggere)[\s.…»>→›:!)\]]*(?:\([^()\n]{0,80}\))?\s*\Z",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:…|\.{3})[\s»>→›]*\Z")
_WORD = re.compile(r"[^\W_]{4,}")
_IN_COMMON = 0.5
_PENDING = re.compile(r"p([0-9])([0-9a-f]{62})")


@dataclass(slots=True)
class _Visit:
    """One collection's pages."""

    robots: Robots
    left: int
    requests: int = 0
    received: int = 0
    waited: timedelta = field(default_factory=timedelta)
    asked: set[str] = field(default_factory=set)


class _Later(Exception):
    """The page can't be had now, and may be later.  ``tried`` tells that it was asked for."""

    def __init__(self, why: str, *, tried: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.tried = tried


@dataclass(frozen=True, slots=True, kw_only=True)
class FullTextSource:
    """A ``feed`` (its ``context`` is `CONTEXT`) whose teasers are made whole by ``pages``.

    Only new and changed entries are looked at, ``limit`` of them in a collection; the others keep their teaser until
    the next, as does one whose page can't be had: for the last time after five attempts.
    """

    feed: Source
    pages: Fetching
    topics: tuple[str, ...] = ()
    language: str | None = None
    timezone: tzinfo = UTC
    allow_private: bool = False
    limit: int = _LIMIT
    pause: Callable[[float], object] = time.sleep

    @property
    def name(self) -> str:
        return self.feed.name

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        """The feed's answer, its teasers made whole.  Where some are left, the feed is read again the next time."""
        return self._completed(self.feed.collect(state, _settled(known), now), known, now, limit=self.limit)

    def _completed(self, collection: Collection, known: KnownHash, now: datetime, *, limit: int) -> Collection:
        visit = _Visit(Robots(self.pages, now, allow_private=self.allow_private), limit)
        sightings = [self._whole(seen, known, now, visit) for seen in collection.sightings]
        state = collection.state
        if any(_PENDING.fullmatch(seen.raw_hash) for seen in sightings):
            # Without validators the feed does not answer "not modified".
            state = replace(state, etag=None, last_modified=None)
        return replace(
            collection,
            sightings=sightings,
            state=state,
            older=tuple(partial(self._older, way) for way in collection.older),
            requests=collection.requests + visit.requests + visit.robots.requests,
            received=collection.received + visit.received + visit.robots.received,
        )

    def _older(self, older: Backfill, past: Past) -> Collection:
        """What it showed before, made whole as well.  What is left then has no later turn: no window shows it again."""
        found = older(replace(past, known=_settled(past.known)))
        return self._completed(found, past.known, past.now, limit=max(self.limit, _LIMIT_OF_PAST))

    def _whole(self, seen: Sighting, known: KnownHash, now: datetime, visit: _Visit) -> Sighting:
        content = seen.content
        if content is None or content.url is None or content.text_from == "page" or not is_cut_short(content.html):
            return seen
        before = _PENDING.fullmatch(known(seen.key) or "")
        attempts = int(before[1]) if before and seen.raw_hash.startswith(before[2]) else 0
        try:
            page = self._page(content.url, now, visit)
        except _Later as error:
            attempts += error.tried
            note = f"its text is cut short, and its page can't be had: {error.why}"
            pending = seen.raw_hash if attempts >= _ATTEMPTS else f"p{attempts}{seen.raw_hash[:62]}"
            return replace(seen, raw_hash=pending, notes=(*seen.notes, note))
        except SourceError as error:
            note = f"its text is cut short, and its page is of no use: {error.what}"
            return replace(seen, notes=(*seen.notes, note))
        except Exception as error:  # noqa: BLE001 - one bad page never costs the others
            return replace(
                seen, notes=(*seen.notes, f"its text is cut short, and its page can't be read: {error!r:.200}")
            )
        return replace(seen, content=better(content, page))

    def _page(self, url: str, now: datetime, visit: _Visit) -> Content:
        if visit.left <= 0:
            raise _Later("its turn comes with a later collection.", tried=False)
        visit.left -= 1
        response = self._fetched(url, now, visit)
        reading = PageReading(topics=self.topics, language=self.language, timezone=self.timezone)
        return extract_article(response, reading, now)[0]

    def _fetched(self, url: str, now: datetime, visit: _Visit) -> Response:
        try:
            visit.robots.require(url)
            self._take_time(url, visit)
            visit.requests += 1
            answer = self.pages.get(
                url,
                accept=PAGE_TYPES,
                allow_private=self.allow_private,
                on_redirect=visit.robots.require,
                now=now,
            )
        except SourceUnavailable as error:
            status = error.status or HTTPStatus.INTERNAL_SERVER_ERROR
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _Later(error.what) from error
            raise
        visit.requests += answer.requests - 1
        visit.received += answer.received
        return answer

    def _take_time(self, url: str, visit: _Visit) -> None:
        """Keep the distance that the host's Crawl-delay wants; the fetcher keeps one of its own."""
        host = urlsplit(url).netloc
        delay = visit.robots.delay(url) - (timedelta() if self.allow_private else SPACING)
        if host in visit.asked and delay > timedelta():
            if visit.waited + delay > _PATIENCE:
                raise _Later("its turn comes with a later collection.", tried=False)
            visit.waited += delay
            self.pause(delay.total_seconds())
        visit.asked.add(host)


def is_cut_short(html: str) -> bool:
    """Whether a text is a teaser: short, or ending like one ("[…]", "Weiterlesen", "Read more")."""
    text = plain_text(html)
    if len(text) < _SHORT:
        return True
    end = _FOOTER.sub("", text[-_END:])
    return bool(_CUT.search(end) or (len(text) < _LONG and _ELLIPSIS.search(end)))


def better(content: Content, page: Content) -> Content:
    """The content with the page's text, where that is clearly longer and the same article's; else as it is."""
    ours, theirs = plain_text(content.html), plain_text(page.html)
    if len(theirs) <= _LONGER * len(ours) or not _says(page.title + " " + theirs, ours or content.title):
        return content
    return replace(
        content,
        html=page.html,
        teaser=page.teaser if not content.teaser or is_cut_off(content.teaser) else content.teaser,
        language=content.language or page.language,
        authors=content.authors or page.authors,
        topics=content.topics or page.topics,
        picture=content.picture or page.picture,
        published=content.published or page.published,
        text_from="page",
    )


def is_cut_off(teaser: str) -> bool:
    return bool(_CUT.search(teaser[-_END:]) or _ELLIPSIS.search(teaser))


def _says(text: str, words: str) -> bool:
    """Whether a text has most words of another: what stands in the place of an article (a banner, a login) has not."""
    wanted = set(_WORD.findall(make_teaser(words, 600).casefold()))
    return len(wanted & set(_WORD.findall(text.casefold()))) >= _IN_COMMON * len(wanted)


def _settled(known: KnownHash) -> KnownHash:
    """The hashes without those of entries that wait for their page: they are read again."""

    def settled(key: str) -> str | None:
        raw_hash = known(key)
        return None if raw_hash and _PENDING.fullmatch(raw_hash) else raw_hash

    return settled
