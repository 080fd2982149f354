"""What a sitemap source remembers between two collections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.collect.source import SourceState

_MOST_FAILED = 2_000
_MOST_OLD = 20_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A sitemap when it was last read.

    ``lastmod`` is what its index said of it; ``settled`` tells that nothing in it was left to fetch; ``children`` are
    those of an index, each with its lastmod.
    """

    etag: str | None = None
    last_modified: str | None = None
    lastmod: str = ""
    settled: bool = False
    children: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A page that could not be read: its `digest` then, the day, and whether the server said that it is gone."""

    digest: str
    day: int
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Kept as JSON in `SourceState.last_modified`, which is opaque to everyone else.

    ``since`` is the time of the first collection.  ``old`` are `short` digests of the pages that were there then, were
    not fetched, and don't show their age.  ``options`` is how pages were understood, ``full`` when all sitemaps were
    last read, ``roots`` where they begin, ``robots`` see `pipeline.collect.robots.Kept`.
    """

    since: datetime
    options: str = ""
    full: datetime | None = None
    roots: tuple[str, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    failed: Mapping[str, Failed] = field(default_factory=dict)
    old: frozenset[str] = frozenset()
    robots: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is remembered of a page that was read, as the raw hash of its sighting.

    ``options`` is how it was understood, ``digest`` what the sitemap said of it, ``day`` when it was fetched.
    """

    options: str
    digest: str
    day: int

    def __str__(self) -> str:
        return f"{self.options}-{self.digest}-{self.day:x}"


def mark_of(raw_hash: str | None) -> Mark | None:
    try:
        options, digest, day = (raw_hash or "").split("-")
        return Mark(options=options, digest=digest, day=int(day, 16))
    except ValueError:
        return None


def digest(*said: object) -> str:
    """16 digits that stand for what was said; "" for nothing."""
    if not any(said):
        return ""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def short(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def day_of(now: datetime) -> int:
    return (now.date() - _EPOCH).days


def is_due(day: int, recheck: timedelta, now: datetime) -> bool:
    """Whether what was fetched that day is to be looked at again."""
    return day_of(now) - day >= max(recheck.days, 1)


def remembered(state: SourceState, url: str, now: datetime) -> Memory:
    """The memory in a state; an empty one for the state of another address, or of another type of source."""
    empty = Memory(since=now)
    if state.asked != url or not state.last_modified:
        return empty
    try:
        kept: dict[str, Any] = json.loads(state.last_modified)
        return Memory(
            since=datetime.fromisoformat(kept["since"]),
            options=kept["options"],
            full=datetime.fromisoformat(kept["full"]) if kept["full"] else None,
            roots=tuple(kept["roots"]),
            documents={
                name: Document(
                    etag=etag,
                    last_modified=modified,
                    lastmod=lastmod,
                    settled=settled,
                    children=tuple((child, said) for child, said in children),
                )
                for name, (etag, modified, lastmod, settled, children) in kept["documents"].items()
            },
            failed={
                name: Failed(digest=said, day=day, gone=gone) for name, (said, day, gone) in kept["failed"].items()
            },
            old=frozenset(kept["old"]),
            robots={origin: (at, text) for origin, (at, text) in kept["robots"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return empty


def keep(memory: Memory, url: str) -> SourceState:
    newest = sorted(memory.failed.items(), key=lambda one: one[1].day, reverse=True)[:_MOST_FAILED]
    kept = {
        "since": memory.since.isoformat(),
        "options": memory.options,
        "full": memory.full.isoformat() if memory.full else None,
        "roots": memory.roots,
        "documents": {
            name: [one.etag, one.last_modified, one.lastmod, one.settled, one.children]
            for name, one in memory.documents.items()
        },
        "failed": {name: [one.digest, one.day, one.gone] for name, one in newest},
        "old": sorted(memory.old)[:_MOST_OLD],
        "robots": memory.robots,
    }
    return SourceState(asked=url, last_modified=json.dumps(kept))
