"""Whether articles may have been lost between two polls, and asking for them.

A feed shows a window of its newest articles.  While a window has one that was known, nothing lies between it and the
window before.  Where it has none, more may have been published in the meantime than it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pipeline.collect.source import Backfilling, Collection, KnownHash, Past, Source
from pipeline.domain.article import Sighting
from pipeline.domain.identity import url_alias
from pipeline.errors import Problem, SourceError, SourceUnavailable

_NO_WAY = "it can't be asked for older ones"
_TOO_SHORT = "the older ones that it shows don't reach back far enough"
_MORE_LATER = "there are more of them than one collection fetches, and the rest comes with the next new article"

MARGIN = timedelta(days=1)
"""How far a backfill goes back behind what is known: far enough to meet some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a source's articles: when the newest was published, and how many its last answer showed."""

    newest: datetime
    window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which articles may have been published that were never seen, and why they can't be had.

    ``retry`` tells that asking again may help.
    """

    since: datetime
    upto: datetime
    why: str
    retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """An answer with what could be fetched of what came before it.

    ``window`` is how many articles the answer itself showed.  ``gap`` is what is missing all the same; ``found`` tells
    that it is a new one.  ``closed`` tells that gaps which asking again may close are closed.
    """

    collection: Collection
    window: int
    gap: Gap | None = None
    found: bool = False
    closed: bool = False


class Memory(Protocol):
    """What this needs of the store."""

    def seen(self, source: str, address: str | None) -> Seen | None:
        """None for a source of which nothing is known at this address."""
        ...

    def retried_gap(self, source: str) -> datetime | None:
        """Where the first gap begins that asking again may close."""
        ...

    def shown(self, source: str, names: Iterable[str]) -> frozenset[str]:
        """Those of these keys and addresses under which this source showed an article before."""
        ...

    def shows_known(self, source: str, sightings: Sequence[Sighting]) -> bool:
        """Whether one of them is an article that this source showed before."""
        ...


def completed(
    source: Source, collection: Collection, address: str | None, memory: Memory, known: KnownHash, now: datetime
) -> Completed:
    """Fill the answer up with what was published between it and what is known, as far as that can be asked for."""
    window = len(collection.sightings)
    as_it_is = Completed(collection=collection, window=window)
    if not _is_window(collection):
        return as_it_is
    overlaps = any(seen.content is None for seen in collection.sightings)
    tried = memory.retried_gap(source.name)
    seen = None if overlaps and tried is None else memory.seen(source.name, address)
    if seen is None:
        return as_it_is
    overlaps = overlaps or memory.shows_known(source.name, collection.sightings)
    # A feed that only ever shows its newest article would always look as if it had lost some.
    lost = not overlaps and max(window, seen.window) > 1
    if not (lost or tried):
        return as_it_is
    since = min(seen.newest, tried or seen.newest)
    ways = (*collection.older, *([source.backfill] if isinstance(source, Backfilling) else []))
    both, why, retry = collection, _NO_WAY, False
    for way in ways:
        past = Past(
            since=since - MARGIN,
            # An older gap lies behind articles that are known by now: they must not count as its end.
            known=known if tried is None else _nothing,
            shown=partial(_shown, memory, source.name, both.sightings),
            now=now,
        )
        try:
            older = way(past)
        except SourceError as error:
            if not retry:
                why = f"asking for older ones failed ({error.what.rstrip('.')})"
                retry = isinstance(error, SourceUnavailable)
            continue
        both, more = _joined(both, older)
        if older.reached is None:
            known_again = tried is None and memory.shows_known(source.name, more)
            older = replace(older, reached=known_again or _oldest(more, now) <= since)
        if older.reached:
            return Completed(collection=both, window=window, closed=True)
        if more and not retry:
            why, retry = _MORE_LATER if older.again else _TOO_SHORT, older.again
    upto = max(since, _oldest(both.sightings, now))
    gap = Gap(since=since, upto=upto, why=why, retry=retry) if lost or ways else None
    return Completed(collection=both, window=window, gap=gap, found=lost)


def missing(source: str, gap: Gap) -> Problem:
    """What people are told of a gap."""
    return Problem(
        code="articles-may-be-missing",
        where=f"source {source}",
        what=(
            f"nothing that it shows was known, so articles published between {gap.since:%Y-%m-%d %H:%M} and "
            f"{gap.upto:%Y-%m-%d %H:%M} UTC may be missing: {gap.why}."
        ),
        mend="Collect it more often (schedule), or let its owner show more articles in the feed.",
    )


def _shown(memory: Memory, source: str, sightings: Sequence[Sighting], names: Iterable[str]) -> frozenset[str]:
    """Those of these keys and addresses that stand for an article which the source showed before, or shows now."""
    asked = list(names)
    keys = {seen.key for seen in sightings}
    now_shown = {url_alias(seen.content.url) for seen in sightings if seen.content and seen.content.url} - {None}
    here = {name for name in asked if name in keys or url_alias(name) in now_shown}
    return memory.shown(source, [name for name in asked if name not in here]) | here


def _is_window(collection: Collection) -> bool:
    """Whether there may be more than the answer shows."""
    return bool(collection.sightings) and not (collection.complete or collection.not_modified or collection.reached)


def _joined(window: Collection, older: Collection) -> tuple[Collection, list[Sighting]]:
    """Both as one answer, and what the older one adds."""
    shown = {sighting.key for sighting in window.sightings}
    more = [sighting for sighting in older.sightings if sighting.key not in shown]
    both = replace(
        window,
        sightings=[*window.sightings, *more],
        problems=(*window.problems, *older.problems),
        notes=(*window.notes, *older.notes),
        failed=window.failed | older.failed,
        requests=window.requests + older.requests,
        received=window.received + older.received,
        older=(),
    )
    return both, more


def _oldest(sightings: Sequence[Sighting], now: datetime) -> datetime:
    dates = [seen.content.published for seen in sightings if seen.content and seen.content.published]
    return min(dates, default=now)


def _nothing(_key: str) -> str | None:
    return None
