"""A language that we don't have, added by its users: mail, feed pages and the way out speak it, and no code changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path

import pytest
import requests
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from lxml import html as lxml_html

from pipeline.app import App, open_app
from pipeline.catalogues import locale_of
from pipeline.domain.audience import NewSubscriber
from pipeline.engine.local import LocalEngine
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.commands import CONFIG, Project

ROOT = Path(__file__).parents[2]
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "Unsubscribe": "Se désabonner",
        "Hello {name},": "Bonjour {name},",
        "Subscribe": "S’abonner",
        "To the content": "Aller au contenu",
        "All feeds": "Tous les flux",
        "Feeds": "Flux",
        "Updated {day}": "Mis à jour le {day}",
        "Unsubscribe from {newsletter}?": "Se désabonner de {newsletter} ?",
    },
    "he": {
        "Unsubscribe": "ביטול המינוי",
        "Hello {name},": "שלום {name},",
        "Subscribe": "הרשמה",
        "To the content": "לתוכן",
        "All feeds": "כל ההזנות",
        "Feeds": "הזנות",
        "Updated {day}": "עודכן ב־{day}",
        "Unsubscribe from {newsletter}?": "לבטל את המינוי של {newsletter}?",
    },
}


def translated(language: str) -> bytes:
    """A catalogue as a translator begins it, from our template."""
    with (ROOT / "templates" / "locale" / "messages.pot").open("rb") as file:
        template = read_po(file)
    begun = Catalog(locale=locale_of(language))
    for message in template:
        if message.id:
            text = WORDS[language].get(message.id if isinstance(message.id, str) else "", "")
            begun.add(message.id, text or ("", "") if isinstance(message.id, tuple) else text)
    written = BytesIO()
    write_po(written, begun)
    return written.getvalue()


@pytest.fixture(params=WORDS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    text = CONFIG.replace('language = "de"', f'language = "{language}"')
    made = Project.make(tmp_path / "project", capsys, text)
    (made.directory / "templates" / "locale").mkdir()
    (made.directory / "templates" / "locale" / f"{language}.po").write_bytes(translated(language))
    return made


def mailed(project: Project) -> tuple[str, str]:
    """A pass.  The HTML part and the text part of the message."""
    app = open_app(project.directory / "config.toml")
    try:
        person = NewSubscriber(address="anna@example.org", name="Anna")
        app.store.subscriptions.add_subscribers([person], "wochenblick", "immediate", confirmed=True, now=app.clock())
        assert LocalEngine(app).run().problems == ()
    finally:
        app.close()
    (file,) = project.messages()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    parts = message.get_body(("html",)), message.get_body(("plain",))
    assert parts[0] is not None
    assert parts[1] is not None
    return parts[0].get_content(), parts[1].get_content()


def unsubscribe_page(app: App, token: str, language: str) -> str:
    site = WebSite(
        title="S",
        url="https://news.example.org",
        feeds_url="https://news.example.org/feeds",
        language="en",
        newsletters={"wochenblick": "KI-Wochenblick"},
    )
    web = create_app(
        site,
        feeds=FeedDocuments(app.settings.publish.directory, site),
        templates=[app.settings.file.parent / "templates", ROOT / "templates"],
        choices=app.choices,
        health=lambda: Health(ready=True),
        clock=app.clock,
    )
    with WebServer(web, "127.0.0.1", 0) as server:
        asked = {"Accept-Language": f"{language}-XX, en;q=0.5"}
        answer = requests.get(f"{server.url}/unsubscribe/{token}", headers=asked, timeout=5)
    assert answer.headers["content-language"] == language
    return answer.text


def test_mail_feed_pages_and_the_way_out_speak_it(project: Project, language: str) -> None:
    said = WORDS[language]
    html, text = mailed(project)
    direction = "rtl" if language == "he" else "ltr"
    assert lxml_html.fromstring(html.encode()).get("dir") == direction
    for part in (html, text):
        assert said["Unsubscribe"] in part
        assert said["Hello {name},"].format(name="Anna") in part
    assert re.search(r"novembre|בנובמבר", html), "dates are written in it too"
    for page, words in (("alle/index.html", ("Subscribe", "To the content", "All feeds")), ("index.html", ("Feeds",))):
        shown = (project.directory / "feeds" / page).read_text(encoding="utf-8")
        for word in words:
            assert f">{said[word]}<" in shown, word
        assert f'lang="{language}" dir="{direction}"' in shown
    assert re.search(said["Updated {day}"].format(day=".*(novembre|בנובמבר).*"), shown_feed(project))
    token = re.search(r"/unsubscribe/([\w-]+)", html)
    assert token
    app = open_app(project.directory / "config.toml")
    try:
        page = unsubscribe_page(app, token.group(1), language)
    finally:
        app.close()
    assert said["Unsubscribe from {newsletter}?"].format(newsletter="KI-Wochenblick") in page
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert f">{said['Unsubscribe']}</button>" in page
    # What is not translated yet stays English.
    assert "Then no more issues of KI-Wochenblick will come to" in page


def shown_feed(project: Project) -> str:
    return (project.directory / "feeds" / "alle" / "index.html").read_text(encoding="utf-8")
