"""Run by the Python that has feedparser: polls a feed as its manual says; prints the entries as JSON if it changed."""

from __future__ import annotations

import calendar
import json
import sys
import warnings
from pathlib import Path

import feedparser

warnings.simplefilter("ignore")
url, state = sys.argv[1], Path(sys.argv[2])
known = json.loads(state.read_text()) if state.exists() else {}
parsed = feedparser.parse(url, etag=known.get("etag"), modified=known.get("modified"))
state.write_text(json.dumps({"etag": parsed.get("etag"), "modified": parsed.get("modified")}))
if parsed.status != 304:
    shown = [
        {
            "id": entry.id,
            "title": entry.title,
            "link": entry.link,
            "published": calendar.timegm(entry.published_parsed) if entry.get("published_parsed") else None,
            "authors": [author.get("name") for author in entry.get("authors", ()) if author],
            "content": entry.content[0].value if "content" in entry else entry.get("summary", ""),
            "enclosures": [file.href for file in entry.enclosures],
        }
        for entry in parsed.entries
    ]
    json.dump(shown, sys.stdout)
