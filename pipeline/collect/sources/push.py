"""A source that is not asked: a content management system sends its articles by itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pipeline.collect.source import Collection, KnownHash, SourceState
from pipeline.collect.sources.feed_content import Reading, article_content
from pipeline.collect.sources.feed_entry import RawEntry
from pipeline.domain.article import Sighting


@dataclass(frozen=True, slots=True)
class PushSource:
    """Never shows anything by itself (see `pipeline.collect.source`)."""

    name: str

    def collect(self, state: SourceState, known: KnownHash, now: datetime) -> Collection:  # noqa: ARG002 - as all sources
        return Collection(sightings=(), state=state, not_modified=True)


def pushed_sighting(key: str, entry: RawEntry, reading: Reading, now: datetime, *, backlog: bool) -> Sighting:
    """An article that was sent, under the key that its system gave it.

    Raises `pipeline.collect.sources.feed_content.NothingToShow`.
    """
    content, notes = article_content(entry, reading, now)
    digest = hashlib.sha256(f"push {entry.digest()} {reading.topics} {reading.language}".encode()).hexdigest()
    return Sighting(key=key, raw_hash=digest, content=content, notes=notes, backlog=backlog)
