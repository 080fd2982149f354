"""Plans that are frozen, so that what a person has looked at is what is mailed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app import App
from pipeline.domain.issue import IMMEDIATE, Hold, IssueKey
from pipeline.engine.due import job_of
from pipeline.engine.links import Links
from pipeline.engine.plan import IssuePlan, Planner
from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.domain.issue import Issue
    from pipeline.domain.ledger import IssueId


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What came of one slot: the plan, which has an ``issue`` if it was saved; and what kept it from that."""

    plan: IssuePlan
    problems: tuple[Problem, ...] = ()


def save_plans(app: App, newsletter: config.Newsletter, cadence: str, links: Links | None = None) -> Iterator[Saving]:
    """Freeze and render the cadence's issues, of which nothing goes out before `let_go`.

    With ``links`` every address in a message is asked whether it is still there.  A plan with an error is not saved,
    and its slot stays as it is.
    """
    app.store.fence.check()
    app.release()
    planner = Planner(app, app.clock(), links)
    for foreseen in planner.plan(newsletter, cadence):
        if not foreseen.variants:
            yield Saving(plan=foreseen)
        elif wrong := _errors(foreseen):
            yield Saving(plan=foreseen, problems=wrong)
        else:
            yield _save(app, planner, newsletter, foreseen)


def take_back(app: App, issue: Issue) -> bool:
    """Make a saved plan undone; False if it is none, or if its slot has come: that must end with this issue."""
    letter = app.newsletters.get(issue.key.newsletter)
    if issue.key.cadence != IMMEDIATE:
        passed = letter and app.store.runs.known_slot(job_of(letter, issue.key.cadence, issue.key.zone))
        if issue.key.slot <= app.clock() or (passed and passed >= issue.key.slot):
            return False
    return app.store.plans.take_back(issue.id)


def let_go(app: App, issue: Issue) -> Problem | None:
    """Let a saved plan go out, at once or at its slot; what keeps it from that, if anything does."""
    if issue.hold is Hold.SLOT or app.store.plans.let_go(issue.id, app.clock()):
        return None
    mend = f"`rundbrief plan --drop {issue.id}` lets it go, or `rundbrief issues cancel {issue.id}`: then save another."
    what = "It is no longer a saved plan."
    if issue.hold is Hold.SAVED:
        over = issue.hold_until is not None and issue.hold_until < app.clock()
        what = "It has waited for too long." if over else "It was never rendered to its end: nobody can have seen it."
    return Problem(code="plan-not-sent", where=f"issue {issue.id}", what=what, mend=mend)


def review_plans(app: App) -> list[Problem]:
    """Step: let saved plans go out whose slot has come, and end those that waited for too long."""
    over = app.store.plans.review(app.clock())
    what, mend = "A saved plan was not sent in time: it is cancelled.", "Its articles come with the next issue."
    return [Problem(code="plan-over", where=f"issue {id_}", what=what, mend=mend) for id_ in over]


def _save(app: App, planner: Planner, newsletter: config.Newsletter, foreseen: IssuePlan) -> Saving:
    key = _key(app, newsletter, foreseen)
    terms = wiring.mail.terms(newsletter, app.providers(newsletter))
    id_ = app.store.plans.save(key, terms, app.clock(), newsletter.max_lateness) if key else None
    if key is None or id_ is None:
        return Saving(plan=replace(foreseen, variants=(), reason="nothing of it has settled yet"))
    if problems := app.render_issue(id_):
        _undo(app, id_)
        return Saving(plan=foreseen, problems=tuple(problems))
    return Saving(plan=planner.saved(newsletter, key, id_, due=foreseen.due))


def _key(app: App, newsletter: config.Newsletter, foreseen: IssuePlan) -> IssueKey | None:
    if foreseen.key.cadence != IMMEDIATE:
        return foreseen.key
    slot = app.store.issues.immediate_slot(newsletter.name, foreseen.key.zone)
    return replace(foreseen.key, slot=slot) if slot else None


def _undo(app: App, id_: IssueId) -> None:
    """Let a plan go that can't be rendered."""
    issue = app.store.issues.shown([id_])[0]
    if not take_back(app, issue):
        app.store.issues.cancel(id_, "its plan could not be rendered", app.clock())


def _errors(foreseen: IssuePlan) -> tuple[Problem, ...]:
    from pipeline.render.findings import errors  # noqa: PLC0415  (it loads slowly)

    where = f"newsletter {foreseen.key.newsletter}"
    wrong = [one.problem(where) for variant in foreseen.variants for one in errors(variant.findings)]
    return tuple(dict.fromkeys(wrong))
