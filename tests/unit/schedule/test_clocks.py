"""Jumps of the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.schedule.clocks import ClockWatch

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_clocks_that_go_together_are_no_jump() -> None:
    watch = ClockWatch()
    for second in range(0, 7200, 60):
        assert watch.observe(START + timedelta(seconds=second), 5000.0 + second) == timedelta()


def test_a_clock_that_is_set_is_seen_once_in_each_direction() -> None:
    watch = ClockWatch()
    watch.observe(START, 0)
    assert watch.observe(START + HOUR + timedelta(seconds=1), 1) == HOUR
    assert watch.observe(START + HOUR + timedelta(seconds=2), 2) == timedelta()
    assert watch.observe(START + timedelta(seconds=3), 3) == -HOUR


def test_many_small_corrections_are_seen_when_they_have_added_up() -> None:
    watch = ClockWatch(tolerance=timedelta(seconds=2))
    jumps = [watch.observe(START + timedelta(seconds=1.5 * tick), tick) for tick in range(10)]
    assert sum(bool(jump) for jump in jumps) == 1
    assert sum(jumps, timedelta()) > timedelta(seconds=2)
