"""Our own WebSub hub, served by `rundbrief serve`, in conversation with subscribers; also with one that is not ours."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import feedparser
import pytest
import requests
from flask import Flask
from flask_websub.subscriber import (
    SQLite3SubscriberStorage,
    SQLite3TempSubscriberStorage,
    Subscriber,
    discover,
)
from werkzeug.serving import make_server

from pipeline.app import open_app
from pipeline.cli.main import main
from pipeline.publish.websub.records import HubSubscription
from pipeline.store.websub import WebSub
from tests.fakes.commands import ARTICLE, CONFIG
from tests.fakes.websub_subscriber import Callback, WebSubSubscriber, ask

ROOT = Path(__file__).parents[2]
OURS = 'hub = "self"\n'
RUNDBRIEF = (sys.executable, "-c", "from pipeline.cli.main import main; raise SystemExit(main())")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def wait_until(happened: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


class Site:
    """A project whose feeds and hub are served by a process of their own; commands publish beside it."""

    def __init__(self, directory: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.hub = f"{self.url}/hub"
        self.atom = f"{self.url}/feeds/alle/atom.xml"
        self.directory = directory
        config = CONFIG.replace("https://news.example.org", self.url)
        config = config.replace('topics  = ["ki"]\n', 'topics  = ["ki"]\nlanguage = "de"\nschedule = "0 0 1 1 *"\n', 1)
        listen = f'[web]\nlisten = "{self.url.removeprefix("http://")}"\n'
        hub = f"[publish]\n{OURS}hub_allow_private = true\n"
        (directory / "articles").mkdir()
        (directory / "templates").mkdir()
        self.configure(config.replace("[[sources]]", f"{listen}\n{hub}\n[[sources]]", 1))
        self.publish("Das erste Stück")
        self.start()

    def configure(self, config: str) -> None:
        self.config = config
        (self.directory / "config.toml").write_text(config, encoding="utf-8")

    def start(self) -> None:
        command = [*RUNDBRIEF, "--config", str(self.directory / "config.toml"), "serve"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        assert re.search(r"http://[\d.:]+", self.process.stdout.readline())

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        assert self.process.stdout
        self.process.stdout.close()

    def run(self, command: str) -> None:
        assert main(["--config", str(self.directory / "config.toml"), command]) == 0

    def publish(self, title: str) -> None:
        (self.directory / "articles" / f"{title}.md").write_text(ARTICLE.format(title=title, day=5), encoding="utf-8")
        self.run("collect")
        self.run("publish")

    def subscribe(self, callback: Callback, topic: str = "", **more: str) -> None:
        assert ask(self.hub, callback, topic or self.atom, **more).status_code == 202
        wait_until(lambda: self.subscriptions(callback.url))

    def subscriptions(self, callback: str) -> list[HubSubscription]:
        with self.store() as websub:
            return [one for one in websub.all() if one.callback.startswith(callback)]

    def is_idle(self) -> bool:
        """Whether no request waits for its verification."""
        with self.store() as websub:
            return not websub.requests.waiting()

    def is_current(self, callback: str) -> bool:
        """Whether it is done with what is published."""
        with self.store() as websub:
            return {one.digest for one in self.subscriptions(callback)} == {websub.topics.digests()[self.atom]}

    @contextmanager
    def store(self) -> Iterator[WebSub]:
        app = open_app(self.directory / "config.toml")
        try:
            yield app.store.websub
        finally:
            app.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.stop()


@pytest.fixture
def subscriber() -> Iterator[WebSubSubscriber]:
    with WebSubSubscriber() as started:
        yield started


def test_a_reader_discovers_the_hub_subscribes_and_gets_each_change_as_it_is_served(
    site: Site, subscriber: WebSubSubscriber
) -> None:
    # Each kind of feed names itself and its hub, in its headers and in its content.
    for name in ("atom.xml", "rss.xml", "feed.json"):
        served = requests.get(f"{site.url}/feeds/alle/{name}", timeout=5)
        assert served.links["self"]["url"] == served.url
        assert served.links["hub"]["url"] == site.hub
    for name in ("atom.xml", "rss.xml"):
        links = feedparser.parse(requests.get(f"{site.url}/feeds/alle/{name}", timeout=5).content).feed.links
        assert {(link.rel, link.href) for link in links} >= {
            ("self", f"{site.url}/feeds/alle/{name}"),
            ("hub", site.hub),
        }
    feed = requests.get(f"{site.url}/feeds/alle/feed.json", timeout=5).json()
    assert feed["feed_url"] == f"{site.url}/feeds/alle/feed.json"
    assert feed["hubs"] == [{"type": "WebSub", "url": site.hub}]
    # The page for people is no topic: it says so by naming no hub.
    assert 'rel="hub"' not in requests.get(f"{site.url}/feeds/alle/index.html", timeout=5).text

    signed = subscriber.callback("signed", secret="ein Geheimnis mit ü")
    plain = subscriber.callback("plain")
    mistaken = subscriber.callback("mistaken")
    site.subscribe(signed, **{"hub.lease_seconds": "3600"})
    site.subscribe(plain, f"{site.url}/feeds/alle/feed.json")
    site.subscribe(mistaken)
    mistaken.secret = "it never told the hub"
    assert [asked["hub.lease_seconds"] for asked in signed.asked] == ["3600"]
    assert [asked["hub.lease_seconds"] for asked in plain.asked] == ["864000"]
    assert signed.got == plain.got == []

    site.publish("Etwas ganz Neues")
    wait_until(lambda: signed.got and plain.got and mistaken.got)
    served = requests.get(site.atom, timeout=5)
    assert signed.bodies == [served.content]
    assert mistaken.got
    assert mistaken.bodies == []
    ((headers, _),) = signed.got
    assert headers["content-type"] == served.headers["content-type"]
    assert headers["link"] == served.headers["link"]
    assert headers["x-hub-signature"].startswith("sha256=")
    ((headers, body),) = plain.got
    assert headers["content-type"] == "application/feed+json; charset=utf-8"
    assert body == requests.get(f"{site.url}/feeds/alle/feed.json", timeout=5).content
    assert "x-hub-signature" not in headers

    # Nothing changes: nobody is called.  Who has left is called no more.
    site.run("publish")
    assert ask(site.hub, signed, site.atom, "unsubscribe").status_code == 202
    wait_until(lambda: not site.subscriptions(signed.url))
    site.publish("Und noch etwas")
    wait_until(lambda: len(plain.got) == 2)
    assert len(signed.got) == 1


def test_what_callbacks_say_decides_and_nothing_else(site: Site, subscriber: WebSubSubscriber) -> None:
    unwilling = subscriber.callback("unwilling", agrees=False)
    flooding = subscriber.callback("flooding", padding=20_000_000)
    redirecting = subscriber.callback("redirecting", location=f"{site.url}/healthz")
    elsewhere = subscriber.callback("elsewhere")
    for callback in (unwilling, flooding, redirecting):
        assert ask(site.hub, callback, site.atom).status_code == 202
    assert ask(site.hub, elsewhere, "https://elsewhere.example.com/feed").status_code == 202
    wait_until(lambda: all(callback.asked for callback in (unwilling, flooding, redirecting, elsewhere)))
    assert elsewhere.asked[0]["hub.mode"] == "denied"
    assert elsewhere.asked[0]["hub.topic"] == "https://elsewhere.example.com/feed"
    wait_until(site.is_idle)
    assert site.subscriptions(subscriber.address) == []
    assert [len(callback.asked) for callback in (unwilling, flooding, redirecting, elsewhere)] == [1] * 4


def test_requests_that_break_the_protocol_are_told_why(site: Site) -> None:
    good = {"hub.mode": "subscribe", "hub.topic": site.atom, "hub.callback": "https://reader.example.net/"}
    wrong = requests.post(site.hub, data=good | {"hub.callback": ""}, timeout=5)
    assert (wrong.status_code, wrong.text) == (400, "hub.callback is missing.\n")
    assert wrong.headers["content-type"].startswith("text/plain")
    assert requests.post(site.hub, json=good, timeout=5).status_code == 415
    assert requests.post(site.hub, data=good | {"x": "y" * 10_000}, timeout=5).status_code == 413
    assert requests.put(site.hub, data=good, timeout=5).status_code == 405
    assert "WebSub hub" in requests.get(site.hub, timeout=5).text


def test_a_hub_that_is_killed_goes_on_where_it_was(site: Site, subscriber: WebSubSubscriber) -> None:
    slow = subscriber.callback("slow", delay=0.5)
    site.subscribe(slow)
    # Published by a process that knows of no hub, and so tells nobody.
    config = site.config
    site.configure(config.replace(OURS, ""))
    site.publish("Neu")
    site.configure(config)
    assert slow.got == []
    site.stop(signal.SIGKILL)
    site.start()
    wait_until(lambda: slow.got)
    site.stop(signal.SIGKILL)
    site.start()
    # It was killed before the subscriber had answered: that is tried again, at most once more.
    wait_until(lambda: site.is_current(slow.url))
    assert 1 <= len(slow.got) <= 2
    assert len(set(slow.bodies)) == 1


class FlaskSubscriber:
    """Flask-WebSub's subscriber, as its manual sets it up."""

    def __init__(self, directory: Path) -> None:
        self.app = Flask(__name__)
        self.subscriber = Subscriber(
            SQLite3SubscriberStorage(str(directory / "subscriptions.db")),
            SQLite3TempSubscriberStorage(str(directory / "requests.db")),
        )
        self.app.register_blueprint(self.subscriber.build_blueprint(url_prefix="/callbacks"))
        self.successes: list[tuple[str, str]] = []
        self.errors: list[tuple[str, str]] = []
        self.contents: list[tuple[str, bytes]] = []
        self.subscriber.add_success_handler(lambda topic, _id, mode: self.successes.append((mode, topic)))
        self.subscriber.add_error_handler(lambda topic, _id, reason: self.errors.append((topic, reason)))
        self.subscriber.add_listener(lambda topic, _id, body: self.contents.append((topic, body)))
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.app.config["SERVER_NAME"] = f"127.0.0.1:{self._server.server_port}"
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def flask_subscriber(tmp_path: Path) -> Iterator[FlaskSubscriber]:
    made = FlaskSubscriber(tmp_path)
    yield made
    made.close()


def test_flask_websub_subscribes_renews_is_denied_gets_content_and_leaves(
    site: Site, flask_subscriber: FlaskSubscriber
) -> None:
    foreign = flask_subscriber
    with foreign.app.app_context():
        found = discover(site.atom)
        assert found == {"topic_url": site.atom, "hub_url": site.hub}
        subscription = foreign.subscriber.subscribe(lease_seconds=86_400, **found)
        wait_until(lambda: foreign.successes == [("subscribe", site.atom)])
        wait_until(lambda: site.subscriptions(foreign.address))
        foreign.subscriber.renew(subscription)
        wait_until(lambda: len(foreign.successes) == 2)
        foreign.subscriber.subscribe(topic_url=f"{site.url}/feeds/nix/atom.xml", hub_url=site.hub)
        wait_until(lambda: foreign.errors)
        assert "this is none of them" in foreign.errors[0][1]

        site.publish("Etwas für Flask")
        wait_until(lambda: foreign.contents)
        assert foreign.contents == [(site.atom, requests.get(site.atom, timeout=5).content)]

        foreign.subscriber.unsubscribe(subscription)
        wait_until(lambda: not site.subscriptions(foreign.address))
        assert foreign.successes[-1] == ("unsubscribe", site.atom)
