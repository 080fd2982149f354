"""Answers without anything new, kept back until there are many: they are recorded faster together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from pipeline.collect.collect import ArticleStore, Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed, Seen
from pipeline.collect.source import KnownHash, SourceState
from pipeline.domain.article import Sighting

_TOGETHER = 100

Answer = tuple[SourceRules, Completed, datetime]


class UnchangedStore(ArticleStore, Protocol):
    """A store that can record them together."""

    def record_unchanged(self, answers: Sequence[Answer]) -> None: ...

    def source_states(self) -> Mapping[str, SourceState]:
        """Those of many sources at once."""
        ...


@dataclass(slots=True)
class UnchangedTogether:
    """``with UnchangedTogether(store) as kept:`` is a store for many sources; at the end of the block all is recorded.

    Threads may share it.  What a crash takes with it is only when these sources were asked, not what they showed.
    """

    store: UnchangedStore
    _states: Mapping[str, SourceState] = field(default_factory=dict)
    _kept: list[Answer] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self._states = self.store.source_states()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._record(at_least=1)

    def record(self, rules: SourceRules, done: Completed, now: datetime) -> Collected:
        if not done.collection.not_modified:
            return self.store.record(rules, done, now)
        with self._lock:
            self._kept.append((rules, done, now))
        self._record(at_least=_TOGETHER)
        return Collected(problems=done.collection.problems, notes=done.collection.notes)

    def _record(self, at_least: int) -> None:
        with self._lock:
            if len(self._kept) < at_least:
                return
            answers, self._kept = self._kept, []
        self.store.record_unchanged(answers)

    def source_state(self, source: str) -> SourceState:
        return self._states.get(source) or self.store.source_state(source)

    def known_hash(self, source: str) -> KnownHash:
        return self.store.known_hash(source)

    def seen(self, source: str, address: str | None) -> Seen | None:
        return self.store.seen(source, address)

    def retried_gap(self, source: str) -> datetime | None:
        return self.store.retried_gap(source)

    def shows_known(self, source: str, sightings: Sequence[Sighting]) -> bool:
        return self.store.shows_known(source, sightings)

    def record_failure(self, rules: SourceRules, failure: Failure, now: datetime) -> None:
        self.store.record_failure(rules, failure, now)

    def postpone(self, rules: SourceRules, until: datetime) -> None:
        self.store.postpone(rules, until)
