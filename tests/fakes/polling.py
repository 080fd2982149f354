"""A project whose sources are feeds on loopback, and whose clock the test sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from pipeline.app import App, open_app
from pipeline.cli.source_facts import source_facts
from pipeline.engine.local import LocalEngine
from pipeline.engine.report import Report
from pipeline.store.sources import SourceStanding

_SITE = """\
[site]
title    = "KI-Wochenblick"
url      = "https://news.example.org"
language = "de"
timezone = "UTC"

[[feeds]]
name  = "alle"
title = "Alle Artikel"
"""
NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


@dataclass
class Polling:
    """``now`` is what the clock shows; each pass is a process of its own, with its own fetcher."""

    directory: Path
    now: datetime = NOON
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, url: str, more: str = "", *, kind: str = "feed") -> None:
        """A source of that type; ``more`` are further lines of its table."""
        lines = [
            f'name = "{name}"',
            f'type = "{kind}"',
            f'url = "{url}"',
            "allow_private = true",
            'backlog = "all"',
            more,
        ]
        self.sources[name] = "\n".join(["[[sources]]", *lines, ""])

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def run(self) -> Report:
        """What `rundbrief run` does of collecting."""
        app = self._open()
        try:
            return LocalEngine(app).collect_due(list(self.sources))
        finally:
            app.close()

    def collect(self, *names: str) -> Report:
        """What `rundbrief collect NAME` does."""
        app = self._open()
        try:
            return LocalEngine(app).collect(names)
        finally:
            app.close()

    def standing(self, name: str) -> SourceStanding:
        app = self._open()
        try:
            return next(one for one in app.store.sources.standings(self.now) if one.name == name)
        finally:
            app.close()

    def listed(self) -> list[dict[str, Any]]:
        """What `rundbrief sources --json` prints."""
        app = self._open()
        try:
            return source_facts(app)
        finally:
            app.close()

    def titles(self) -> list[str]:
        app = self._open()
        try:
            return [article.content.title for article in app.store.articles.newest(limit=None)]
        finally:
            app.close()

    def _open(self) -> App:
        self.directory.mkdir(exist_ok=True)
        file = self.directory / "config.toml"
        file.write_text("\n".join([_SITE, *self.sources.values()]), encoding="utf-8")
        return open_app(file, lambda: self.now)


def rss(
    items: Iterable[int], *, links: str = "", guid: str = "post-{}", link: str = "https://blog.example.org/{}"
) -> bytes:
    """A feed of the posts of these numbers: number 7 was published on the seventh day after 1 May 2025."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid.format(number)}</guid><title>Post {number}</title>"
        f"<link>{link.format(number)}</link><pubDate>{format_datetime(published(number))}</pubDate>"
        f"<description>Words of number {number}, and some more of them.</description></item>"
        for number in items
    )
    head = "<title>Blog</title><link>https://blog.example.org/</link><description/>"
    return (
        f"<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>{head}{links}{entries}</channel></rss>"
    ).encode()


def json_feed(items: Iterable[int], next_url: str | None = None) -> bytes:
    document: Mapping[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Blog",
        **({"next_url": next_url} if next_url else {}),
        "items": [
            {
                "id": f"post-{number}",
                "url": f"https://blog.example.org/{number}",
                "title": f"Post {number}",
                "content_text": f"Words of number {number}.",
                "date_published": published(number).isoformat(),
            }
            for number in items
        ],
    }
    return json.dumps(document).encode()


def published(number: int) -> datetime:
    return datetime(2025, 5, 1, tzinfo=UTC) + timedelta(days=number)
