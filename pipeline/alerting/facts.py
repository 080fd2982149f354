"""What is wrong now, as alerts: read from the store, and from this machine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.app import App
from pipeline.config import OutboxProvider
from pipeline.doctor.machine import disks
from pipeline.doctor.work import stalled_schedules
from pipeline.domain.alert import Alert, Cause
from pipeline.domain.issue import Hold, Issue
from pipeline.domain.run import Run, RunOutcome
from pipeline.domain.slots import span_text
from pipeline.engine.waiting import waiting_issues
from pipeline.errors import InstanceFenced, Problem

_DOUBTFUL = timedelta(hours=1)
_MISSED_LATELY = timedelta(days=1)
_NOTICE = timedelta(hours=1)
_TIRED = 9
"""Failures in a row of a provider: it rests longer after each, so that is a quarter of an hour."""

_PASSES = ("run", "publish and mail")
_MAILS, _PUBLISHES = (*_PASSES, "send"), (*_PASSES, "publish")
_OF_RUNS: Mapping[str, Cause] = {
    "provider-rejected": Cause.PROVIDER_REFUSES,
    "render": Cause.MAIL_UNRENDERED,
    "books": Cause.BOOKS,
}
_PREFLIGHT = "preflight-"
_OF_PUBLISHING = frozenset({"publish", "unexpected"})


def facts(app: App, host: str) -> Sequence[Alert]:
    """Everything that is wrong now.  ``host`` is this machine."""
    last = app.store.runs.last_of_each()
    return [
        *_standing(app),
        *_issues(app),
        *_slots(app, last),
        *_runs(last),
        *_notices(app),
        *_providers(app),
        *_sources(app),
        *_disks(app, host),
    ]


def _standing(app: App) -> Iterator[Alert]:
    """What keeps everything from being mailed."""
    try:
        app.store.fence.check()
    except InstanceFenced as error:
        yield _alert(Cause.FENCED, "", error.problem)
    held, longest = app.store.standstills.now(), app.settings.alerts.held_after
    if held is not None and app.clock() - held.since > longest:
        mend = "Was it forgotten? `rundbrief release` lets it go on."
        yield Alert(cause=Cause.HELD, subject="mailing", what=f"{held.said(app.settings.site.timezone)}.", mend=mend)


def _issues(app: App) -> Iterator[Alert]:
    now, alerts = app.clock(), app.settings.alerts
    if not (open_ := app.store.issues.open_issues()):
        return
    issues = app.store.issues.shown(open_)
    for issue in issues:
        if issue.books.in_doubt and now - issue.frozen_at > _DOUBTFUL:
            yield _doubt(issue)
        if issue.hold is Hold.PAUSED and now - issue.frozen_at > alerts.held_after:
            what = f"Issue {issue.id} is paused; {issue.books.to_do} deliveries are still to do."
            mend = f"Was it forgotten? `rundbrief issues resume {issue.id}` lets it go on."
            yield Alert(cause=Cause.HELD, subject=issue.key.newsletter, what=what, mend=mend)
    by_name = {f"issue {issue.id}": issue for issue in issues}
    for problem in waiting_issues(app, [issue for issue in issues if issue.books.to_do])[0]:
        issue = by_name[problem.where]
        if problem.code == "mail-halted":
            yield _alert(Cause.MAIL_HALTED, issue.key.newsletter, problem)
        elif now - issue.frozen_at > alerts.late_after:
            yield _alert(Cause.MAIL_LATE, issue.key.newsletter, problem)


def _doubt(issue: Issue) -> Alert:
    what = f"{issue.books.in_doubt} deliveries of issue {issue.id} are in doubt: it is not known who got it."
    mend = f"`rundbrief issues show {issue.id}`, then `rundbrief issues resolve {issue.id}`."
    return Alert(cause=Cause.MAIL_IN_DOUBT, subject=issue.key.newsletter, what=what, mend=mend)


def _slots(app: App, last: Collection[Run]) -> Iterator[Alert]:
    stalled = stalled_schedules(app)
    if stalled:
        more = f" {len(stalled) - 1} more schedules wait too." if len(stalled) > 1 else ""
        what = f"{stalled[0].where}: {stalled[0].what}{more}"
        yield Alert(cause=Cause.SCHEDULE_STALLED, subject="", what=what, mend=stalled[0].mend)
    for run in last:
        newsletter = _newsletter(run)
        missed = run.outcome is RunOutcome.MISSED and app.clock() - run.started < _MISSED_LATELY
        if run.slot and newsletter in app.newsletters and missed:
            what = f"The slot of {run.slot:%Y-%m-%d %H:%M} UTC was not mailed: {run.reason}."
            mend = "Its articles come in the next issue. `rundbrief runs --outcome missed` lists what was missed."
            yield Alert(cause=Cause.SLOT_MISSED, subject=newsletter, what=what, mend=mend)


def _newsletter(run: Run) -> str:
    kind, _, rest = run.job.partition("/")
    return rest.partition("/")[0] if kind == "mail" else ""


def _runs(last: Collection[Run]) -> Iterator[Alert]:
    """What the newest pass said that would go on if nobody did anything."""
    mailed = _newest(last, _MAILS)
    for problem in mailed.problems if mailed else ():
        cause = Cause.MAIL_UNRENDERED if problem.code.startswith(_PREFLIGHT) else _OF_RUNS.get(problem.code)
        if cause is not None:
            yield _alert(cause, problem.where, problem)
    published = _newest(last, _PUBLISHES)
    failed = [one for one in published.problems if one.code in _OF_PUBLISHING] if published else []
    if failed:
        yield _alert(Cause.PUBLISHING_FAILS, "", failed[0])


def _newest(last: Collection[Run], jobs: Collection[str]) -> Run | None:
    return max((run for run in last if run.job in jobs), key=lambda run: run.id, default=None)


def _notices(app: App) -> Iterator[Alert]:
    oldest, now = app.store.figures.oldest_notice(), app.clock()
    if oldest is not None and now - oldest > _NOTICE and app.store.standstills.now() is None:
        what = f"Messages about subscriptions (please confirm, welcome) wait since {span_text(now - oldest)}."
        mend = "`rundbrief run` says why; `rundbrief doctor` looks further."
        yield Alert(cause=Cause.NOTICES_LATE, subject="", what=what, mend=mend)


def _providers(app: App) -> Iterator[Alert]:
    for name, figures in app.store.figures.providers().items():
        if name in app.settings.providers and figures.failures > _TIRED:
            what = f"{figures.failures} calls in a row came to nothing: {figures.error}"
            mend = "Look at its status page, and at `rundbrief issues`."
            yield Alert(cause=Cause.PROVIDER_FAILS, subject=name, what=what, mend=mend)
    for name, state in app.store.event_polls.failing().items():
        since = state.failing_since
        if since is not None and app.clock() - since > app.settings.alerts.source_after:
            what = f"can't be read since {span_text(app.clock() - since)}: {state.error}"
            mend = "Bounces and complaints are not heard of meanwhile."
            yield Alert(cause=Cause.EVENTS_FAIL, subject=name, what=what, mend=mend)


def _sources(app: App) -> Iterator[Alert]:
    known, now = app.store.figures.sources(), app.clock()
    for source in app.settings.sources:
        found = known.get(source.name)
        since = _failing_since(found.last_success, app) if found and found.failures else None
        if found and since is not None and now - since > app.settings.alerts.source_after:
            what = f"It has not answered since {span_text(now - since)}; {found.failures} polls failed."
            mend = f"`rundbrief sources show {source.name}` says why."
            yield Alert(cause=Cause.SOURCE_FAILS, subject=source.name, what=what, mend=mend)


def _failing_since(last_success: datetime | None, app: App) -> datetime:
    return last_success or app.store.created


def _disks(app: App, host: str) -> Iterator[Alert]:
    settings = app.settings
    places: dict[str, Path] = {"store": app.store.directory, "publish.directory": settings.publish.directory}
    for name, provider in settings.providers.items():
        if isinstance(provider, OutboxProvider):
            places[f"providers.{name}"] = provider.directory
    for found in disks(list(places.items())):
        for problem in found.problems:
            yield _alert(Cause.DISK_FULL, problem.where, problem, host)
        for problem in found.warnings:
            yield _alert(Cause.DISK_FILLS, problem.where, problem, host)


def _alert(cause: Cause, subject: str, problem: Problem, host: str = "") -> Alert:
    what = problem.what if not problem.where or problem.where == subject else f"{problem.where}: {problem.what}"
    return Alert(cause=cause, subject=subject, what=what, mend=problem.mend, host=host)
