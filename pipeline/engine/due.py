"""Which issues are due: every slot that has come up gets its issue, or its end with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog

from pipeline import config, wiring
from pipeline.app import App
from pipeline.app.run_book import started_by
from pipeline.cadence import latest_slot, slots_between
from pipeline.domain.issue import IMMEDIATE, IssueKey, IssueState
from pipeline.domain.ledger import IssueId
from pipeline.domain.run import RunOutcome
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.errors import Problem

log = structlog.get_logger(__name__)


def freeze_due(app: App) -> list[IssueId]:
    """Step: freeze the issues of all slots that have come up; returns those that this call froze or closed."""
    return [
        issue
        for newsletter in app.settings.newsletters
        for cadence, cron in newsletter.cadences.items()
        for issue in (_immediate(app, newsletter) if cron is None else _scheduled(app, newsletter, cadence, cron))
    ]


def freeze_one(app: App, newsletter: config.Newsletter, cadence: str, slot: datetime | None) -> list[IssueId]:
    """Freeze one issue because a person wants it: for ``slot``, or for the last one that has come up."""
    if cadence == IMMEDIATE:
        return list(_immediate(app, newsletter))
    cron = newsletter.schedules[cadence]
    frozen: list[IssueId] = []
    for zone in zones_of(app, newsletter, cadence):
        at = slot or latest_slot(cron, zone, app.clock())
        if at is not None:
            frozen += _freeze(
                app, newsletter, IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=at)
            )
    return frozen


def forgotten_subscriptions(app: App) -> list[Problem]:
    """Active subscriptions that no slot will ever come for, because their cadence is not configured (any more)."""
    return [
        Problem(
            code="subscriptions-forgotten",
            where=f"newsletters.{newsletter}.cadences",
            what=f"{size} active subscriptions have the cadence {cadence}, which is not configured.",
            mend="They get nothing: configure it again under that name.",
        )
        for newsletter, cadence, size in app.store.subscriptions.census()
        if newsletter not in app.newsletters or cadence not in app.newsletters[newsletter].cadences
    ]


def job_of(newsletter: config.Newsletter, cadence: str, zone: str) -> str:
    """The name under which a schedule's slots are kept."""
    return f"mail/{newsletter.name}/{cadence}/{zone}"


def _immediate(app: App, newsletter: config.Newsletter) -> Iterator[IssueId]:
    zone = newsletter.timezone.key
    slot = app.store.issues.immediate_slot(newsletter.name, zone)
    if slot is not None:
        key = IssueKey(newsletter=newsletter.name, cadence=IMMEDIATE, zone=zone, slot=slot)
        yield from _freeze(app, newsletter, key)


def _scheduled(app: App, newsletter: config.Newsletter, cadence: str, cron: str) -> Iterator[IssueId]:
    now = app.clock()
    for zone in zones_of(app, newsletter, cadence):
        job = job_of(newsletter, cadence, zone)
        pending = list(slots_between(cron, zone, app.store.runs.last_slot(job, now), now))
        for verdict in settle_slots(pending, now, newsletter.max_lateness):
            key = IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=verdict.slot)
            if verdict.fate is SlotFate.DUE:
                frozen = tuple(_freeze(app, newsletter, key))
                yield from frozen
                outcome, reason = RunOutcome.DONE, f"issue {frozen[0]}" if frozen else "its issue was there already"
            else:
                missed = verdict.fate is SlotFate.MISSED
                state = IssueState.MISSED if missed else IssueState.SKIPPED
                closed = app.store.issues.close_slot(key, state, verdict.reason, now)
                yield from () if closed is None else (closed,)
                outcome, reason = RunOutcome.MISSED if missed else RunOutcome.SKIPPED, verdict.reason
            app.store.runs.close_slot(job, verdict.slot, outcome, reason, now, started_by(verdict.slot, now))
            app.store.runs.pass_slot(job, verdict.slot)


def zones_of(app: App, newsletter: config.Newsletter, cadence: str) -> tuple[str, ...]:
    """The time zones in which the cadence has slots."""
    own = newsletter.timezone.key
    return app.store.issues.zones(newsletter.name, cadence, own) if newsletter.local_time else (own,)


def _freeze(app: App, newsletter: config.Newsletter, key: IssueKey) -> Iterator[IssueId]:
    issue = app.store.issues.freeze(key, wiring.mail.terms(newsletter, app.providers(newsletter)), app.clock())
    if issue is not None:
        log.info(
            "issue made",
            issue=issue,
            newsletter=key.newsletter,
            cadence=key.cadence,
            zone=key.zone,
            slot=key.slot.isoformat(),
        )
        yield issue
