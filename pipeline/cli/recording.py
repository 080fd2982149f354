"""Passes that a person starts, with a record of each in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.cli.failures import problems_of
from pipeline.cli.progress import shown_progress
from pipeline.cli.stopping import stoppable
from pipeline.domain.run import RunOutcome, StartedBy
from pipeline.engine.local import LocalEngine

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.engine.report import Report


def carry_out(app: App, job: str, work: Callable[[LocalEngine], Report]) -> Report:
    """Do the work with progress shown, and write down what came of it, also where it ends in an error."""
    with app.run_book.run(job, None, StartedBy.PERSON) as run:
        try:
            with shown_progress() as progress:
                engine = LocalEngine(app, progress)
                with stoppable(engine.stopping):
                    report = work(engine)
        except BaseException as error:
            if run is not None:
                run.end(RunOutcome.FAILED, {}, problems_of(error))
            raise
        if run is not None:
            run.end(RunOutcome.FAILED if report.failed else RunOutcome.DONE, _counts(report), report.problems)
            report = replace(report, run=run.id)
    return report


def _counts(report: Report) -> dict[str, Any]:
    counts = report.as_json()
    del counts["problems"]
    return counts
