"""RSS and Atom of 10,000 articles of 5 kB, beside feedgen by itself; and 100 feeds with nothing new."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedgen.feed import FeedGenerator

from benchmarks.measure import Row, measure
from pipeline import wiring
from pipeline.publish.feed import publish_feed
from pipeline.publish.formats import load_formats
from pipeline.publish.pages import page_environment
from pipeline.publish.spec import FeedSpec, SiteSpec
from tests.fakes.articles import numbered_articles

COUNT = 10_000
SITE = SiteSpec(title="Bench", url="https://bench.example", feeds_url="https://bench.example/feeds")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def _ours(directory: str) -> None:
    spec = FeedSpec(name="alle", title="Alle", formats=("atom", "rss"), limit=None)
    formats = load_formats(page_environment(*[wiring.shared("templates")]))
    done = publish_feed(SITE, spec, numbered_articles(COUNT), Path(directory), formats=formats, epoch=EPOCH)
    assert not done.problems


def _feedgen(directory: str) -> None:
    feed = FeedGenerator()
    feed.id("https://bench.example/")
    feed.title("Bench")
    feed.description("Bench")
    feed.link(href="https://bench.example/")
    text = "<p>" + "Ein Satz mit Umlauten: äöü. " * 180 + "</p>"
    for number in range(COUNT):
        entry = feed.add_entry(order="append")
        entry.id(f"https://bench.example/{number}")
        entry.title(f"Artikel {number}")
        entry.link(href=f"https://bench.example/{number}")
        entry.content(text, type="html")
        entry.published(EPOCH + timedelta(minutes=number))
    feed.atom_file(f"{directory}/atom.xml")
    feed.rss_file(f"{directory}/rss.xml")


def _nothing_new(directory: str) -> None:
    formats = load_formats(page_environment(*[wiring.shared("templates")]))
    for number in range(100):
        spec = FeedSpec(name=f"feed{number}", title=f"Feed {number}")
        done = publish_feed(SITE, spec, (), Path(directory), formats=formats, epoch=EPOCH, selection="same")
        assert not done.problems


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        ours, peer = measure(_ours, directory), measure(_feedgen, directory)
        _nothing_new(directory)
        idle = measure(_nothing_new, directory)
    return [
        Row(
            work="RSS + Atom of 10,000 articles of 5 kB",
            ours=f"{ours.seconds:.1f} s, +{ours.megabytes:.0f} MB",
            peer=f"feedgen: {peer.seconds:.1f} s, +{peer.megabytes:.0f} MB",
            goal="1.3 s, 60 MB",
        ),
        Row(work="100 feeds with nothing new", ours=f"{idle.seconds:.2f} s", goal="0.3 s"),
    ]
