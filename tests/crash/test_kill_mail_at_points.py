"""A worker is killed at each point at which something has just been decided, written or said, and at each before it."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

import pytest

from tests.crash.conftest import ANY_KIND
from tests.fakes.crashing import Scene

_FREEZE, _CLAIM, _INTENT = "INTO delivery", "lease_until=", "payload_hash="
_ANSWER, _FINISH = "UPDATE delivery", "UPDATE issue SET state="
_CALL = {"at": "http.client.send"}

POINTS: Mapping[str, Mapping[str, Any]] = {
    "in the middle of freezing": {"at": "statement", "of": _FREEZE},
    "before the freeze is committed": {"at": "commit", "of": _FREEZE},
    "after the freeze": {"at": "committed", "of": _FREEZE},
    "before a claim is committed": {"at": "commit", "of": _CLAIM},
    "after a claim": {"at": "committed", "of": _CLAIM},
    "before an intent is committed": {"at": "commit", "of": _INTENT},
    "after an intent": {"at": "committed", "of": _INTENT},
    "before the first byte of a call": _CALL,
    "in the middle of a call": {**_CALL, "count": 2},
    "after the answer": {"at": "statement", "of": _ANSWER},
    "before the answer is committed": {"at": "commit", "of": _ANSWER},
    "after the answer is written down": {"at": "committed", "of": _ANSWER},
    "before the issue's end is committed": {"at": "commit", "of": _FINISH},
    "after the issue's end": {"at": "committed", "of": _FINISH},
}


def test_a_worker_that_is_killed_there_leaves_all_to_the_next_one(at_work: Scene) -> None:
    dies_everywhere_and_is_followed(at_work)


@pytest.mark.parametrize("at_work_on_postgresql", ANY_KIND, indirect=True)
def test_on_postgresql_it_does_so_too(at_work_on_postgresql: Scene) -> None:
    dies_everywhere_and_is_followed(at_work_on_postgresql)


@pytest.mark.parametrize("event", ["http.client.send", "commit"])
def test_a_worker_that_is_killed_while_it_takes_batches_out_of_doubt_leaves_that_to_the_next(
    at_work: Scene, event: str
) -> None:
    for count in range(1, 5):
        at_work.publish()
        # Mailed, and nobody knows: what the next one finds first is a doubt.
        assert at_work.run(at="statement", of=_ANSWER) == -signal.SIGKILL
        assert at_work.run(at=event, count=count) in (0, -signal.SIGKILL)
        at_work.settle()
        at_work.check()
        at_work.decide()
    at_work.ends_well()


def dies_everywhere_and_is_followed(scene: Scene) -> None:
    for name, point in POINTS.items():
        scene.publish()
        assert scene.run(**point) == -signal.SIGKILL, f"it came {name}"
        scene.settle()
        scene.check()
        scene.decide()
    scene.ends_well()
