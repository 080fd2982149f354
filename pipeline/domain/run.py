"""Runs: one execution of a job for one slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

RunId = NewType("RunId", int)

PUBLISHING = frozenset({"run", "publish", "publish and mail"})
"""The jobs that publish feeds: those of `rundbrief run` and `publish`, and what `serve` does after collecting."""


class RunOutcome(StrEnum):
    """How a run ended.  Every slot ends in one of these but ``running``."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSED = "missed"
    BROKEN_OFF = "broken_off"
    """The process died; the next run goes on with what was left."""


class StartedBy(StrEnum):
    """What made a run begin."""

    SCHEDULE = "schedule"
    """Its slot came up."""
    CATCH_UP = "catch_up"
    """Its slot had come up while nobody was there to see it."""
    CHANGE = "change"
    """Something had changed that it is about."""
    PERSON = "person"
    """Somebody called for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.  ``slot`` is None for one that no schedule started.  ``problems`` are `pipeline.errors.Problem`.

    ``started_by`` is None for runs of before it was written down.  ``log`` has the last lines that were logged in it.
    """

    id: RunId
    job: str
    slot: datetime | None
    started: datetime
    ended: datetime | None
    outcome: RunOutcome
    reason: str
    counts: Mapping[str, Any]
    problems: tuple[Any, ...]
    started_by: StartedBy | None = None
    log: tuple[Mapping[str, str], ...] = ()
