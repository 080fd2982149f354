"""Which slots a plan is about: those that have come and wait for a run, else the next one of each time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline import config
from pipeline.app import App
from pipeline.cadence import next_slot, slots_between
from pipeline.domain.issue import IMMEDIATE, IssueKey
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.engine.due import job_of, zones_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """A slot as a run would see it; ``ends`` says why it would end without an issue, "" if it would not.

    ``due`` tells whether it has come by the time of the plan.
    """

    key: IssueKey
    due: bool
    ends: str = ""


def planned_slots(app: App, newsletter: config.Newsletter, cadence: str, at: datetime) -> Iterator[PlannedSlot]:
    cron = newsletter.cadences[cadence]
    if cron is None:
        key = IssueKey(newsletter=newsletter.name, cadence=IMMEDIATE, zone=newsletter.timezone.key, slot=at)
        yield PlannedSlot(key=key, due=True)
        return
    for zone in zones_of(app, newsletter, cadence):
        yield from _of_zone(app, newsletter, cadence, cron, zone, at)


def _of_zone(
    app: App, newsletter: config.Newsletter, cadence: str, cron: str, zone: str, at: datetime
) -> Iterator[PlannedSlot]:
    known = app.store.runs.known_slot(job_of(newsletter, cadence, zone)) or app.clock()
    waiting = list(slots_between(cron, zone, known, at)) if known < at else []
    come = False
    for verdict in settle_slots(waiting, at, newsletter.max_lateness):
        key = IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=verdict.slot)
        if verdict.fate is SlotFate.DUE:
            come = True
            yield PlannedSlot(key=key, due=True)
        else:
            yield PlannedSlot(key=key, due=True, ends=f"{verdict.fate.value}: {verdict.reason}")
    following = next_slot(cron, zone, at)
    if not come and following is not None:
        key = IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=following)
        yield PlannedSlot(key=key, due=False)
