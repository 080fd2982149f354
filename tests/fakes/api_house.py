"""An installation whose API is asked over HTTP, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import requests
from starlette.applications import Starlette
from starlette.routing import Mount

from pipeline.api_serving import api_of
from pipeline.app import App, open_app
from pipeline.domain.api_token import Scope
from pipeline.web.application import API_ROOT
from pipeline.web.server import WebServer

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONFIG = """\
[site]
title    = "Nachrichten"
url      = "https://news.example.org"
language = "de"
timezone = "Europe/Berlin"

[store]
url = "{store}"

[[sources]]
name   = "cms"
type   = "push"
settle = "10 minutes"
topics = ["Haus"]

[[sources]]
name    = "artikel"
type    = "directory"
path    = "articles"
settle  = "0 minutes"
backlog = "all"

[[feeds]]
name  = "alle"
title = "Alle Artikel"

[[newsletters]]
name      = "brief"
title     = "Brief"
from      = "Redaktion <redaktion@news.example.org>"
providers = ["outbox"]
[newsletters.cadences]
immediate = true
daily     = "0 7 * * *"

[providers.outbox]
type = "outbox"
"""


@dataclass
class ApiHouse:
    """``wakes`` counts how often there was something to be mailed, ``changes`` how often something to be published."""

    app: App
    base: str
    clock: list[datetime]
    seconds: list[float]
    wakes: list[int] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def forward(self, by: timedelta) -> None:
        self.clock[0] += by

    def token(self, *scopes: Scope, days: int | None = None) -> str:
        """A token that is good for these, all of them if none is named."""
        number = next(self._names)
        secret = f"rb_test_{number}"
        expires = None if days is None else self.now + timedelta(days=days)
        self.app.store.api_tokens.create(f"test {number}", secret, scopes or tuple(Scope), expires, self.now)
        return secret

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        # Nobody waits in a test for being too quick.
        self.seconds[0] += 60
        url = f"{self.base}{API_ROOT}{path}"
        return requests.request(method, url, json=body, headers=sent, timeout=10, allow_redirects=False, **options)


@contextmanager
def api_house(directory: Path, *, store: str = "sqlite:///var/rundbrief.db") -> Iterator[ApiHouse]:
    (directory / "articles").mkdir(exist_ok=True)
    (directory / "config.toml").write_text(CONFIG.format(store=store), encoding="utf-8")
    clock, seconds, wakes, changes = [NOON], [0.0], [0], [0]

    def wake() -> None:
        wakes[0] += 1

    def changed() -> None:
        changes[0] += 1

    app = open_app(directory / "config.toml", lambda: clock[0])
    try:
        api = api_of(app, wake, changed, lambda: seconds[0])
        with WebServer(Starlette(routes=[Mount(API_ROOT, app=api)]), "127.0.0.1", 0) as server:
            yield ApiHouse(app, server.url, clock, seconds, wakes, changes)
    finally:
        app.close()


def write_articles(house: ApiHouse, names: Sequence[str]) -> None:
    """Articles of a directory, collected."""
    for number, name in enumerate(names):
        text = f"---\ntitle: {name}\ndate: 2026-11-{number + 1:02}\ntopics: [ki]\n---\n\nEin Text über {name}.\n"
        (house.app.settings.sources[1].path / f"{name}.md").write_text(text, encoding="utf-8")  # type: ignore[union-attr]
    with house.app.collecting() as collect:
        collect("artikel")
