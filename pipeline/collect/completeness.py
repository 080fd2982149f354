"""Whether articles may have been lost between two polls, and asking for them.

A feed shows a window of its newest articles.  While a window has one that was known, nothing lies between it and the
window before.  Where it has none, more may have been published in the meantime than it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.collect.source import Backfilling, Collection, KnownHash, Source
from pipeline.domain.article import Sighting
from pipeline.errors import Problem, SourceError, SourceUnavailable

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
    overlaps = memory.shows_known(source.name, collection.sightings)
    tried = memory.retried_gap(source.name)
    seen = None if overlaps and tried is None else memory.seen(source.name, address)
    # A feed that only ever shows its newest article would always look as if it had lost some.
    lost = seen is not None and not overlaps and max(window, seen.window) > 1
    if seen is None or not (lost or tried):
        return as_it_is
    since = min(seen.newest, tried or seen.newest)
    gap = Gap(since=since, upto=max(since, _oldest(collection.sightings, now)), why="it can't be asked for older ones")
    backfill = collection.older or (source.backfill if isinstance(source, Backfilling) else None)
    if backfill is None:
        return replace(as_it_is, gap=gap if lost else None, found=lost)
    try:
        # An older gap lies behind articles that are known by now: they must not count as its end.
        older = backfill(since - MARGIN, known if tried is None else _nothing, now)
    except SourceError as error:
        why = f"asking for older ones failed ({error.what.rstrip('.')})"
        failed = replace(gap, why=why, retry=isinstance(error, SourceUnavailable))
        return replace(as_it_is, gap=failed, found=lost)
    both, more = _joined(collection, older)
    known_again = tried is None and memory.shows_known(source.name, more)
    if older.reached or known_again or _oldest(more, now) <= since:
        return Completed(collection=both, window=window, closed=True)
    upto = max(since, _oldest(both.sightings, now))
    short = replace(gap, upto=upto, why="the older ones that it shows don't reach back far enough")
    return Completed(collection=both, window=window, gap=short, found=lost)


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
        failed=window.failed | older.failed,
        requests=window.requests + older.requests,
        received=window.received + older.received,
        older=None,
    )
    return both, more


def _oldest(sightings: Sequence[Sighting], now: datetime) -> datetime:
    dates = [seen.content.published for seen in sightings if seen.content and seen.content.published]
    return min(dates, default=now)


def _nothing(_key: str) -> str | None:
    return None
