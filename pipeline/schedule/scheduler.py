"""The scheduler of `rundbrief serve`: jobs with a cadence, run in threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from pipeline.cadence import check_cadence, latest_slot
from pipeline.schedule.clocks import ClockWatch
from pipeline.schedule.lane import Lane
from pipeline.schedule.trigger import CronSlotTrigger

log = structlog.get_logger(__name__)

_THREADS = 16
# A lane lets in one call at a time and keeps the newest slot.  APScheduler must not turn a call away before that:
# it would lose the slot of a job that takes longer than its period.
_CALLS_LET_IN = 1000


class Scheduler:
    """Calls each job's action with the slot that has come up.

    A slot is a promise of the store (UNIQUE), not of this class: an action may be called again for a slot when the
    clock is set back or the process starts anew, and only for the newest of several slots that passed during a
    sleep or a long call.  It works out from the store what is pending, and does nothing for a slot that is done.

    Jobs don't wait for each other, up to 16 at once.  An action that raises is logged and called again at its next
    slot.  Thread-safe.
    """

    def __init__(self, *, watch_every: timedelta = timedelta(seconds=1)) -> None:
        """``watch_every``: how often to look whether the wall clock was set."""
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": _SlotExecutor(_THREADS)})
        self._lanes: dict[str, Lane] = {}
        self._watch_every = watch_every
        self._stopping = threading.Event()
        self._watchdog = threading.Thread(target=self._watch_clocks, name="clock-watch", daemon=True)

    def add(
        self, name: str, cron: str, zone: str, action: Callable[[datetime], None], *, at_start: bool = False
    ) -> None:
        """Add a job.  ``action`` gets the slot, aware, in UTC.

        With ``at_start`` it is also called when the scheduler starts, for the last slot that has passed: to catch up.
        Raises ValueError for a name that is taken, or a cadence that can't be used (`pipeline.cadence`).
        """
        if name in self._lanes:
            msg = f"there is a job “{name}” already"
            raise ValueError(msg)
        check_cadence(cron, zone)
        trigger = CronSlotTrigger(cron, zone)
        past = latest_slot(cron, zone, datetime.now(UTC)) if at_start else None
        lane = self._lanes[name] = Lane(name, action)
        options = {} if past is None else {"next_run_time": past}
        self._scheduler.add_job(
            lane.run,
            trigger,
            id=name,
            name=name,
            coalesce=True,
            misfire_grace_time=None,
            max_instances=_CALLS_LET_IN,
            **options,
        )

    def start(self) -> None:
        """Start, in threads of its own.  A scheduler starts once."""
        self._scheduler.start()
        self._watchdog.start()

    def stop(self, *, wait: bool = True) -> None:
        """Begin no more calls; with ``wait`` return when those under way have ended.  May be called more than once."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for lane in self._lanes.values():
            lane.close()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=wait)
            self._watchdog.join()

    def next_slots(self) -> dict[str, datetime | None]:
        """Each job's next slot, aware, in UTC; None before the start and for a job that has none any more."""
        jobs = {job.id: job.next_run_time for job in self._scheduler.get_jobs()} if self._scheduler.running else {}
        return {name: jobs.get(name) for name in self._lanes}

    def _watch_clocks(self) -> None:
        watch = ClockWatch()
        while True:
            if jump := watch.observe(datetime.now(UTC), time.monotonic()):
                self._clock_was_set(jump)
            if self._stopping.wait(self._watch_every.total_seconds()):
                return

    def _clock_was_set(self, jump: timedelta) -> None:
        """Let APScheduler look at the clock, which it otherwise does only when a wait by the other clock is over."""
        log.warning("clock was set", seconds=round(jump.total_seconds(), 1))
        if jump < timedelta():
            now = datetime.now(UTC)
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
        self._scheduler.wakeup()


class _SlotExecutor(ThreadPoolExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Tells the lane which slot it is called for, which APScheduler keeps to itself."""

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        lane: Lane = job.func.__self__
        lane.put(run_times[-1].astimezone(UTC))
        super()._do_submit_job(job, run_times)
