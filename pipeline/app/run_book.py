"""Runs as they go on: begun before the work, ended after it, with what was logged in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.domain.run import RunId, RunOutcome, StartedBy
from pipeline.errors import Problem
from pipeline.excerpts import Line, excerpt
from pipeline.store.runs import Runs
from pipeline.tracing import NoTracing, Tracing

_LATE = timedelta(minutes=15)
"""A timer that calls `rundbrief run` may take its time; a slot that is older than this was passed over."""


def started_by(slot: datetime, now: datetime) -> StartedBy:
    """What makes a run for this slot begin now."""
    return StartedBy.CATCH_UP if now - slot > _LATE else StartedBy.SCHEDULE


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUnderWay:
    """One run that goes on.  Whoever began it ends it."""

    id: RunId
    runs: Runs
    clock: Callable[[], datetime]
    lines: Sequence[Line]

    def end(self, outcome: RunOutcome, counts: Mapping[str, Any], problems: Sequence[Problem] = ()) -> None:
        self.runs.end(self.id, outcome, counts, problems, self.clock(), tuple(self.lines))

    def forget(self) -> None:
        """There was nothing to do: it is as if it had not been."""
        self.runs.forget(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBook:
    """The runs of one process.  Threads may share it."""

    runs: Runs
    owner: str
    clock: Callable[[], datetime]
    tracing: Tracing = field(default_factory=NoTracing)

    def tidy(self, keep: timedelta) -> int:
        """Step: forget the runs of longer ago.  Returns how many."""
        return self.runs.prune(self.clock() - keep)

    @contextmanager
    def run(self, job: str, slot: datetime | None, by: StartedBy) -> Iterator[RunUnderWay | None]:
        """A run that begins here.  None if there was one for this slot."""
        id_ = self.runs.begin(job, slot, self.owner, self.clock(), by)
        if id_ is None:
            yield None
            return
        at = slot.isoformat() if slot else None
        with excerpt(id_) as lines, self.tracing.span("run", run=id_, job=job, slot=at, started_by=by):
            yield RunUnderWay(id=id_, runs=self.runs, clock=self.clock, lines=lines)
