"""Why deliveries are still to do at the end of a pass: what waits as it should, and what somebody has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from pipeline.app import App
from pipeline.domain.issue import Hold, Issue
from pipeline.domain.standstill import Standstill
from pipeline.engine.forecast import outlook
from pipeline.errors import Problem

HELD = "mailing-held"
_NEXT = "The next run goes on with them."


def waiting_issues(app: App, issues: Sequence[Issue]) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What is wrong with issues that have something to do, and what is only to be known of them."""
    if (held := app.store.standstills.now()) is not None:
        return (), (held_note(held, app.settings.site.timezone),)
    problems: list[Problem] = []
    notes: list[Problem] = []
    for issue in issues:
        found, wrong = _waiting(app, issue)
        (problems if wrong else notes).append(found)
    return tuple(problems), tuple(notes)


def held_note(held: Standstill, zone: tzinfo) -> Problem:
    """That an operator has put all mailing on hold."""
    return Problem(code=HELD, where="mailing", what=f"{held.said(zone)}.", mend="`rundbrief release` lets it go on.")


def _waiting(app: App, issue: Issue) -> tuple[Problem, bool]:
    where = f"issue {issue.id}"
    what = f"{issue.books.to_do} deliveries of {issue.key.newsletter} are still to do"
    resume = f"`rundbrief issues resume {issue.id}`"
    end = f"`rundbrief issues cancel {issue.id}`"
    if issue.key.newsletter not in app.newsletters:
        mend = f"That newsletter is not configured: add it again, or cancel with {end}."
        return Problem(code="mail-orphaned", where=where, what=f"{what}.", mend=mend), True
    match issue.hold:
        case Hold.HALTED:
            mend = f"{resume} goes on all the same; {end} ends it."
            return Problem(code="mail-halted", where=where, what=f"{what}. {issue.reason}", mend=mend), True
        case Hold.PAUSED:
            return Problem(
                code="mail-paused", where=where, what=f"{what}: it is paused.", mend=f"{resume} goes on."
            ), False
        case Hold.CANARY:
            until = "they are settled" if issue.hold_until is None else f"{issue.hold_until:%Y-%m-%d %H:%M} UTC"
            text = f"{what}: what comes back from the first recipients is waited for until {until}."
            return Problem(code="mail-canary", where=where, what=text, mend=f"{resume} goes on at once."), False
    expected = outlook(app, issue.key.newsletter, issue.books.to_do, app.clock())
    if expected is not None and expected.begins is not None and not expected.why:
        text = f"{what}: the budget of {expected.provider} opens at {expected.begins:%Y-%m-%d %H:%M} UTC."
        return Problem(code="mail-budget", where=where, what=text, mend=_NEXT), False
    why = f": {expected.why}" if expected is not None and expected.why else "."
    return Problem(code="mail-waiting", where=where, what=f"{what}{why}", mend=_NEXT), True
