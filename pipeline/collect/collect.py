"""The stage: ask one source and record what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pipeline.collect.source import Collection, KnownHash, Source, SourceState
from pipeline.errors import Problem, SourceError

Backlog = int | Literal["all"]
"""How many articles of a source's first collection mail may carry, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What the operator decided for a source.  ``host`` is the authority of the ids that we give."""

    name: str
    settle: timedelta
    backlog: Backlog
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The counts of one collection, what was wrong, and what was odd but could be read."""

    new: int = 0
    revised: int = 0
    retracted: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


class ArticleStore(Protocol):
    """What this stage needs of the store."""

    def source_state(self, source: str) -> SourceState: ...

    def known_hash(self, source: str) -> KnownHash: ...

    def record(self, rules: SourceRules, collection: Collection, now: datetime) -> Collected:
        """Record a whole answer in one transaction, with the state for the next one."""
        ...

    def record_failure(self, source: str, error: str, now: datetime) -> None: ...


def collect(source: Source, rules: SourceRules, store: ArticleStore, now: datetime) -> Collected:
    """Ask the source once.  A source that fails is a problem in the result: it never costs the others."""
    try:
        collection = source.collect(store.source_state(source.name), store.known_hash(source.name), now)
    except SourceError as error:
        store.record_failure(source.name, str(error), now)
        return Collected(problems=(_named(source.name, error.problem),))
    return store.record(rules, collection, now)


def _named(source: str, problem: Problem) -> Problem:
    where = (
        problem.where
        if source in problem.where
        else f"source {source}" + (f" ({problem.where})" if problem.where else "")
    )
    return Problem(code=problem.code, where=where, what=problem.what, mend=problem.mend)


def mailable_keys(candidates: Sequence[tuple[datetime, str]], backlog: Backlog) -> frozenset[str]:
    """Which keys of a first collection mail may carry: the newest ``backlog`` of ``(published, key)``."""
    newest = sorted(candidates, reverse=True)
    return frozenset(key for _, key in (newest if backlog == "all" else newest[:backlog]))
