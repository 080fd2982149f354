"""APScheduler's view of a cadence."""

from __future__ import annotations

from datetime import datetime

from apscheduler.triggers.base import BaseTrigger

from pipeline.cadence import latest_slot, next_slot


class CronSlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Fires at the slots of a cron expression in a time zone.

    Used instead of APScheduler's own cron trigger, which skips days and fires twice when the clocks change.
    """

    def __init__(self, cron: str, zone: str) -> None:
        self.cron = cron
        self.zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The slot after the previous one; after a long sleep the newest that has passed, so that one run catches up.

        APScheduler walks through all the fire times up to now to find the last, which would take long after months.
        """
        if previous_fire_time is None:
            return next_slot(self.cron, self.zone, now)
        if previous_fire_time < now:
            passed = latest_slot(self.cron, self.zone, now, within=now - previous_fire_time)
            if passed is not None:
                return passed
        return next_slot(self.cron, self.zone, previous_fire_time)

    def __str__(self) -> str:
        return f"{self.cron} ({self.zone})"
