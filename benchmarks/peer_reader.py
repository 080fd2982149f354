"""lemon24/reader beside us; imported only where it is installed."""

from __future__ import annotations

from collections.abc import Sequence

import reader

# It loads these when they are first needed.
import reader._parser.feedparser
import reader._parser.http
import reader._parser.jsonfeed

# More than one makes it no faster on loopback, and fewer would be unfair elsewhere.
WORKERS = 4


def subscribe(database: str, urls: Sequence[str]) -> None:
    store = reader.make_reader(database)
    for url in urls:
        store.add_feed(url)
    store.close()


def update(database: str, entries: int) -> None:
    """Update all feeds; then the database has so many entries."""
    store = reader.make_reader(database)
    store.update_feeds(workers=WORKERS, scheduled=False)
    assert store.get_feed_counts(broken=True).total == 0
    assert store.get_entry_counts().total == entries
    store.close()
