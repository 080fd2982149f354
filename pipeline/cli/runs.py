"""`rundbrief runs`: what was done, when, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse
from pipeline.cli.groups import listing
from pipeline.domain.run import RunOutcome

if TYPE_CHECKING:
    from pipeline.domain.run import Run

app = listing("What was done, when, and what came of it.")


@app.command("list")
def list_runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest.")] = 20,
    job: Annotated[str | None, typer.Option(help="Only runs of this job, such as run or collect/SOURCE.")] = None,
    outcome: Annotated[
        list[RunOutcome] | None, typer.Option(help="Only those that ended so; may be given more than once.")
    ] = None,
) -> None:
    r"""List the newest runs. Those of `rundbrief serve` have a slot: the time that they were for.

    \b
    Examples:
      rundbrief runs
      rundbrief runs --job run --limit 3
      rundbrief runs --outcome failed --outcome missed
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown, span

    asked = invocation(context)
    with asked.app() as opened:
        found = opened.store.runs.newest(limit=limit, job=job, outcomes=outcome or ())
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"runs": [_plain(run) for run in found]})
        return
    print_table(
        ("ID", "JOB", "SLOT", "BY", "STARTED", "TOOK", "OUTCOME", "PROBLEMS", "REASON"),
        [
            (
                run.id,
                run.job,
                shown(run.slot, zone),
                _words(run.started_by),
                shown(run.started, zone),
                span(run.ended - run.started if run.ended else None),
                _words(run.outcome),
                len(run.problems),
                run.reason,
            )
            for run in found
        ],
        empty="There was no run yet. `rundbrief run` collects, publishes, and mails what is due.",
        free=("REASON",),
    )


@app.command("show")
def show_run(
    context: typer.Context, run: Annotated[int, typer.Argument(metavar="ID", help="Its number in `rundbrief runs`.")]
) -> None:
    r"""Show one run: what it counted, its problems, and the last lines that were logged in it.

    \b
    Example:
      rundbrief runs show 7
    """
    from pipeline.cli.failures import line_of
    from pipeline.cli.output import print_facts, print_json
    from pipeline.cli.times import shown, span
    from pipeline.domain.run import RunId

    asked = invocation(context)
    with asked.app() as opened:
        found = opened.store.runs.one(RunId(run))
        zone = opened.settings.site.timezone
    if found is None:
        raise WrongUse(f"There is no run {run}.", mend="`rundbrief runs` lists them.")
    if asked.as_json:
        print_json({"run": _plain(found)})
        return
    print_facts(
        [
            ("Run", found.id),
            ("Job", found.job),
            ("Slot", shown(found.slot, zone)),
            ("Started by", _words(found.started_by)),
            ("Started", shown(found.started, zone)),
            ("Took", span(found.ended - found.started if found.ended else None)),
            ("Outcome", _words(found.outcome)),
            ("Reason", found.reason),
            *_counted(found.counts),
            ("Problems", "\n".join(line_of(problem) for problem in found.problems)),
            ("Log", "\n".join(_log_line(line, zone) for line in found.log)),
        ]
    )


@app.command("follow")
def follow_runs(
    context: typer.Context,
    run: Annotated[
        int | None, typer.Argument(metavar="ID", help="Only this one, until it ends; all, until Ctrl-C, if absent.")
    ] = None,
) -> None:
    r"""Tell of runs as they begin and end, in whatever process they are.

    With an ID it ends with that run, and with 1 where that failed. With --json each line is an object.

    \b
    Examples:
      rundbrief runs follow
      rundbrief runs follow 7
    """
    from pipeline.cli.run_following import follow

    asked = invocation(context)
    with asked.app() as opened:
        failed = follow(opened.store.runs, opened.settings.site.timezone, run, as_json=asked.as_json)
    if failed:
        raise typer.Exit(FAILED)


def _plain(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "job": run.job,
        "slot": run.slot,
        "started_by": run.started_by,
        "started": run.started,
        "ended": run.ended,
        "outcome": run.outcome.value,
        "reason": run.reason,
        "counts": run.counts,
        "problems": run.problems,
        "log": run.log,
    }


def _words(value: StrEnum | None) -> str:
    return value.value.replace("_", " ") if value else ""


def _log_line(line: Mapping[str, str], zone: tzinfo) -> str:
    """``22:10:02 warning: what happened (name=value)``, by the wall clock of the zone."""
    rest = {name: value for name, value in line.items() if name not in ("timestamp", "level", "event")}
    facts = ", ".join(f"{name}={value}" for name, value in rest.items())
    at = datetime.fromisoformat(line["timestamp"]).astimezone(zone)
    said = f"{at:%H:%M:%S} {line.get('level', '')}: {line.get('event', '')}"
    return f"{said} ({facts})" if facts else said


def _counted(counts: Any) -> list[tuple[str, str]]:  # noqa: ANN401  (what a run counted, as it was written down)
    collected, published = counts.get("collected", {}), counts.get("published", {})
    issues = counts.get("mailed", {}).get("issues", [])
    return [
        ("Collected", ", ".join(f"{number} {what}" for what, number in collected.items() if number)),
        (
            "Published",
            ", ".join(f"{len(paths)} {what}" for what, paths in published.items() if isinstance(paths, list) and paths),
        ),
        (
            "Mailed",
            "\n".join(
                f"issue {one['id']}: {one['newsletter']} {one['cadence']}, "
                + (f"{one['state']}: {one['skipped']}" if one["skipped"] else f"{one['accepted']} of {one['audience']}")
                for one in issues
            ),
        ),
    ]
