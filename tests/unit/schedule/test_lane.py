"""One job's calls, one after the other."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from pipeline.schedule.lane import Lane

SLOT = datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_a_slot_that_comes_up_during_a_call_follows_it_and_only_the_newest_does() -> None:
    seen: list[datetime] = []
    started, go_on = threading.Event(), threading.Event()

    def action(slot: datetime) -> None:
        seen.append(slot)
        started.set()
        go_on.wait(5)

    lane = Lane("job", action)
    lane.put(SLOT)
    first = threading.Thread(target=lane.run)
    first.start()
    started.wait(5)
    for minutes in (1, 2):
        lane.put(SLOT + timedelta(minutes=minutes))
        lane.run()  # returns at once: the first is at it
    assert seen == [SLOT]
    go_on.set()
    first.join()
    assert seen == [SLOT, SLOT + timedelta(minutes=2)]


def test_an_action_that_raises_is_logged_and_called_again() -> None:
    seen: list[datetime] = []

    def action(slot: datetime) -> None:
        seen.append(slot)
        if len(seen) < 3:
            raise (SystemExit(1) if len(seen) == 1 else RuntimeError("broken"))

    lane = Lane("job", action)
    with capture_logs() as logs:
        for hours in range(3):
            lane.put(SLOT + timedelta(hours=hours))
            lane.run()
    assert len(seen) == 3
    assert [(log["event"], log["job"]) for log in logs] == [("job failed", "job")] * 2


def test_a_closed_lane_takes_nothing_more() -> None:
    seen: list[datetime] = []
    lane = Lane("job", seen.append)
    lane.put(SLOT)
    lane.close()
    lane.run()
    lane.put(SLOT)
    lane.run()
    assert seen == []
