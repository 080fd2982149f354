"""The stage: ask one source and record what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, Protocol

from pipeline.collect.completeness import Completed, Memory, completed, missing
from pipeline.collect.hosts import REST, HostResting
from pipeline.collect.source import KnownHash, Source, SourceState
from pipeline.errors import Problem, SourceError, SourceGone, SourceUnavailable

Backlog = int | Literal["all"]
"""How many articles of a source's first collection mail may carry, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What the operator decided for a source.  ``host`` is the authority of the ids that we give.

    ``address`` is where it is asked: what is remembered of its polls is worth nothing for another.  ``interval`` is the
    time between two slots of its schedule; zero for a source that needs no patience.
    """

    name: str
    settle: timedelta
    backlog: Backlog
    host: str
    address: str | None = None
    interval: timedelta = field(default_factory=timedelta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A poll that failed.  ``status`` is the HTTP status, None for no answer; ``wait`` is how long it asked us to wait.

    ``gone`` tells that the source has ended.
    """

    error: str
    status: int | None = None
    wait: timedelta | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The counts of one collection, what was wrong, and what was odd but could be read."""

    new: int = 0
    revised: int = 0
    retracted: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


class ArticleStore(Memory, Protocol):
    """What this stage needs of the store."""

    def source_state(self, source: str) -> SourceState: ...

    def known_hash(self, source: str) -> KnownHash: ...

    def record(self, rules: SourceRules, done: Completed, now: datetime) -> Collected:
        """Record a whole answer in one transaction, with the state for the next one."""
        ...

    def record_failure(self, rules: SourceRules, failure: Failure, now: datetime) -> None: ...

    def postpone(self, rules: SourceRules, until: datetime) -> None:
        """Remember that the source's host asked to be left alone until then; that is no failure of the source."""
        ...


def collect(source: Source, rules: SourceRules, store: ArticleStore, now: datetime) -> Collected:
    """Ask the source once, whenever it wants to be asked next (`pipeline.domain.polling` knows when).

    A source that fails is a problem in the result: it never costs the others.
    """
    known = store.known_hash(source.name)
    try:
        collection = source.collect(store.source_state(source.name), known, now)
    except HostResting as error:
        store.postpone(rules, now + (error.retry_after or REST))
        return Collected(notes=(_named(source.name, error.problem),))
    except SourceError as error:
        store.record_failure(rules, _failure(error), now)
        return Collected(problems=(_named(source.name, error.problem),))
    done = completed(source, collection, rules.address, store, known, now)
    collected = store.record(rules, done, now)
    if done.gap is not None and done.found:
        return replace(collected, problems=(*collected.problems, missing(source.name, done.gap)))
    return collected


def _failure(error: SourceError) -> Failure:
    said = " ".join(filter(None, (error.what, error.mend)))
    if not isinstance(error, SourceUnavailable):
        gone = isinstance(error, SourceGone)
        return Failure(error=said, status=HTTPStatus.GONE if gone else None, gone=gone)
    wait = error.retry_after
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = wait or REST
    return Failure(error=said, status=error.status, wait=wait)


def _named(source: str, problem: Problem) -> Problem:
    """The problem with the source's name in front of where it is."""
    name = f"source {source}"
    if problem.where.startswith(name):
        return problem
    return replace(problem, where=f"{name} ({problem.where})" if problem.where else name)


def mailable_keys(candidates: Sequence[tuple[datetime, str]], backlog: Backlog) -> frozenset[str]:
    """Which keys of a first collection mail may carry: the newest ``backlog`` of ``(published, key)``."""
    newest = sorted(candidates, reverse=True)
    return frozenset(key for _, key in (newest if backlog == "all" else newest[:backlog]))
