"""The scheduler, with real threads and the real clock."""

from __future__ import annotations

import queue
import threading
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from pipeline.cadence import latest_slot, next_slot
from pipeline.schedule.scheduler import Scheduler
from pipeline.schedule.trigger import CronSlotTrigger

SLOT = datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_the_trigger_goes_from_slot_to_slot() -> None:
    trigger = CronSlotTrigger("0 7 * * *", "UTC")
    assert trigger.get_next_fire_time(None, SLOT - timedelta(seconds=1)) == SLOT
    assert trigger.get_next_fire_time(SLOT, SLOT) == SLOT + timedelta(days=1)


def test_after_a_long_sleep_the_trigger_gives_the_newest_slot_that_passed() -> None:
    trigger = CronSlotTrigger("* * * * *", "UTC")
    woken = SLOT + timedelta(days=400, seconds=10)
    assert trigger.get_next_fire_time(SLOT, woken) == SLOT + timedelta(days=400)
    assert trigger.get_next_fire_time(SLOT + timedelta(days=400), woken) == SLOT + timedelta(days=400, minutes=1)


def test_a_job_that_catches_up_is_called_at_the_start_for_the_last_slot_and_the_others_are_not() -> None:
    calls: queue.Queue[tuple[str, datetime]] = queue.Queue()
    scheduler = Scheduler()
    scheduler.add("weekly", "0 8 * * 1", "Europe/Berlin", lambda slot: calls.put(("weekly", slot)), at_start=True)
    scheduler.add("yearly", "0 0 1 1 *", "Europe/Berlin", lambda slot: calls.put(("yearly", slot)))
    assert scheduler.next_slots() == {"weekly": None, "yearly": None}
    scheduler.start()
    try:
        now = datetime.now(UTC)
        assert calls.get(timeout=5) == ("weekly", latest_slot("0 8 * * 1", "Europe/Berlin", now))
        assert scheduler.next_slots() == {
            "weekly": next_slot("0 8 * * 1", "Europe/Berlin", now),
            "yearly": next_slot("0 0 1 1 *", "Europe/Berlin", now),
        }
    finally:
        scheduler.stop()
    assert calls.empty()


def test_a_long_or_failing_job_does_not_hold_up_the_others_and_stop_waits_for_what_is_under_way() -> None:
    others = threading.Event()
    ended: list[str] = []

    def long(_slot: datetime) -> None:
        others.wait(5)
        ended.append("long")

    def fail(_slot: datetime) -> None:
        message = "broken"
        raise RuntimeError(message)

    scheduler = Scheduler()
    with capture_logs() as logs:
        scheduler.add("long", "@daily", "UTC", long, at_start=True)
        scheduler.add("fail", "@daily", "UTC", fail, at_start=True)
        scheduler.add("other", "@daily", "UTC", lambda _slot: others.set(), at_start=True)
        scheduler.start()
        assert others.wait(5)
        scheduler.stop()
    assert ended == ["long"]
    assert [(log["event"], log["job"]) for log in logs] == [("job failed", "fail")]
    scheduler.stop()


def test_it_can_be_stopped_before_it_started() -> None:
    scheduler = Scheduler()
    scheduler.add("job", "@daily", "UTC", lambda _slot: None)
    scheduler.stop()


def test_a_cadence_or_a_name_that_cannot_be_used_is_refused_when_it_is_added() -> None:
    scheduler = Scheduler()
    scheduler.add("job", "@daily", "UTC", lambda _slot: None)
    with pytest.raises(ValueError, match="already"):
        scheduler.add("job", "@daily", "UTC", lambda _slot: None)
    with pytest.raises(ValueError, match="five fields"):
        scheduler.add("other", "daily", "UTC", lambda _slot: None)
    scheduler.stop()


def test_when_the_clock_was_set_back_the_next_slots_are_worked_out_anew() -> None:
    """Else a job would wait for the slot that it was to have by the wrong clock, however far off."""
    scheduler = Scheduler()
    scheduler.add("job", "0 8 * * 1", "Europe/Berlin", lambda _slot: None)
    scheduler.start()
    try:
        right = scheduler.next_slots()
        for job in scheduler._scheduler.get_jobs():
            job.modify(next_run_time=datetime(2099, 1, 1, tzinfo=UTC))
        scheduler._clock_was_set(timedelta(days=-30000))
        assert scheduler.next_slots() == right
    finally:
        scheduler.stop()
