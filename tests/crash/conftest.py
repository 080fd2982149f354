"""A scene for each class of provider, in which workers mail and die."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.fakes.crashing import Scene, scene
from tests.fakes.mortal_mail import Worker
from tests.fakes.postgresql import new_database

# Keys; a log; neither.
KINDS = ("resend", "postmark", "sendgrid")
KILLS = int(os.environ.get("RUNDBRIEF_KILLS", "10"))
"""At how many random moments processes are killed, by provider and database."""
# What a database makes of a kill does not depend on the provider: the suite has no time for all of them.
ANY_KIND = KINDS if "RUNDBRIEF_KILLS" in os.environ else KINDS[1:2]


@pytest.fixture(scope="module")
def workers() -> Iterator[Sequence[Worker]]:
    with Worker() as one, Worker() as two:
        yield one, two


@pytest.fixture(params=KINDS)
def at_work(request: pytest.FixtureRequest, workers: Sequence[Worker]) -> Iterator[Scene]:
    # In memory: a kill is no less a kill there, and nothing waits for a disk.
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as directory,
        scene(Path(directory), request.param, workers) as made,
    ):
        yield made


@pytest.fixture
def at_work_on_postgresql(
    request: pytest.FixtureRequest, workers: Sequence[Worker], postgresql: str
) -> Iterator[Scene]:
    """The same on PostgreSQL; a test names the kind."""
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as directory,
        new_database(postgresql) as store_url,
        scene(Path(directory), request.param, workers, store_url) as made,
    ):
        yield made
