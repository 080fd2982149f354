"""`rundbrief runs follow`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import tzinfo

from pipeline.cli.failures import WrongUse, line_of
from pipeline.cli.output import say
from pipeline.cli.times import shown, span
from pipeline.domain.run import Run, RunId, RunOutcome
from pipeline.store.runs import Runs

_EVERY_SECONDS = 1.0
_BAD = (RunOutcome.FAILED, RunOutcome.BROKEN_OFF)


def follow(runs: Runs, zone: tzinfo, only: int | None, *, as_json: bool) -> bool:
    """Tell of each beginning and end.  Returns whether the one that was to be followed failed."""
    if only is None:
        newest = runs.newest(limit=1)
        after, watched = (newest[0].id if newest else RunId(0)), set[RunId]()
    else:
        one = runs.one(RunId(only))
        if one is None:
            raise WrongUse(f"There is no run {only}.", mend="`rundbrief runs` lists them.")
        after, watched = one.id, {one.id}
    while True:
        for run in _news(runs, after, watched):
            if only is None or run.id == only:
                _say(run, zone, as_json=as_json)
            after = max(after, run.id)
        if only is not None and not watched:
            ended = runs.one(RunId(only))
            return ended is not None and ended.outcome in _BAD
        time.sleep(_EVERY_SECONDS)


def _news(runs: Runs, after: RunId, watched: set[RunId]) -> Iterator[Run]:
    """Runs that are new, and watched ones that have ended; ``watched`` is kept up to date."""
    found = runs.following(after, watched)
    watched.intersection_update({run.id for run in found})  # one in which nothing was to do is gone
    for run in found:
        if run.outcome is RunOutcome.RUNNING:
            if run.id not in watched:
                watched.add(run.id)
                yield run
        else:
            watched.discard(run.id)
            yield run


def _say(run: Run, zone: tzinfo, *, as_json: bool) -> None:
    if as_json:
        told = {"id": run.id, "job": run.job, "slot": run.slot, "outcome": run.outcome.value, "reason": run.reason}
        say(json.dumps(told, default=str, ensure_ascii=False))
    else:
        slot = f", slot {shown(run.slot, zone)}" if run.slot else ""
        took = f" in {span(run.ended - run.started)}" if run.ended else ""
        words = run.outcome.value.replace("_", " ")
        say(f"{shown(run.ended or run.started, zone)}  {run.id} {run.job}{slot}: {words}{took} {run.reason}".rstrip())
        for problem in run.problems:
            say(f"    {line_of(problem)}")
    sys.stdout.flush()
