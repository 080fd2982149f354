"""Plans that are saved: `rundbrief plan --save` and `--drop`, `rundbrief send --plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.app import App
    from pipeline.cli.everywhere import Invocation
    from pipeline.domain.issue import Issue
    from pipeline.engine.local import LocalEngine
    from pipeline.engine.report import Report


def save_plan(asked: Invocation, newsletter: str | None, cadence: str | None, at: str | None, *, online: bool) -> None:
    from pipeline.cli.names import newsletter_named, only_cadence
    from pipeline.cli.output import say
    from pipeline.cli.plan import print_plans
    from pipeline.cli.times import shown
    from pipeline.engine.links import Links
    from pipeline.engine.saved_plans import save_plans

    if at is not None:
        raise WrongUse("What is saved is what there is now.", where="--at", mend="Leave it out.")
    if newsletter is None:
        raise WrongUse("A plan is saved for one newsletter.", where="--save", mend="Name it.")
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
        links = Links(opened) if online else None
        savings = list(save_plans(opened, letter, only_cadence(letter, cadence), links))
        now, held = opened.clock(), opened.store.standstills.now()
        saved = [one.plan.issue for one in savings if one.plan.issue]
        issues = opened.store.issues.shown(saved)
    problems = [problem for one in savings for problem in one.problems]
    if not saved:
        what = f"Nothing is saved{': see what stops it' if problems else ''}."
        problems.append(Problem(code="plan-not-saved", where=f"newsletter {letter.name}", what=what))
    print_plans([one.plan for one in savings], now, letter.timezone, problems, held=held, as_json=asked.as_json)
    report_problems(problems)
    if issues and not asked.as_json:
        ids, until = " ".join(f"--plan {one.id}" for one in issues), max(one.hold_until or now for one in issues)
        say(f"\nSaved. `rundbrief send {ids}` mails it, until {shown(until, letter.timezone)}.")
    if problems:
        raise typer.Exit(FAILED)


def drop_plan(asked: Invocation, number: int) -> None:
    from pipeline.cli.output import print_json, say
    from pipeline.engine.saved_plans import take_back

    with asked.app() as opened:
        issue = _saved(opened, number)
        dropped = take_back(opened, issue)
    mend = f"`rundbrief issues cancel {number}` ends it: its articles come with the next issue."
    what = "Its slot has come, and has to end with it."
    problems = [] if dropped else [Problem(code="plan-kept", where=f"issue {number}", what=what, mend=mend)]
    report_problems(problems)
    if asked.as_json:
        print_json({"dropped": number if dropped else None, "problems": problems})
    elif dropped:
        say(f"The plan {number} is dropped: its slot is as if it had never been saved.")
    if problems:
        raise typer.Exit(FAILED)


def send_plans(asked: Invocation, numbers: Sequence[int]) -> None:
    """Mail saved plans: now, or at their slots where these are still to come."""
    from pipeline.cli.output import say
    from pipeline.cli.recording import carry_out
    from pipeline.cli.summary import finish
    from pipeline.cli.times import shown
    from pipeline.engine.report import Report
    from pipeline.engine.saved_plans import let_go

    with asked.app() as opened:
        issues = [_saved(opened, number) for number in dict.fromkeys(numbers)]

        def work(engine: LocalEngine) -> Report:
            opened.bury_the_dead()
            opened.store.fence.check()
            problems = [found for issue in issues if (found := let_go(opened, issue))]
            stopped = Report(problems=tuple(problems))
            return stopped if problems else engine.mail(issue.id for issue in issues)

        report = carry_out(opened, "send", work)
        for issue in opened.store.issues.shown([issue.id for issue in issues]) if not asked.as_json else ():
            if issue.hold and not report.failed:
                zone = opened.settings.site.timezone
                say(f"Issue {issue.id} goes out at {shown(issue.key.slot, zone)}, with the run that comes then.")
        finish(opened.settings, report, ("mailed",), as_json=asked.as_json)


def _saved(opened: App, number: int) -> Issue:
    """The saved plan of that number.  Raises `WrongUse` where it is none."""
    from pipeline.cli.issue_named import issue_named
    from pipeline.domain.issue import UNSENT

    issue = issue_named(opened, number)
    if issue.hold not in UNSENT:
        what = f"Issue {number} is no saved plan: it is {(issue.hold or issue.state).value}."
        raise WrongUse(what, mend="`rundbrief issues` lists those that are, as saved.")
    return issue
