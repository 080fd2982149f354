"""An import is killed in the middle: the next one brings whoever is missing, and nobody twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.fakes.commands import CONFIG
from tests.fakes.mortal import Mortal

COUNT = 5_000
TO = ("--newsletter", "wochenblick", "--cadence", "immediate", "--confirmed")


def numbers(directory: Path) -> tuple[int, int, int]:
    """People, subscriptions, and how many of these are of different people."""
    with closing(sqlite3.connect(directory / "var" / "rundbrief.db")) as store:
        people: int = store.execute("SELECT count(*) FROM subscriber").fetchone()[0]
        all_, different = store.execute("SELECT count(*), count(DISTINCT subscriber_id) FROM subscription").fetchone()
    return people, all_, different


def test_an_import_that_is_killed_is_completed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    file = tmp_path / "list.csv"
    rows = "".join(f"reader.{number}@example.org,Name {number}\n" for number in range(COUNT))
    file.write_text(f"email,name\n{rows}", encoding="utf-8")
    with Mortal() as mortal:

        def run(*args: str, **death: object) -> int:
            return mortal.run("--config", str(tmp_path / "config.toml"), *args, quiet=True, **death)

        assert run("subscribers", "list") == 0
        begun = [0]
        for count in (1, 2):
            assert run("subscribers", "import", str(file), *TO, at="commit", count=count) == -9
            begun.append(numbers(tmp_path)[0])
        assert begun == sorted(begun)
        assert 0 < begun[-1] < COUNT
        assert run("subscribers", "import", str(file), *TO) == 0
    assert numbers(tmp_path) == (COUNT, COUNT, COUNT)
