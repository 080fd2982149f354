"""Articles that are sent to us, instead of being asked for: the same rules hold for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pipeline import config, wiring
from pipeline.collect.completeness import Completed
from pipeline.collect.source import Collection, SourceState
from pipeline.domain.article import ArticleId
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.collect.collect import Collected, SourceRules
    from pipeline.collect.sources.feed_entry import RawEntry

Fate = Literal["new", "revised", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What came of an article that was sent; ``notes`` say what was odd but could be read."""

    article: ArticleId
    fate: Fate
    notes: tuple[str, ...]


@dataclass
class Pushing:
    """Takes articles for sources of the type ``push``.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Callable[[], datetime]

    @cached_property
    def sources(self) -> Mapping[str, config.PushSource]:
        """Those that are configured, by name."""
        return {one.name: one for one in self.settings.sources if isinstance(one, config.PushSource)}

    def push(self, source: str, key: str, entry: RawEntry, *, backlog: bool = False) -> Pushed:
        """Record an article as its source shows it now.  ``backlog``: it is an old one, which mail does not carry.

        Raises `pipeline.collect.sources.feed_content.NothingToShow`.
        """
        from pipeline.collect.sources.feed_content import Reading  # noqa: PLC0415  (parsers load slowly)
        from pipeline.collect.sources.push import pushed_sighting  # noqa: PLC0415

        now, chosen = self.clock(), self.sources[source]
        rules = wiring.sources.source_rules(self.settings, chosen)
        reading = Reading(
            url=self.settings.site.url,
            language=chosen.language,
            topics=chosen.topics,
            timezone=self.settings.site.timezone,
        )
        seen = pushed_sighting(key, entry, reading, now, backlog=backlog)
        fate: Fate = "unchanged"
        notes: tuple[str, ...] = seen.notes
        if self.store.articles.known_hash(source)(key) != seen.raw_hash:
            self._open(rules, now)
            counts = self._record(rules, Collection(sightings=(seen,), state=SourceState()), now)
            fate = "new" if counts.new else "revised" if counts.revised else "unchanged"
            notes = tuple(note.what for note in counts.notes)
        id_ = self.store.articles.of_key(source, key)
        if id_ is None:
            msg = "an article that was just recorded is not there"
            raise LookupError(msg)
        return Pushed(article=id_, fate=fate, notes=notes)

    def withdraw(self, source: str, key: str) -> None:
        """Record that the source has taken an article back."""
        rules = wiring.sources.source_rules(self.settings, self.sources[source])
        self._record(rules, Collection(sightings=(), state=SourceState(), withdrawn=frozenset({key})), self.clock())

    def _open(self, rules: SourceRules, now: datetime) -> None:
        """What is sent first is no backlog: it is sent because it is new."""
        if self.store.articles.seen(rules.name, rules.address) is None:
            self._record(rules, Collection(sightings=(), state=SourceState(), not_modified=True), now)

    def _record(self, rules: SourceRules, collection: Collection, now: datetime) -> Collected:
        return self.store.articles.record(
            rules, Completed(collection=collection, window=len(collection.sightings)), now
        )
