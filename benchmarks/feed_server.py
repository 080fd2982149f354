"""Serves the directory of feeds that is named on the command line, as `rundbrief serve` does.  Prints its address."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from pipeline import wiring
from pipeline.audience.choices import Choices
from pipeline.audience.tokens import TokenKeys
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.subscriptions import MemorySubscriptions


def main() -> None:
    site = WebSite(title="Bench", url="https://bench.example", feeds_url="https://bench.example/feeds")
    feeds = FeedDocuments(Path(sys.argv[1]), site)
    app = create_app(
        site,
        feeds=feeds,
        templates=[wiring.files.shared("templates")],
        choices=Choices(TokenKeys(b"k" * 32), MemorySubscriptions()),
        health=lambda: Health(ready=True),
        clock=lambda: datetime.now(UTC),
    )
    with WebServer(app, "127.0.0.1", 0, fresh=feeds.fresh) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
