"""Workers are killed at every step of an issue, by each class of provider; then others go on.

What the server accepted is compared with the audience.  With keys: everybody once, by themselves.  With a log: nobody
twice, and who misses it is listed in doubt until a person decides.  With neither: the same.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.crash.conftest import ANY_KIND, KINDS
from tests.fakes.crashing import Scene

# A call is seen before its first byte and between its parts, by each class of provider; each commit before it takes
# effect, and after it by what comes next; the file of the fence before it is there.
CALL = "http.client.send"
EVENTS = [(kind, CALL) for kind in KINDS] + [(kind, event) for event in ("commit", "os.rename") for kind in ANY_KIND]
STOPS = [(kind, CALL, range(1, 5)) for kind in KINDS] + [(kind, "commit", range(1, 14, 2)) for kind in ANY_KIND]


@pytest.mark.parametrize(("at_work", "event"), EVENTS, indirect=["at_work"])
def test_wherever_a_worker_is_killed_the_next_one_completes_the_issue(at_work: Scene, event: str) -> None:
    """The nth occurrence of the event, for every n until a worker outlives it."""
    count, code = 0, -signal.SIGKILL
    while code:
        count += 1
        at_work.publish()
        code = at_work.run(at=event, count=count)
        assert code in (0, -signal.SIGKILL)
        at_work.settle()
        at_work.check()
        at_work.decide()
    at_work.ends_well()


@pytest.mark.parametrize(("at_work", "event", "counts"), STOPS, indirect=["at_work"])
def test_a_worker_that_is_stopped_beyond_its_lease_and_goes_on_repeats_nothing(
    at_work: Scene, event: str, counts: range
) -> None:
    stopped, other = at_work.workers
    for count in counts:
        at_work.publish()
        at_work.start(stopped, at=event, count=count, stop=True)
        wait_until_stopped(stopped.pid)
        # For the others it is an hour later: its lease has run out, and they do what they can.
        at_work.start(other, skew=3600)
        # Inside a transaction, or with the fence in its hands, it keeps all others waiting until it goes on.
        if at_work.writable():
            other.ends_within(3.0)
        stopped.signal(signal.SIGCONT)
        assert other.ended() == 0
        assert stopped.ended() == 0
        at_work.settle()
        at_work.check()
        at_work.decide()
    at_work.ends_well()


@pytest.mark.parametrize("at_work", ANY_KIND, indirect=True)
def test_a_full_disk_loses_and_repeats_nothing(at_work: Scene) -> None:
    full = 0
    for room in range(0, 60_000, 6_000):
        at_work.publish()
        full += at_work.run(room=room) != 0
        at_work.settle()
        at_work.check()
        at_work.decide()
    at_work.ends_well()
    assert full >= 3


def wait_until_stopped(pid: int) -> None:
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state in "TZ":
            return
        time.sleep(0.005)
    raise AssertionError(pid)
