"""Workers are killed at every step of an issue, by each class of provider; then others go on.

What the server accepted is compared with the audience.  With keys: everybody once, by themselves.  With a log: nobody
twice, and who misses it is listed in doubt until a person decides.  With neither: the same.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.crashing import Scene, scene

# Keys; a log; neither.
KINDS = ("resend", "postmark", "sendgrid")
# Each commit is seen before and (by the next begin) after it; the call before its first byte and between its parts;
# the file of the fence.
EVENTS = ("begin", "commit", "http.client.send", "os.rename")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def at_work(tmp_path: Path, kind: str) -> Iterator[Scene]:
    # On a RAM disk, a kill is no less a kill: only a loss of power would be.
    with scene(tmp_path, kind) as opened:
        yield opened


@pytest.mark.parametrize("event", EVENTS)
def test_wherever_a_worker_is_killed_the_next_one_completes_the_issue(at_work: Scene, kind: str, event: str) -> None:
    """The nth occurrence of the event, for every n until a worker outlives it."""
    count = 0
    while True:
        count += 1
        at_work.publish()
        code = at_work.worker.run(at_work.round, at=event, count=count)
        assert code in (0, -signal.SIGKILL)
        at_work.settle()
        at_work.check(doubts=kind != "resend")
        at_work.decide()
        if code == 0:
            break
    at_work.settle()
    at_work.check(doubts=False)
    assert at_work.store.issues.open_issues() == []


def test_two_workers_that_are_killed_at_random_moments_lose_and_repeat_nothing(tmp_path: Path, kind: str) -> None:
    with scene(tmp_path, kind, workers=2) as at_work:
        kill_at_random(at_work, rounds=8, chance=random.Random(20261125), doubts=kind != "resend")


@pytest.mark.parametrize("event", ["http.client.send", "commit"])
def test_a_worker_that_is_stopped_beyond_its_lease_and_goes_on_repeats_nothing(
    tmp_path: Path, kind: str, event: str
) -> None:
    with scene(tmp_path, kind, workers=2) as at_work:
        stopped, other = at_work.workers
        for count in range(1, 9):
            at_work.publish()
            stopped.start(at_work.round, at=event, count=count, stop=True)
            wait_until_stopped(stopped.pid)
            # An hour later for the others: its lease has run out, and they do what they can.
            other.start(at_work.round, skew=3600)
            if _holds_no_lock(at_work):
                assert other.ended() == 0
                os.kill(stopped.pid, signal.SIGCONT)
            else:
                # It was stopped inside a transaction, which on SQLite keeps all others out until it goes on.
                os.kill(stopped.pid, signal.SIGCONT)
                assert other.ended() == 0
            assert stopped.ended() == 0
            at_work.settle()
            at_work.check(doubts=kind != "resend")
            at_work.decide()
        at_work.settle()
        at_work.check(doubts=False)


def test_a_full_disk_loses_and_repeats_nothing(at_work: Scene, kind: str) -> None:
    full = 0
    for room in range(0, 60_000, 6_000):
        at_work.publish()
        full += at_work.worker.run(at_work.round, room=room) != 0
        at_work.settle()
        at_work.check(doubts=kind != "resend")
        at_work.decide()
    at_work.settle()
    at_work.check(doubts=False)
    assert full >= 3


def kill_at_random(at_work: Scene, *, rounds: int, chance: random.Random, doubts: bool) -> int:
    """Kill both workers again and again at random moments; returns how many kills met a living process."""
    killed = 0
    for _ in range(rounds):
        at_work.publish()
        for worker in at_work.workers:
            worker.start(at_work.round)
        for worker in chance.sample(at_work.workers, 2):
            time.sleep(chance.uniform(0.0, 0.15))
            os.kill(worker.pid, signal.SIGKILL)
        killed += sum(worker.ended() == -signal.SIGKILL for worker in at_work.workers)
        if chance.random() < 0.3:
            at_work.settle()
            at_work.check(doubts=doubts)
            at_work.decide()
    at_work.settle()
    at_work.check(doubts=doubts)
    at_work.decide()
    at_work.settle()
    at_work.check(doubts=False)
    return killed


def wait_until_stopped(pid: int) -> None:
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state in "TZ":
            return
        time.sleep(0.005)
    raise AssertionError(pid)


def _holds_no_lock(at_work: Scene) -> bool:
    """Whether the store can be written to."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError

    engine = create_engine(f"sqlite:///{at_work.directory}/rundbrief.db", connect_args={"timeout": 0.05})
    try:
        with engine.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            connection.rollback()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True
