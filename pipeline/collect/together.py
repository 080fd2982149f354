"""Answers of many sources on their way into the store: those that come at the same time are recorded together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from pipeline.collect.apart import RECORDING
from pipeline.collect.collect import ArticleStore, Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed, Seen
from pipeline.collect.source import KnownHash, SourceState
from pipeline.domain.article import Sighting

_UNCHANGED = 100
_CHANGED = 20
"""How many are recorded in one transaction: it keeps other writers waiting for a fraction of a second."""

Answer = tuple[SourceRules, Completed, datetime]


class AnswerStore(ArticleStore, Protocol):
    """A store that can record answers together."""

    def record_together(self, answers: Sequence[Answer]) -> Sequence[Collected | Exception]:
        """Record answers in one transaction, and say of each what came of it; one that fails costs no other."""
        ...

    def record_unchanged(self, answers: Sequence[Answer]) -> None: ...

    def source_states(self) -> Mapping[str, SourceState]:
        """Those of many sources at once."""
        ...

    def retried_gaps(self) -> Mapping[str, datetime]:
        """Of all sources that have one."""
        ...


@dataclass(slots=True)
class _Waiting:
    answer: Answer
    outcome: Collected | Exception | None = None


@dataclass(slots=True)
class AnswersTogether:
    """``with AnswersTogether(store) as together:`` is a store for a pass over many sources, each of them once.

    Threads may share it; at the end of the block all is recorded.  `record` returns when the answer is on the disk: who
    comes while others are being recorded waits, and then one records for all that wait.  Answers without anything new
    are kept back until there are many; what a crash takes with it is only when these sources were asked, not what they
    showed.
    """

    store: AnswerStore
    _states: Mapping[str, SourceState] = field(default_factory=dict)
    _gaps: Mapping[str, datetime] = field(default_factory=dict)
    _kept: list[Answer] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self._states = self.store.source_states()
        self._gaps = self.store.retried_gaps()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._record_unchanged(at_least=1)

    def record(self, rules: SourceRules, done: Completed, now: datetime) -> Collected:
        if done.collection.not_modified:
            with self._lock:
                self._kept.append((rules, done, now))
            self._record_unchanged(at_least=_UNCHANGED)
            return Collected(problems=done.collection.problems, notes=done.collection.notes)
        mine = _Waiting((rules, done, now))
        with self._lock:
            self._waiting.append(mine)
        outcome = RECORDING(partial(self._outcome, mine))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _outcome(self, mine: _Waiting) -> Collected | Exception:
        """Of an answer that was recorded with one before it, or is now, with all that wait."""
        while mine.outcome is None:
            self._record_some(mine)
        return mine.outcome

    def _record_some(self, mine: _Waiting) -> None:
        with self._lock:
            some, self._waiting = self._waiting[:_CHANGED], self._waiting[_CHANGED:]
        try:
            for one, outcome in zip(some, self._recorded([one.answer for one in some]), strict=True):
                one.outcome = outcome
        finally:
            # Where something other than an answer's own error ends this, the next one that waits does it.
            with self._lock:
                self._waiting[:0] = [one for one in some if one.outcome is None and one is not mine]

    def _recorded(self, answers: Sequence[Answer]) -> Sequence[Collected | Exception]:
        try:
            return self.store.record_together(answers)
        except Exception as error:  # noqa: BLE001 - it belongs to those whose answers these are
            if len(answers) == 1:
                return [error]
            # What keeps all of them from being written may be in one of them.
            return [outcome for answer in answers for outcome in self._recorded([answer])]

    def _record_unchanged(self, at_least: int) -> None:
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
        return self._gaps.get(source)

    def shown(self, source: str, names: Iterable[str]) -> frozenset[str]:
        return self.store.shown(source, names)

    def shows_known(self, source: str, sightings: Sequence[Sighting]) -> bool:
        return self.store.shows_known(source, sightings)

    def record_failure(self, rules: SourceRules, failure: Failure, now: datetime) -> None:
        self.store.record_failure(rules, failure, now)

    def postpone(self, rules: SourceRules, until: datetime) -> None:
        self.store.postpone(rules, until)
