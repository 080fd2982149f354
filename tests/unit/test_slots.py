"""Slots: what cron expressions mean, and what becomes of slots that have come up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cadence import check_cadence, latest_slot, next_slot, slots_between
from pipeline.domain.slots import SlotFate, settle_slots, span_text

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Santiago")
FROM, UPTO = datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def wall_clock_slots(zone: ZoneInfo, hour: int, minute: int) -> list[datetime]:
    """One slot for each local date, worked out without cron: the wall clock's first such moment, or the gap's end."""
    slots = []
    day = datetime(2025, 12, 30, hour, minute)  # noqa: DTZ001  (a wall clock's time)
    while day.year < 2028:
        wall = day
        while (slot := wall.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != wall:
            wall += MINUTE
        if FROM < slot <= UPTO:
            slots.append(slot)
        day += timedelta(days=1)
    return slots


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_the_day_has_one_slot_a_date_over_two_years(zone: str) -> None:
    for hour in range(24):
        for minute in (0, 30):
            slots = list(slots_between(f"{minute} {hour} * * *", zone, FROM, UPTO))
            assert slots == wall_clock_slots(ZoneInfo(zone), hour, minute), (hour, minute)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", ["*/30 * * * *", "0 * * * *"])
def test_a_rhythm_keeps_its_beat_when_the_clocks_change(cron: str, zone: str) -> None:
    """Lord Howe moves by half an hour: there two full hours may be half an hour or an hour and a half apart."""
    minutes = {0, 30} if cron.startswith("*/30") else {0}
    local = ZoneInfo(zone)
    days = [FROM + timedelta(days=count) for count in range((UPTO - FROM).days)]
    changes = [day for day in days if day.astimezone(local).utcoffset() != (day + DAY).astimezone(local).utcoffset()]
    assert len(changes) == 4
    for change in changes:
        slots = set(slots_between(cron, zone, change - DAY, change + 2 * DAY))
        moments = {change - DAY + MINUTE + count * timedelta(minutes=30) for count in range(3 * 48)}
        assert slots == {moment for moment in moments if moment.astimezone(local).minute in minutes}


@pytest.mark.parametrize("cron", ["0,30 2 * * *", "0 2,3 * * *", "15,45 1,2,3 * * *"])
def test_two_times_in_the_gap_are_one_slot(cron: str) -> None:
    day = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    slots = list(slots_between(cron, "Europe/Berlin", day, day + timedelta(hours=4)))
    assert len(slots) == len(set(slots))
    assert slots == sorted(slots)
    assert datetime(2026, 3, 29, 1, 0, tzinfo=UTC) in slots


@settings(deadline=None)
@given(
    cron=st.sampled_from(["30 2 * * *", "0 0 * * *", "0 7 * * 1", "*/15 * * * *", "0 1,2,3 * * *", "15 0 1 * *"]),
    zone=st.sampled_from([*ZONES, "UTC"]),
    cuts=st.lists(st.integers(0, 40 * 24 * 3600 * 10**6), min_size=2, max_size=5),
)
def test_spans_that_follow_each_other_have_each_slot_once(cron: str, zone: str, cuts: list[int]) -> None:
    """Wherever downtime cuts time into pieces: in a repeated hour, at a slot, between two microseconds."""
    moments = sorted(datetime(2026, 10, 1, tzinfo=UTC) + timedelta(microseconds=cut) for cut in cuts)
    whole = list(slots_between(cron, zone, moments[0], moments[-1], limit=10**6))
    pieces = [slot for after, upto in pairwise(moments) for slot in slots_between(cron, zone, after, upto, limit=10**6)]
    assert pieces == whole
    assert all(moments[0] < slot <= moments[-1] for slot in whole)
    assert whole == sorted(set(whole))


def test_in_the_hour_that_comes_twice_nothing_comes_twice() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time
    in_second_hour = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 winter time
    assert next_slot("30 2 * * *", "Europe/Berlin", first - MINUTE) == first
    assert next_slot("30 2 * * *", "Europe/Berlin", in_second_hour) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_slot_belongs_to_the_span_that_it_ends() -> None:
    seven = datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert list(slots_between("0 7 * * *", "UTC", seven - MINUTE, seven)) == [seven]
    assert list(slots_between("0 7 * * *", "UTC", seven, seven + MINUTE)) == []
    assert next_slot("0 7 * * *", "UTC", seven) == seven + timedelta(days=1)


def test_ten_years_of_downtime_are_worked_out_at_once_and_the_newest_slots_given() -> None:
    start = time.perf_counter()
    minutely = list(slots_between("* * * * *", "Europe/Berlin", FROM - timedelta(days=3650), FROM))
    daily = list(slots_between("0 7 * * *", "Europe/Berlin", FROM - timedelta(days=3650), FROM, limit=5000))
    yearly = list(slots_between("0 0 29 2 *", "Europe/Berlin", FROM - timedelta(days=3650), FROM))
    assert time.perf_counter() - start < 5  # some 0.3 s; minutes, if every slot were worked out
    assert (len(minutely), minutely[-1]) == (1000, FROM)
    assert len(daily) == 3650
    assert [slot.year for slot in yearly] == [2016, 2020, 2024]


def test_the_latest_slot_is_the_last_one_that_has_come() -> None:
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert latest_slot("0 8 * * 1", "UTC", monday) == monday
    assert latest_slot("0 8 * * 1", "UTC", monday - MINUTE) == monday - timedelta(days=7)
    assert latest_slot("0 8 * * 1", "UTC", monday - MINUTE, within=timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("cron", "same"), [("@daily", "0 0 * * *"), ("@hourly", "0 * * * *"), ("@weekly", "0 0 * * mon")]
)
def test_nicknames_are_understood(cron: str, same: str) -> None:
    assert next_slot(cron, "Europe/Berlin", FROM) == next_slot(same, "Europe/Berlin", FROM)


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        ("7", "UTC", "five fields"),
        ("0 0 7 * * *", "UTC", "five fields"),
        ("61 7 * * *", "UTC", "bad minute"),
        ("0 7 31 2 *", "UTC", "no cron expression|no moment"),
        ("0 7 * * *", "Europe/Berlín", "no time zone"),
        ("0 7 * * *", "Europe", "no time zone"),
        ("0 7 * * *", "../etc/passwd", "no time zone"),
        ("0 7 * * *", "", "no time zone"),
    ],
)
def test_a_cadence_that_cannot_be_used_is_named(cron: str, zone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_cadence(cron, zone)


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def fates(hours_ago: list[float], max_lateness: float = 6) -> dict[float, SlotFate]:
    verdicts = settle_slots([NOON - timedelta(hours=hours) for hours in hours_ago], NOON, timedelta(hours=max_lateness))
    return {(NOON - verdict.slot) / timedelta(hours=1): verdict.fate for verdict in verdicts}


def test_the_newest_slot_is_due_and_covers_those_before_it() -> None:
    assert fates([3, 2, 1]) == {3: SlotFate.SKIPPED, 2: SlotFate.SKIPPED, 1: SlotFate.DUE}


def test_a_slot_that_is_too_late_is_missed_even_if_it_is_the_only_one() -> None:
    assert fates([7]) == {7: SlotFate.MISSED}
    assert fates([30, 7, 6, 0]) == {
        30: SlotFate.MISSED,
        7: SlotFate.MISSED,
        6: SlotFate.SKIPPED,
        0: SlotFate.DUE,
    }


def test_a_slot_that_is_still_to_come_is_left_alone() -> None:
    assert fates([-1]) == {}


def test_the_reasons_can_be_read() -> None:
    missed, skipped, _due = settle_slots(
        [NOON - timedelta(hours=hours) for hours in (50.5, 2, 1)], NOON, timedelta(hours=6)
    )
    assert missed.reason == "2 d 2 h late; max_lateness is 6 h"
    assert skipped.reason == "covered by the issue of 2026-11-24 11:00 UTC"
    assert span_text(timedelta(seconds=0.4)) == "0 s"


@settings(deadline=None)
@given(
    pending=st.lists(st.integers(-5000, 5000), max_size=20),
    max_lateness=st.integers(0, 5000),
)
def test_every_slot_that_has_come_ends_and_at_most_one_is_due(pending: list[int], max_lateness: int) -> None:
    slots = [NOON - timedelta(minutes=minutes) for minutes in pending]
    verdicts = settle_slots(slots, NOON, timedelta(minutes=max_lateness))
    assert [verdict.slot for verdict in verdicts] == sorted({slot for slot in slots if slot <= NOON})
    due = [verdict for verdict in verdicts if verdict.fate is SlotFate.DUE]
    in_time = any(0 <= minutes <= max_lateness for minutes in pending)
    assert len(due) == in_time
    for verdict in verdicts:
        late = NOON - verdict.slot > timedelta(minutes=max_lateness)
        assert (verdict.fate is SlotFate.MISSED) == late
        assert bool(verdict.reason) == (verdict.fate is not SlotFate.DUE)
