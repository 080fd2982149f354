"""A collection of many sources is killed while their answers are recorded: the next one has every article, once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.fakes.mortal import Mortal

SOURCES = 8
CONFIG = """\
[site]
title    = "KI-Wochenblick"
url      = "https://news.example.org"
language = "de"

[[feeds]]
name    = "alle"
title   = "Alle Artikel"
formats = ["json"]
limit   = 1000
"""
SOURCE = """
[[sources]]
name     = "quelle{0}"
type     = "directory"
path     = "quelle{0}"
language = "de"
"""


def test_a_collection_that_is_killed_at_any_commit_is_completed_by_the_next(tmp_path: Path) -> None:
    """The nth commit, for every n until a collection outlives it; each source has something new each time."""
    config = CONFIG + "".join(SOURCE.format(number) for number in range(SOURCES))
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    titles: list[str] = []
    count = 0
    with Mortal() as mortal:

        def run(*args: str, **death: object) -> int:
            return mortal.run("--config", str(tmp_path / "config.toml"), *args, quiet=True, **death)

        def write() -> None:
            for number in range(SOURCES):
                directory = tmp_path / f"quelle{number}"
                directory.mkdir(exist_ok=True)
                title = f"Artikel {count} aus Quelle {number}"
                titles.append(title)
                (directory / f"{count}.md").write_text(f"# {title}\n\nEin Text zu {title}.\n", encoding="utf-8")

        write()
        assert run("collect") == 0
        code = -9
        while code == -9:
            count += 1
            write()
            code = run("collect", at="commit", count=count)
            assert code in (0, -9)
            assert run("run") == 0
            feed = json.loads((tmp_path / "feeds" / "alle" / "feed.json").read_text(encoding="utf-8"))
            assert Counter(item["title"] for item in feed["items"]) == Counter(titles)
    assert count > 1, "it was killed at least once"
