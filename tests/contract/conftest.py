"""Both databases, so that one suite holds for either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.store import Store, open_store
from tests.fakes.postgresql import new_database
from tests.fakes.times import START


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of our own without rows."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/rundbrief.db"
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path, START)
    yield opened
    opened.close()
