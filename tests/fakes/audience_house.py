"""An installation with its web app, at whose desk a test sits: people come by HTTP, and mail goes into the outbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from threading import Event
from typing import Any

import requests
from sqlalchemy import select

from pipeline import wiring
from pipeline.app import App, open_app
from pipeline.audience.proof import zero_bits
from pipeline.audience.tokens import CONFIRM, PREFERENCES, UNSUBSCRIBE
from pipeline.domain.audience import Subscription
from pipeline.engine.local import LocalEngine
from pipeline.engine.notices import deliver_notices
from pipeline.people_serving import audience_of, site_of
from pipeline.store.database import reading
from pipeline.store.tables import metadata
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SITE = "https://news.example.org"
CONFIG = """\
[site]
title    = "Nachrichten"
url      = "https://news.example.org"
language = "de"
timezone = "Europe/Berlin"

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
name        = "weekly"
title       = "KI-Wochenblick"
description = "Was die Woche brachte."
from        = "Redaktion <redaktion@news.example.org>"
topics      = ["KI", "Recht"]
local_time  = true
goodbye     = true
[newsletters.cadences]
immediate = true
daily     = "0 7 * * *"
weekly    = "0 8 * * 1"

[[newsletters]]
name     = "closed"
title    = "Für Mitglieder"
from     = "Redaktion <redaktion@news.example.org>"
sign_up  = false
cadences = { immediate = true }

[[newsletters]]
name     = "quiet"
title    = "Leise"
from     = "Redaktion <redaktion@news.example.org>"
archive  = "unlisted"
cadences = { immediate = true }
"""


@dataclass
class Clock:
    """It only moves when a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    """An open house, which answers at ``url``."""

    directory: Path
    app: App
    clock: Clock
    url: str = ""

    @property
    def now(self) -> datetime:
        return self.clock.now

    def pass_time(self, **span: float) -> None:
        self.clock.now += timedelta(**span)

    def work(self) -> None:
        """What a serving process does beside its pages."""
        assert deliver_notices(self.app, Event()).problems == ()

    def run(self) -> None:
        report = LocalEngine(self.app).run()
        assert report.problems == ()

    def write(self, title: str, topic: str = "KI") -> None:
        text = f"---\ntitle: {title}\ndate: 2026-11-24\ntopics: [{topic}]\n---\n\nEs geht um {title}, und um mehr.\n"
        (self.directory / "articles" / f"{title}.md").write_text(text, encoding="utf-8")

    # People

    def get(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        return requests.request(
            method, self.url + path.removeprefix(SITE), timeout=10, allow_redirects=False, **options
        )

    def post(self, path: str, fields: dict[str, Any], **options: Any) -> requests.Response:
        return self.get(path, "POST", data=fields, **options)

    def challenge(self, newsletter: str = "weekly") -> dict[str, str]:
        """A challenge and its work."""
        made = self.get(f"/newsletters/{newsletter}/challenge").json()
        number = next(n for n in range(10_000_000) if zero_bits(f"{made['challenge']}:{n}") >= made["bits"])
        return {"challenge": made["challenge"], "work": str(number)}

    def sign_up(self, address: str, newsletter: str = "weekly", **fields: Any) -> requests.Response:
        options = {name: fields.pop(name) for name in ("headers",) if name in fields}
        form = {"email": address, "cadence": "immediate", **self.challenge(newsletter), **fields}
        return self.post(f"/newsletters/{newsletter}/", form, **options)

    def subscribed(self, address: str = "anna@example.org", newsletter: str = "weekly", **fields: Any) -> Subscription:
        """Somebody who has signed up and confirmed it."""
        assert self.sign_up(address, newsletter, **fields).ok
        self.work()
        assert self.post(self.link("confirm", self.mails(address)[-1]), {}).ok
        self.work()
        return next(iter(self.app.store.subscriptions.listed(newsletter=newsletter, address=address)))

    def token(self, purpose: str, one: Subscription) -> str:
        return self.app.keys.make({"confirm": CONFIRM, "preferences": PREFERENCES}.get(purpose, UNSUBSCRIBE), one.id)

    # Mail

    def mails(self, address: str = "", subject: str = "") -> list[Message]:
        """The messages in the order in which they came."""
        files = sorted((self.directory / "outbox" / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        found = [message_from_bytes(file.read_bytes()) for file in files]
        return [mail for mail in found if address in str(mail["To"]) and subject in subject_of(mail)]

    def link(self, page: str, mail: Message) -> str:
        found = re.search(rf"{SITE}(/{page}/\S+)", body(mail))
        assert found, body(mail)
        return found[1]

    def everything(self) -> list[list[tuple[Any, ...]]]:
        """Every row in the store."""
        with reading(self.app.store.engine) as tx:
            return [[tuple(row) for row in tx.execute(select(table))] for table in metadata.sorted_tables]


def body(mail: Message) -> str:
    """The text part."""
    return _part(mail, "text/plain")


def html_part(mail: Message) -> str:
    return _part(mail, "text/html")


def _part(mail: Message, media_type: str) -> str:
    (part,) = [part for part in mail.walk() if part.get_content_type() == media_type]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def subject_of(mail: Message) -> str:
    return str(make_header(decode_header(str(mail["Subject"]))))


@contextmanager
def open_house(directory: Path, config: str = CONFIG) -> Iterator[House]:
    (directory / "articles").mkdir(parents=True, exist_ok=True)
    (directory / "config.toml").write_text(config, encoding="utf-8")
    clock = Clock()
    app = open_app(directory / "config.toml", clock)
    house = House(directory, app, clock)
    # The real amount takes a browser some tenths of a second, and Python too.
    app.reception.challenges.bits = 8
    site = site_of(app)
    audience = audience_of(app, lambda: None)
    sign_up = replace(audience.sign_up, stopwatch=lambda: clock().timestamp())
    feeds = FeedDocuments(app.settings.publish.directory, site)
    web = create_app(
        site,
        feeds=feeds,
        templates=wiring.files.template_directories(app.settings),
        choices=app.choices,
        health=lambda: Health(ready=True),
        clock=app.clock,
        audience=replace(audience, sign_up=sign_up),
    )
    try:
        with WebServer(web, "127.0.0.1", 0, fresh=feeds.fresh) as server:
            house.url = server.url
            yield house
    finally:
        app.close()
