"""A list of a million rows, from the file into the store."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Row, measure
from pipeline.audience.csv_import import opened_list
from pipeline.audience.importing import ImportTarget, import_subscribers
from pipeline.store.store import open_store

COUNT = 1_000_000
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = ImportTarget(newsletter="bench", cadence="weekly", confirmed=True, consent="A form on the site")


def _write(file: Path, count: int) -> None:
    pick = random.Random(7)  # noqa: S311  (the same list each time)
    hosts = [f"host{number}.example" for number in range(2_000)]
    with file.open("w", encoding="utf-8") as out:
        out.write("email,name,language,timezone,topics\n")
        for number in range(count):
            language, zone = pick.choice(("de", "en", "")), pick.choice(("Europe/Berlin", "Europe/Vienna", ""))
            topics = pick.choice(("", "KI", "KI;Praxis"))
            out.write(f"reader.{number}@{pick.choice(hosts)},Änne {number},{language},{zone},{topics}\n")


def _import(directory: str) -> None:
    store = open_store(f"sqlite:///{directory}/bench.db", Path(directory), START)
    with Path(directory, "list.csv").open("rb") as stream, opened_list(stream) as found:
        report = import_subscribers(found.rows, store.subscriptions, TARGET, START)
    assert report.counts.new == COUNT
    store.close()


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        _write(Path(directory, "list.csv"), COUNT)
        done = measure(_import, directory)
    return [
        Row(
            work=f"{COUNT:,} rows of a CSV file imported (SQLite)",
            ours=f"{done.seconds:.0f} s ({done.cpu:.0f} s of CPU), {done.peak:.0f} MB at most",
            goal="60 s, 150 MB",
        )
    ]
