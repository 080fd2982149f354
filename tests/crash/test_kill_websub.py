"""A process that publishes is killed at every step: what it owes to a hub, or to subscribers, is done by the next."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from pipeline.app import open_app
from pipeline.publish.websub.asking import Asked, Mode
from pipeline.publish.websub.records import HubLimits
from tests.fakes.commands import CONFIG
from tests.fakes.mortal import Mortal
from tests.fakes.websub_subscriber import Callback, WebSubSubscriber

SITE = "https://news.example.org"
ATOM = f"{SITE}/feeds/alle/atom.xml"


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with Mortal() as started:
        yield started


class Project:
    """A project whose commands may be killed."""

    def __init__(self, directory: Path, mortal: Mortal, hub: str) -> None:
        self.directory, self.mortal, self.changes = directory, mortal, 0
        (directory / "articles").mkdir()
        (directory / "templates").mkdir()
        config = CONFIG.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nlanguage = "de"\n', 1)
        # One document is enough: each step is one more process to be killed.
        config = config.replace('title = "Alle Artikel"\n', 'title = "Alle Artikel"\nformats = ["atom"]\n', 1)
        publish = f'[publish]\nhub = "{hub}"\nhub_allow_private = true\n'
        self.config = config.replace("[[sources]]", f"{publish}\n[[sources]]", 1)
        self.change()

    def run(self, command: str, **death: object) -> int:
        return self.mortal.run("--config", str(self.directory / "config.toml"), command, quiet=True, **death)

    def change(self) -> None:
        """The feed gets another title: the quickest way to another document."""
        self.changes += 1
        changed = self.config.replace("Alle Artikel", f"Alle Artikel {self.changes}")
        (self.directory / "config.toml").write_text(changed, encoding="utf-8")

    def document(self) -> bytes:
        return (self.directory / "feeds" / "alle" / "atom.xml").read_bytes()


class Hub:
    """A foreign hub, which fetches what it is told of, as hubs do."""

    def __init__(self, feeds: Path) -> None:
        told: dict[str, str] = {}
        self.told = told

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                (url,) = form["hub.url"]
                told[url] = hashlib.sha256((feeds / url.removeprefix(f"{SITE}/feeds/")).read_bytes()).hexdigest()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path / "feeds")
    yield made
    made.close()


@pytest.fixture
def subscriber() -> Iterator[WebSubSubscriber]:
    with WebSubSubscriber() as started:
        yield started


@pytest.mark.parametrize("event", ["commit", "os.rename", "socket.connect"])
def test_a_hub_is_told_of_every_change_wherever_the_process_was_killed(
    tmp_path: Path, mortal: Mortal, hub: Hub, event: str
) -> None:
    project = Project(tmp_path, mortal, hub.url)
    count, code = 0, -9
    while code != 0:
        count += 1
        project.change()
        code = project.run("publish", at=event, count=count)
        assert project.run("publish") == 0
        assert hub.told == {ATOM: hashlib.sha256(project.document()).hexdigest()}
    assert count > 1


@pytest.mark.parametrize("event", ["commit", "socket.connect"])
def test_a_subscriber_gets_every_change_wherever_the_process_was_killed(
    tmp_path: Path, mortal: Mortal, subscriber: WebSubSubscriber, event: str
) -> None:
    project = Project(tmp_path, mortal, "self")
    assert project.run("publish") == 0
    callback = subscriber.callback("push", secret="s3cret")
    subscribe(project, callback)
    count, code = 0, -9
    while code != 0:
        count += 1
        callback.got.clear()
        project.change()
        code = project.run("publish", at=event, count=count)
        assert project.run("publish") == 0
        # Twice where it was killed between the call and the record of it; never something old.
        assert callback.bodies in ([project.document()], [project.document()] * 2)
    assert count > 1


def subscribe(project: Project, callback: Callback) -> None:
    app = open_app(project.directory / "config.toml")
    asked = Asked(mode=Mode.SUBSCRIBE, topic=ATOM, callback=callback.url, secret=callback.secret)
    assert app.store.websub.requests.ask(asked, app.clock(), HubLimits())
    app.close()
    assert project.run("publish") == 0
    assert [asked["hub.mode"] for asked in callback.asked] == ["subscribe"]
