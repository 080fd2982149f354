"""Collecting: sources without anything new, and real feeds with new and edited articles beside lemon24/reader."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

# Here, so that both sides have loaded their libraries before the clock starts.
import feedparser  # noqa: F401

from benchmarks.feed_content import entries_so_far
from benchmarks.feed_site import feed_site, go_on
from benchmarks.measure import Measured, Row, measure
from pipeline.app import open_app
from pipeline.collect.sources import feed, full_text  # noqa: F401
from pipeline.engine.local import LocalEngine

_NO_PEER = "`pip install reader sgmllib3k` puts a peer here"
FEW, MANY = 500, 5_000
FEEDS = 300


def _url(port: int, path: str, number: int) -> str:
    """Each on a host of its own, as sources are."""
    return f"http://127.1.{number // 250}.{number % 250 + 1}:{port}{path}{number}"


def _configure(directory: str, urls: list[str]) -> str:
    head = '[site]\ntitle = "Bench"\nurl = "https://bench.example"\n'
    source = '[[sources]]\nname = "s{0}"\ntype = "feed"\nurl = "{1}"\nallow_private = true\n'
    file = Path(directory) / "config.toml"
    file.write_text(head + "".join(source.format(*one) for one in enumerate(urls)), encoding="utf-8")
    return str(file)


def _collect(file: str, new: int, revised: int) -> None:
    app = open_app(Path(file), lambda: datetime.now(UTC))
    report = LocalEngine(app).collect([source.name for source in app.settings.sources])
    assert not report.problems, report.problems[:3]
    assert (report.collected.new, report.collected.revised) == (new, revised), report.collected
    app.close()


def _unchanged(count: int) -> Measured:
    with feed_site() as port, tempfile.TemporaryDirectory() as directory:
        file = _configure(directory, [_url(port, "/small/", number) for number in range(count)])
        _collect(file, count, 0)
        return measure(_collect, file, 0, 0)


def _changed() -> list[Row]:
    rows = []
    # It brings a feedparser of its own, which wants sgmllib.
    peer = find_spec("reader") and find_spec("sgmllib")
    with feed_site(FEEDS) as port, tempfile.TemporaryDirectory() as directory:
        urls = [_url(port, "/", number) for number in range(FEEDS)]
        file, database = _configure(directory, urls), f"{directory}/reader.db"
        # Both stores are there before anything is measured.
        open_app(Path(file)).close()
        if peer:
            from benchmarks.peer_reader import subscribe, update  # noqa: PLC0415 - it may not be there

            subscribe(database, urls)
        before = 0
        for round_, work in enumerate(("new to it", "each with 1 to 3 new articles and an edited one"), 1):
            if round_ > 1:
                go_on(port)
            entries = sum(entries_so_far(number, round_) for number in range(FEEDS))
            ours = measure(_collect, file, entries - before, FEEDS if round_ > 1 else 0)
            theirs = measure(update, database, entries) if peer else None
            before = entries
            rows.append(
                Row(
                    work=f"{FEEDS} feeds of 25 entries, {work}",
                    ours=_feeds(ours),
                    peer=f"lemon24/reader: {_feeds(theirs)}" if theirs else _NO_PEER,
                    goal="3 × reader" if round_ > 1 else "",
                )
            )
    return rows


def _feeds(done: Measured) -> str:
    each = done.cpu / FEEDS * 1000
    return f"{FEEDS / done.seconds:.0f} feeds/s, {each:.0f} ms of processor each, peak {done.peak:.0f} MB"


def run() -> list[Row]:
    few, many = _unchanged(FEW), _unchanged(MANY)
    return [
        Row(
            work=f"{MANY:,} unchanged sources (304) on loopback",
            ours=(
                f"{MANY / many.seconds:,.0f} sources/s, {many.cpu / MANY * 1000:.1f} ms of processor each, "
                f"+{many.megabytes:.0f} MB ({FEW} sources: +{few.megabytes:.0f} MB)"
            ),
            goal="500 sources/s, flat",
        ),
        *_changed(),
    ]
