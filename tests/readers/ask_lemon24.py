"""Run by the Python that has lemon24/reader: polls a feed into a database, and prints the entries as JSON."""

from __future__ import annotations

import json
import sys

import feedparser_sgmllib

# The feedparser inside of it asks for the module by the name that it had in Python 2.
sys.modules["sgmllib"] = feedparser_sgmllib

from reader import make_reader  # noqa: E402

url, database = sys.argv[1:]
reader = make_reader(database)
reader.add_feed(url, exist_ok=True)
reader.set_tag(reader.get_feed(url), ".reader.update", {"interval": 1})
reader.update_feed(url)
shown = [
    {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.timestamp() if entry.published else None,
        "authors": [author.name for author in entry.authors],
        "content": entry.content[0].value if entry.content else entry.summary or "",
        "enclosures": [file.href for file in entry.enclosures],
    }
    for entry in reader.get_entries()
]
json.dump(shown, sys.stdout)
