"""`rundbrief alerts`: what is wrong now, and whether those who look after it would hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.groups import listing
from pipeline.errors import AlertUntold, Problem

if TYPE_CHECKING:
    from pipeline.alerting.ways import Way
    from pipeline.alerting.wording import Telling
    from pipeline.domain.alert import Standing

app = listing("What is wrong now, and who is told of it.")


@app.command("list")
def list_alerts(context: typer.Context) -> None:
    r"""List the alerts that are on: what affects readers as critical, what is to be seen to by day as a warning.

    `rundbrief run` looks at its end, `rundbrief serve` each minute, and tells those that [alerts] names. This looks too
    and tells nobody. The certificate of the site is looked at by `serve` only.

    \b
    Examples:
      rundbrief alerts
      rundbrief alerts --json
    """
    from pipeline.alerting.watch import on_now
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found, zone = on_now(opened), opened.settings.site.timezone
    if asked.as_json:
        print_json({"alerts": [_plain(one) for one in found]})
        return
    print_table(
        ("SEVERITY", "CAUSE", "ABOUT", "SINCE", "WHAT"),
        [
            (
                one.alert.severity.value,
                one.alert.cause.value,
                " on ".join(filter(None, (one.alert.subject, one.alert.host))),
                shown(one.since, zone),
                f"{one.alert.what} {one.alert.mend}",
            )
            for one in found
        ],
        empty="Nothing is wrong.",
        free=("WHAT",),
    )


@app.command("test")
def test_alerts(context: typer.Context) -> None:
    r"""Send a test to everybody that [alerts] names, on every way. It ends with 1 if one of them can't be told.

    \b
    Example:
      rundbrief alerts test
    """
    from pipeline.alerting.watch import test_telling
    from pipeline.alerting.ways import ways_of
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        ways = ways_of(opened)
        telling = test_telling(opened)
        results = {way.name: _tell(way, telling) for way in ways}
    problems = [problem for problem in results.values() if problem]
    report_problems(problems)
    if asked.as_json:
        print_json({"told": [name for name, problem in results.items() if not problem], "problems": problems})
    elif not ways:
        say("Nobody is told of anything: there is no [alerts.mail], [alerts.webhook] or [alerts.apprise].")
    else:
        for name, problem in results.items():
            if not problem:
                say(f"Told: {name}.")
    if problems:
        raise typer.Exit(FAILED)


def _tell(way: Way, telling: Telling) -> Problem | None:
    try:
        way.tell(telling)
    except AlertUntold as error:
        return error.problem
    return None


def _plain(one: Standing) -> dict[str, object]:
    about = one.alert
    return {
        "severity": about.severity,
        "cause": about.cause,
        "subject": about.subject,
        "host": about.host,
        "what": about.what,
        "mend": about.mend,
        "since": one.since,
    }
