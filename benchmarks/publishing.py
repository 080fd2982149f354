"""RSS and Atom of 10,000 articles of 5 kB, beside feedgen by itself; and 100 feeds with nothing new."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from feedgen.feed import FeedGenerator

from benchmarks.measure import Measured, Row, measure
from pipeline import wiring
from pipeline.collect.collect import SourceRules
from pipeline.collect.completeness import Completed
from pipeline.collect.source import Collection, SourceState
from pipeline.domain.article import Content, Sighting
from pipeline.domain.selection import Selection
from pipeline.publish.feed import publish_feed
from pipeline.publish.formats import load_formats
from pipeline.publish.pages import page_environment
from pipeline.publish.spec import FeedSpec, SiteSpec
from pipeline.store.store import open_store
from tests.fakes.articles import numbered_articles

COUNT = 10_000
FEEDS = 100
STORED = 1_000
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SITE = SiteSpec(title="Bench", url="https://bench.example", feeds_url="https://bench.example/feeds")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def _ours(directory: str) -> None:
    spec = FeedSpec(name="alle", title="Alle", formats=("atom", "rss"), limit=None)
    formats = load_formats(page_environment(*[wiring.files.shared("templates")]))
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


def _made_store(directory: str) -> str:
    """A store with articles of twelve months and of as many topics as there are feeds."""
    url = f"sqlite:///{directory}/store.db"
    store = open_store(url, Path(directory), NOW)
    seen = [
        Sighting(
            key=str(number),
            raw_hash="",
            content=Content(
                title=f"Article {number}",
                html="<p>Some words.</p>",
                topics=(f"topic-{number % FEEDS}",),
                published=NOW - timedelta(days=number * 365 // STORED),
            ),
        )
        for number in range(STORED)
    ]
    rules = SourceRules(name="bench", settle=timedelta(), backlog="all", host="bench.example")
    collection = Collection(sightings=seen, state=SourceState())
    store.articles.record(rules, Completed(collection=collection, window=len(seen)), NOW)
    store.close()
    return url


def _publish_all(directory: str, url: str) -> None:
    store = open_store(url, Path(directory), NOW)
    formats = load_formats(page_environment(*[wiring.files.shared("templates")]))
    for number in range(FEEDS):
        chosen = Selection(topics=(f"topic-{number}",))
        spec = FeedSpec(name=f"feed{number}", title=f"Feed {number}", selection=chosen)
        done = publish_feed(
            SITE,
            spec,
            store.articles.newest(limit=spec.limit, chosen=chosen),
            Path(directory),
            formats=formats,
            epoch=EPOCH,
            selection=partial(store.articles.selection, limit=spec.limit, chosen=chosen),
            archive=store.archive(chosen, NOW),
        )
        assert not done.problems
    store.close()


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        ours, peer = measure(_ours, directory), measure(_feedgen, directory)
    with tempfile.TemporaryDirectory() as directory:
        url = _made_store(directory)
        _publish_all(directory, url)
        files = sum(1 for path in Path(directory).rglob("*.*ml")) + sum(1 for path in Path(directory).rglob("*.json"))
        idle = measure(_publish_all, directory, url)
    return [
        Row(
            work="RSS + Atom of 10,000 articles of 5 kB",
            ours=_shown(ours),
            peer=f"feedgen: {_shown(peer)}",
            goal="1.3 s, 60 MB",
        ),
        Row(
            work=f"{FEEDS} feeds with nothing new ({files:,} documents, archives among them)",
            ours=f"{idle.cpu:.2f} s of CPU time, {idle.seconds:.2f} s in all",
            goal="0.3 s",
        ),
    ]


def _shown(measured: Measured) -> str:
    return f"{measured.cpu:.1f} s of CPU time, {measured.seconds:.1f} s in all, +{measured.megabytes:.0f} MB"
