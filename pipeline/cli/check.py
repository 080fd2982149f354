"""`rundbrief check`: whether everything is there that a run needs."""

from __future__ import annotations

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems


def check(context: typer.Context) -> None:
    r"""Look whether everything is there that a run needs.

    It looks at the configuration; the templates, by rendering examples and looking them over; the providers and their
    credentials; the directories; the store. All problems are listed at once; nothing is collected, published or
    mailed. It ends with 2 for a mistake in the configuration, and with 1 for anything else.

    \b
    Example:
      rundbrief check
    """
    from pipeline.cli.logs import configure_logs
    from pipeline.cli.output import print_json, say
    from pipeline.cli.readiness import examine

    configure_logs()
    asked = invocation(context)
    settings = asked.settings()
    findings = list(examine(settings))
    problems = [problem for finding in findings for problem in finding.problems]
    warnings = [warning for finding in findings for warning in finding.warnings]
    if asked.as_json:
        checks = [{"what": one.what, "ok": not one.problems} for one in findings]
        print_json(
            {"checks": [{"what": str(settings.file), "ok": True}, *checks], "warnings": warnings, "problems": problems}
        )
    else:
        say(f"ok      configuration {settings.file}")
        for one in findings:
            say(f"{'FAILED' if one.problems else 'ok':<7} {one.what}")
            for warning in one.warnings:
                say(f"warning {warning.what} {warning.mend}".rstrip())
    report_problems(problems)
    if problems:
        raise typer.Exit(FAILED)
    if not asked.as_json:
        say("Everything is there.")
