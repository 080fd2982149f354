"""Feed readers that people use, each asked to poll a feed as its user would have it, and to say what it has of it."""

from __future__ import annotations

import json
import mailbox
import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Protocol

from tests.readers.entries import Entry, at, comparable

LEMON24 = Path(__file__).with_name("ask_lemon24.py")
FEEDPARSER = Path(__file__).with_name("ask_feedparser.py")
FEEDSMITH = Path(__file__).with_name("ask_feedsmith.mjs")
FEED = "Das Magazin"
"""The title of the feed that is polled."""

_TIMEOUT = 120


class Client(Protocol):
    """A reader with a directory of its own, in which it remembers what it saw."""

    def poll(self, url: str) -> None: ...

    def entries(self) -> list[Entry]: ...


@dataclass(frozen=True)
class Newsboat:
    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        (self.directory / "urls").write_text(f"{url}\n")
        (self.directory / "config").touch()
        files = ["-u", "urls", "-c", "cache.db", "-C", "config"]
        _run(["newsboat", "-q", *files, "-x", "reload"], self.directory)

    def entries(self) -> list[Entry]:
        with closing(sqlite3.connect(self.directory / "cache.db")) as cache:
            query = "SELECT guid, title, url, pubDate, author, content, enclosure_url FROM rss_item"
            return [
                Entry(
                    id=guid,
                    title=title,
                    link=url,
                    published=at(published),
                    authors=author or "",
                    content=comparable(content),
                    enclosures=(enclosure,) if enclosure else (),
                )
                for guid, title, url, published, author, content, enclosure in cache.execute(query)
            ]


@dataclass(frozen=True)
class Sfeed:
    """Reads a document; fetching is curl's business."""

    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        etag = ["--etag-save", "etag", "--etag-compare", "etag"]
        (self.directory / "etag").touch()
        _run(["curl", "-sf", "--compressed", *etag, "-o", "fetched.xml", url], self.directory)
        fetched = self.directory / "fetched.xml"
        if fetched.exists() and fetched.stat().st_size:
            shown = subprocess.run(["sfeed"], input=fetched.read_bytes(), capture_output=True, check=True)
            (self.directory / "feed.tsv").write_bytes(shown.stdout)

    def entries(self) -> list[Entry]:
        lines = (self.directory / "feed.tsv").read_text("utf-8").split("\n")[:-1]
        return [self._entry(*line.split("\t")) for line in lines]

    def _entry(
        self, time: str, title: str, link: str, content: str, kind: str, id_: str, author: str, enclosure: str, *_: str
    ) -> Entry:
        text = content.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        return Entry(
            id=id_,
            title=title,
            link=link,
            published=at(int(time)) if time else None,
            authors=author or "",
            content=comparable(text if kind == "html" else text.replace("&", "&amp;").replace("<", "&lt;")),
            enclosures=(enclosure,) if enclosure else (),
        )


@dataclass(frozen=True)
class Rss2Email:
    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        settings = {
            "from": "bot@example.org",
            "to": "me@example.org",
            "email-protocol": "maildir",
            "maildir-path": str(self.directory / "mail"),
            "maildir-mailbox": "INBOX",
            "html-mail": "True",
            "date-header": "True",
            "name-format": "{author}",
            "use-8bit": "True",
        }
        lines = [f"{name} = {value}" for name, value in settings.items()]
        command = [str(self.python.with_name("r2e")), "-c", "config", "-d", "data.json"]
        if not (self.directory / "config").exists():
            (self.directory / "config").write_text("\n".join(["[DEFAULT]", *lines, ""]))
            mailbox.Maildir(self.directory / "mail")
            mailbox.Maildir(self.directory / "mail" / "INBOX")
            _run([*command, "add", "feed", url], self.directory)
        _run([*command, "run"], self.directory)

    def entries(self) -> list[Entry]:
        return [self._entry(message) for message in mailbox.Maildir(self.directory / "mail" / "INBOX")]

    def _entry(self, message: Message) -> Entry:
        html = _html(message)
        body = html.partition('<div class="body" id="body">\n')[2].rpartition('<div class="footer">')[0]
        return Entry(
            id=_header(message, "X-RSS-ID"),
            title=_header(message, "Subject"),
            link=_header(message, "X-RSS-URL"),
            published=parsedate_to_datetime(f"{str(message['Date'])[:-5]}+0000"),
            authors=_own(parseaddr(_header(message, "From"))[0]),
            content=comparable(body.strip().removesuffix("</div>")),
            enclosures=tuple(unescape(part.partition('"')[0]) for part in html.split('<p>Enclosure: <a href="')[1:]),
        )


@dataclass(frozen=True)
class Feed2Exec:
    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        command = [str(self.python.with_name("feed2exec")), "--config", "config.ini", "--database", "feeds.db"]
        if not (self.directory / "config.ini").exists():
            _run([*command, "add", "feed", url, "--mailbox", str(self.directory / "mail")], self.directory)
        _run([*command, "fetch"], self.directory)

    def entries(self) -> list[Entry]:
        return [self._entry(message) for message in mailbox.Maildir(self.directory / "mail" / "feed")]

    def _entry(self, message: Message) -> Entry:
        return Entry(
            id=None,  # only a Message-ID that is made of it
            title=_header(message, "Subject"),
            link=_header(message, "Archived-At"),
            published=parsedate_to_datetime(f"{str(message['Date'])[:-5]}+0000"),
            authors=_own(parseaddr(_header(message, "From"))[0]),
            content=comparable(_html(message)),
            enclosures=None,
        )


@dataclass(frozen=True)
class Lemon24:
    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        shown = _run([str(self.python), str(LEMON24), url, str(self.directory / "reader.db")], self.directory)
        (self.directory / "entries.json").write_text(shown, encoding="utf-8")

    def entries(self) -> list[Entry]:
        return _from_json(self.directory / "entries.json")


@dataclass(frozen=True)
class Feedparser:
    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        shown = _run([str(self.python), str(FEEDPARSER), url, str(self.directory / "state.json")], self.directory)
        if shown.strip():
            (self.directory / "entries.json").write_text(shown, encoding="utf-8")

    def entries(self) -> list[Entry]:
        return _from_json(self.directory / "entries.json")


@dataclass(frozen=True)
class Feedsmith:
    """Reads a document; fetching is that of whoever uses it."""

    directory: Path
    python: Path

    def poll(self, url: str) -> None:
        script = self.python.parents[1] / FEEDSMITH.name  # node looks for modules beside it
        shown = _run(["node", str(script), url, str(self.directory / "etag")], self.directory)
        if shown.strip():
            (self.directory / "entries.json").write_text(shown, encoding="utf-8")

    def entries(self) -> list[Entry]:
        return _from_json(self.directory / "entries.json")


CLIENTS: dict[str, type[Newsboat | Sfeed | Rss2Email | Feed2Exec | Lemon24 | Feedparser | Feedsmith]] = {
    "newsboat": Newsboat,
    "sfeed": Sfeed,
    "rss2email": Rss2Email,
    "feed2exec": Feed2Exec,
    "lemon24": Lemon24,
    "feedparser": Feedparser,
    "feedsmith": Feedsmith,
}


def _run(command: Sequence[str], directory: Path) -> str:
    """The command, as somebody whose home is that directory."""
    home = {"HOME": str(directory), "XDG_CONFIG_HOME": str(directory), "XDG_DATA_HOME": str(directory)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=directory, env=environment | home, capture_output=True, text=True, check=False, timeout=_TIMEOUT
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def _from_json(file: Path) -> list[Entry]:
    return [
        Entry(
            id=one["id"],
            title=one["title"],
            link=one["link"],
            published=at(one["published"]) if one["published"] is not None else None,
            authors=", ".join(name for name in one["authors"] if name),
            content=comparable(one["content"]),
            enclosures=tuple(one["enclosures"]),
        )
        for one in json.loads(file.read_text("utf-8"))
    ]


def _own(author: str) -> str:
    """The author, but for the feed's, which stands in where an entry has none (RFC 4287, 4.2.1), and for nobody."""
    return "" if author in (FEED, "feed", "<author>") else author


def _header(message: Message, name: str) -> str:
    return " ".join(str(make_header(decode_header(str(message[name])))).split())


def _html(message: Message) -> str:
    """The HTML part; where there is none, the text as HTML."""
    texts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    part = next((part for part in texts if part.get_content_subtype() == "html"), texts[0] if texts else None)
    payload = part.get_payload(decode=True) if part else b""
    assert isinstance(payload, bytes)
    text = payload.decode(part.get_content_charset("utf-8") if part else "utf-8")
    return text if part and part.get_content_subtype() == "html" else text.replace("&", "&amp;").replace("<", "&lt;")
