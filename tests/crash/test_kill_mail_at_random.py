"""Two workers are killed at random moments, while calls of the provider go wrong; the suite has time for a few.

``RUNDBRIEF_KILLS=500 python -m pytest -o faulthandler_timeout=0 tests/crash/test_kill_mail_at_random.py`` kills as
often as one likes.
"""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.crash.conftest import ANY_KIND, KILLS
from tests.fakes.crashing import Scene


def test_workers_that_are_killed_at_random_moments_lose_and_repeat_nothing(at_work: Scene) -> None:
    kill_at_random(at_work, KILLS, random.Random(20261125))


@pytest.mark.parametrize("at_work_on_postgresql", ANY_KIND, indirect=True)
def test_on_postgresql_they_lose_and_repeat_nothing_either(at_work_on_postgresql: Scene) -> None:
    kill_at_random(at_work_on_postgresql, KILLS, random.Random(20261126))


def kill_at_random(scene: Scene, kills: int, chance: random.Random) -> None:
    """Go on until so many kills have met a living process, from its beginning to about its end."""
    for _ in range(2):  # the first one waits for imports
        scene.publish()
        begun = time.monotonic()
        scene.settle()
    lasts, killed = time.monotonic() - begun, 0
    while killed < kills:
        scene.publish()
        scene.trouble(chance)
        for worker in scene.workers:
            scene.start(worker)
        for worker in chance.sample(list(scene.workers), 2):
            time.sleep(chance.uniform(0.0, 0.6 * lasts))
            worker.signal(signal.SIGKILL)
        killed += sum([worker.ended() == -signal.SIGKILL for worker in scene.workers])
        if chance.random() < 0.3:
            scene.settle()
            scene.check()
            scene.decide()
    scene.settle()
    scene.check()
    scene.decide()
    scene.ends_well()
