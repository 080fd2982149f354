"""The work: schedules, runs, mail that does not get on, and what is heard of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from pipeline import wiring
from pipeline.app import App
from pipeline.cadence import slots_between
from pipeline.doctor.examined import Examined
from pipeline.domain.run import RunOutcome
from pipeline.domain.slots import span_text
from pipeline.engine.due import forgotten_subscriptions, job_of, zones_of
from pipeline.engine.waiting import held_note
from pipeline.errors import ConfigError, Problem

_GRACE = timedelta(minutes=20)
"""How long a slot may wait where a timer calls `rundbrief run`."""

_SILENT = timedelta(days=7)
_DOUBTFUL = timedelta(hours=1)


def work(app: App) -> Iterator[Examined]:
    yield Examined(what="schedules", problems=stalled_schedules(app), warnings=forgotten_subscriptions(app))
    yield _runs(app)
    yield _mailing(app)
    yield _hearing(app)


def stalled_schedules(app: App) -> Sequence[Problem]:
    """Schedules whose slots wait for longer than a timer may take, unless they are meant to."""
    now, slots = app.clock(), app.store.runs.known_slots()
    stalled: list[Problem] = []
    if app.store.standstills.now() is not None:
        return stalled
    for newsletter in app.settings.newsletters:
        for cadence, cron in newsletter.schedules.items():
            for zone in zones_of(app, newsletter, cadence):
                known = slots.get(job_of(newsletter, cadence, zone))
                waiting = list(slots_between(cron, zone, known, now - _GRACE)) if known and known < now else []
                if waiting:
                    where = f"newsletter {newsletter.name}, {cadence} ({zone})"
                    what = f"{len(waiting)} slots wait, the first since {span_text(now - waiting[0])}."
                    mend = "Does `rundbrief serve` run, or a timer call `rundbrief run`?"
                    stalled.append(Problem(code="schedule-stalled", where=where, what=what, mend=mend))
    return stalled


def _runs(app: App) -> Examined:
    last = app.store.runs.last_of_each()
    failed = [
        Problem(
            code="run-failed",
            where=f"run {run.id}, {run.job}",
            what=str(run.problems[0]) if run.problems else "The last one failed.",
            mend=f"See `rundbrief runs show {run.id}`.",
        )
        for run in last
        if run.outcome in (RunOutcome.FAILED, RunOutcome.BROKEN_OFF)
    ]
    newest = max((run.started for run in last), default=None)
    text = f"the last began {span_text(app.clock() - newest)} ago" if newest else "there was none yet"
    return Examined(what=f"runs: {text}", warnings=failed)


def _mailing(app: App) -> Examined:
    now = app.clock()
    doubts = [
        Problem(
            code="mail-in-doubt",
            where=f"issue {one.id}",
            what=f"{one.books.in_doubt} deliveries are in doubt since {span_text(now - one.frozen_at)}.",
            mend=f"`rundbrief issues show {one.id}`, then `rundbrief issues resolve {one.id}`.",
        )
        for one in app.store.issues.shown(app.store.issues.open_issues())
        if one.books.in_doubt and now - one.frozen_at > _DOUBTFUL
    ]
    held = app.store.standstills.now()
    return Examined(
        what="mailing", problems=doubts, warnings=[held_note(held, app.settings.site.timezone)] if held else []
    )


def _hearing(app: App) -> Examined:
    """Webhooks that nothing came through lately though there was mail, and logs and mailboxes that can't be read."""
    now, warnings = app.clock(), []
    for name, facts in app.store.events.heard_of().items():
        if name not in app.settings.providers or facts.submitted is None or now - facts.submitted > _SILENT:
            continue
        try:
            hook = wiring.events.make_webhook(app.settings, name, lambda _url: b"")
        except ConfigError:
            continue  # the examination of providers says so
        if hook is not None and (facts.heard is None or now - facts.heard > _SILENT):
            heard = f"for {span_text(now - facts.heard)}" if facts.heard else "ever"
            what = f"Nothing came through its webhook {heard}, though mail was handed over."
            mend = f"Is {app.settings.site.url}/webhooks/{name} entered at the provider, and does it get through?"
            warnings.append(Problem(code="webhook-silent", where=f"provider {name}", what=what, mend=mend))
    for poll, state in app.store.event_polls.failing().items():
        since = span_text(now - state.failing_since) if state.failing_since else "some time"
        what = f"can't be read since {since}: {state.error}"
        warnings.append(Problem(code="events", where=poll, what=what, mend="Bounces are not heard of meanwhile."))
    return Examined(what="events of providers", warnings=warnings)
