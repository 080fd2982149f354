"""What `collect` knows of a source: how it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from pipeline.domain.article import Sighting
from pipeline.errors import Problem

KnownHash = Callable[[str], str | None]
"""The raw hash that was stored for a key of this source at the last collection, or None."""

Backfill = Callable[["Past"], "Collection"]
"""`Backfilling.backfill`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is asked for of a source's past: all that was published or changed after ``since``.

    ``shown`` tells which of these keys and addresses are those of articles that the source showed before.
    """

    since: datetime
    known: KnownHash
    shown: Callable[[Iterable[str]], frozenset[str]]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered between two collections of a source.

    ``etag`` and ``last_modified`` are opaque and kept as they came, quotes included (RFC 9110, 8.8).
    ``moved_to`` is where permanent redirects (301, 308) led.  All of it belongs to the address ``asked``, and is
    worth nothing for another.
    """

    asked: str | None = None

    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A source's answer.

    ``sightings`` is empty where ``not_modified``.  ``complete`` tells that the source showed everything it has, so
    that a known key which is absent was withdrawn (a directory); a feed shows a window and is never complete.
    ``problems`` are single articles that could not be read; the others are all there.  ``failed`` are the keys of
    articles that exist but could not be read: they count as present.  ``withdrawn`` are keys that an
    answer which is not complete says to be gone.  ``notes`` are remarks of which nothing has
    to be done.  ``poll_after`` is when the server wants to be asked again at the earliest.  ``requests`` and
    ``received`` (bytes) are what the answer cost.  ``older`` are ways to fetch what came before this answer (RFC 5005,
    ``next_url``, the site's API or sitemap): each is tried until one reaches back far enough.
    ``reached`` tells of a backfill whether nothing is missing in it; None where what it shows has to tell that.
    ``again`` tells that asking once more would bring more.  ``remark`` is what is odd about the source as a whole,
    though nothing of it was lost: it is remembered with the source.
    """

    sightings: Sequence[Sighting]
    state: SourceState
    complete: bool = False
    not_modified: bool = False
    problems: tuple[Problem, ...] = ()
    failed: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    notes: tuple[Problem, ...] = ()
    poll_after: datetime | None = None
    requests: int = 0
    received: int = 0
    older: tuple[Backfill, ...] = ()
    reached: bool | None = None
    again: bool = False
    remark: str | None = None


class Source(Protocol):
    """Where articles come from.  Implementations live in ``sources/``."""

    @property
    def name(self) -> str: ...

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:
        """Ask the source once.  Raises `pipeline.errors.SourceError`."""
        ...


@runtime_checkable
class Backfilling(Protocol):
    """A source that can show more than its window: by an API with pages, or a sitemap of the whole site."""

    def backfill(self, past: Past) -> Collection:
        """All articles that were published or changed since then.  Raises `pipeline.errors.SourceError`."""
        ...
