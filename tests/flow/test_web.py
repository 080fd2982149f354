"""The web app over real HTTP, as feed readers, mail programs and browsers use it."""

from __future__ import annotations

import gzip
import logging
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import brotli
import feedparser
import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from pipeline.audience.choices import Choices
from pipeline.audience.tokens import UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import SubscriptionState
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.server import ServerError, WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.subscriptions import MemorySubscriptions, a_subscription

TEMPLATES = Path(__file__).parents[2] / "templates"
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:example.org,2026:a</id><title>Täglich</title>
<updated>2026-11-24T08:00:00Z</updated>
<entry><id>tag:example.org,2026:a:{0}</id><title>Beitrag {0}</title><updated>2026-11-24T08:00:00Z</updated>
<summary>{1}</summary></entry></feed>
"""
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class Site:
    url: str
    feeds: Path
    store: MemorySubscriptions
    health: dict[str, object]
    token: str

    def get(self, path: str, **options: object) -> requests.Response:
        headers = {"Accept-Encoding": "identity"} | dict(options.pop("headers", {}))  # type: ignore[call-overload]
        return requests.get(
            self.url + path,
            timeout=5,
            headers=headers,
            allow_redirects=False,
            **options,  # type: ignore[arg-type]
        )

    @property
    def unsubscribe_url(self) -> str:
        return f"{self.url}/unsubscribe/{self.token}"

    def is_in(self, state: SubscriptionState) -> bool:
        return self.store.by_id[7].state is state


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests; `site` puts back what a test has changed."""
    feeds = tmp_path_factory.mktemp("web") / "www" / "feeds"
    store = MemorySubscriptions()
    keys = TokenKeys(b"k" * 32)
    health: dict[str, object] = {}
    web = WebSite(
        title="Nachrichten",
        url="https://news.example.org",
        feeds_url="https://news.example.org/feeds",
        language="en",
        hub="https://hub.example.org/",
        newsletters={"weekly": "Die <Woche>"},
    )
    documents = FeedDocuments(feeds, web)
    app = create_app(
        web,
        feeds=documents,
        templates=[TEMPLATES],
        choices=Choices(keys, store),
        health=lambda: Health(**health),  # type: ignore[arg-type]
        clock=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC),
    )
    with WebServer(app, "127.0.0.1", 0, fresh=documents.fresh) as server:
        yield Site(server.url, feeds, store, health, keys.make(UNSUBSCRIBE, a_subscription().id))


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    feeds = served.feeds
    (feeds / "alle").mkdir(parents=True)
    write_feed(feeds, "1")
    (feeds / "alle" / "index.html").write_text("<!DOCTYPE html><title>Alle</title>" + "<p>Text</p>" * 200)
    (feeds / "alle" / "feed.json").write_text('{"version": "https://jsonfeed.org/version/1.1"}')
    (feeds / "alle" / "rss.xml").write_text("<rss/>")
    (feeds / "alle" / ".atom.xml.tmp").write_text("a draft")
    (feeds / "index.html").write_text("<!DOCTYPE html><title>Feeds</title>")
    served.store.by_id = {7: a_subscription(language="de")}
    served.health |= {"ready": True, "details": {"store": "ok"}}
    yield served
    shutil.rmtree(feeds.parent)
    served.store.changes.clear()
    served.store.suppressed.clear()


def write_feed(feeds: Path, number: str) -> None:
    """Replace the feed as the publisher does: at once."""
    draft = feeds / "alle" / ".draft"
    draft.write_text(ATOM.format(number, "Größe " * 400), encoding="utf-8")
    draft.replace(feeds / "alle" / "atom.xml")


# Feeds


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
    ],
)
def test_each_document_has_its_media_type(site: Site, name: str, media_type: str) -> None:
    answer = site.get(f"/feeds/alle/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.content == (site.feeds / "alle" / name).read_bytes()


def test_a_reader_that_polls_gets_304_until_the_feed_changes(site: Site) -> None:
    address = f"{site.url}/feeds/alle/atom.xml"
    first = feedparser.parse(address)
    assert [entry.title for entry in first.entries] == ["Beitrag 1"]
    again = feedparser.parse(address, etag=first.etag, modified=first.modified)
    assert (again.status, again.entries) == (304, [])
    write_feed(site.feeds, "2")
    changed = feedparser.parse(address, etag=first.etag, modified=first.modified)
    assert (changed.status, [entry.title for entry in changed.entries]) == (200, ["Beitrag 2"])
    assert changed.etag != first.etag


def test_a_change_of_equal_size_within_a_second_is_noticed(site: Site) -> None:
    before = site.get("/feeds/alle/atom.xml")
    write_feed(site.feeds, "3")
    after = site.get("/feeds/alle/atom.xml", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert len(after.content) == len(before.content)


def test_the_same_bytes_have_the_same_etag_whenever_they_were_written(site: Site) -> None:
    before = site.get("/feeds/alle/atom.xml").headers["ETag"]
    os.utime(site.feeds / "alle" / "atom.xml", (1, 1))
    after = site.get("/feeds/alle/atom.xml")
    assert after.headers["ETag"] == before
    assert after.headers["Last-Modified"] == "Thu, 01 Jan 1970 00:00:01 GMT"


@pytest.mark.parametrize("form", ["{0}", "W/{0}", '"other", {0}', 'W/"other",W/{0}', "*"])
def test_every_way_to_name_the_etag_gets_304(site: Site, form: str) -> None:
    etag = site.get("/feeds/alle/atom.xml").headers["ETag"]
    answer = site.get("/feeds/alle/atom.xml", headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert "Content-Type" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "max-age=300"


def test_another_etag_counts_and_the_date_beside_it_does_not(site: Site) -> None:
    known = site.get("/feeds/alle/atom.xml").headers
    headers = {"If-None-Match": '"other"', "If-Modified-Since": known["Last-Modified"]}
    assert site.get("/feeds/alle/atom.xml", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 24 Nov 2026 08:00:00 GMT", 304),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 304),
        ("Tue, 24 Nov 2026 07:59:59 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_a_date_alone_is_compared(site: Site, since: str, status: int) -> None:
    moment = datetime(2026, 11, 24, 8, 0, 0, 700000, tzinfo=UTC).timestamp()
    os.utime(site.feeds / "alle" / "atom.xml", (moment, moment))
    assert site.get("/feeds/alle/atom.xml", headers={"If-Modified-Since": since}).status_code == status


@pytest.mark.parametrize(
    ("accept", "coding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("br;q=0.5, gzip;q=0.8", "gzip", gzip.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("*", "br", brotli.decompress),
    ],
)
def test_a_packed_form_is_another_representation_of_the_same_feed(
    site: Site, accept: str, coding: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = site.get("/feeds/alle/atom.xml")
    packed = site.get("/feeds/alle/atom.xml", headers={"Accept-Encoding": accept}, stream=True)
    body = packed.raw.read(decode_content=False)
    assert packed.headers["Content-Encoding"] == coding
    assert len(body) == int(packed.headers["Content-Length"]) < len(plain.content)
    assert unpack(body) == plain.content
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for known in (packed, plain):
        headers = {"Accept-Encoding": accept, "If-None-Match": known.headers["ETag"]}
        answer = site.get("/feeds/alle/atom.xml", headers=headers)
        assert (answer.status_code, answer.headers["ETag"]) == (304, known.headers["ETag"])


@pytest.mark.parametrize("accept", ["gzip;q=0", "identity", "zstd", "*;q=0", "identity;q=1, br;q=0.5"])
def test_who_does_not_take_packed_forms_gets_the_plain_one(site: Site, accept: str) -> None:
    answer = site.get("/feeds/alle/atom.xml", headers={"Accept-Encoding": accept})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_head_has_the_headers_of_get(site: Site) -> None:
    full = site.get("/feeds/alle/atom.xml")
    head = requests.head(f"{site.url}/feeds/alle/atom.xml", timeout=5, headers={"Accept-Encoding": "identity"})
    ignored = {"date"}
    assert head.content == b""
    assert {k.lower(): v for k, v in head.headers.items() if k.lower() not in ignored} == {
        k.lower(): v for k, v in full.headers.items() if k.lower() not in ignored
    }


def test_feeds_name_themselves_and_their_hub_and_may_be_read_by_other_sites(site: Site) -> None:
    for name in ("atom.xml", "rss.xml", "feed.json"):
        headers = site.get(f"/feeds/alle/{name}").headers
        assert headers["Link"] == (
            f'<https://news.example.org/feeds/alle/{name}>; rel="self", <https://hub.example.org/>; rel="hub"'
        )
        assert headers["Access-Control-Allow-Origin"] == "*"
    page = site.get("/feeds/alle/").headers
    assert "Link" not in page
    assert "Access-Control-Allow-Origin" not in page
    assert "default-src 'none'" in page["Content-Security-Policy"]


def test_the_feed_of_a_topic_called_archive_has_a_hub_and_an_archive_has_none(site: Site) -> None:
    for name in ("themen/archive/atom.xml", "alle/archive/2026-01/atom.xml"):
        (site.feeds / name).parent.mkdir(parents=True)
        (site.feeds / name).write_text("<feed/>", encoding="utf-8")
    assert 'rel="hub"' in site.get("/feeds/themen/archive/atom.xml").headers["Link"]
    assert 'rel="hub"' not in site.get("/feeds/alle/archive/2026-01/atom.xml").headers["Link"]


def test_the_ways_in_lead_to_pages(site: Site) -> None:
    assert site.get("/feeds/alle/").content == (site.feeds / "alle" / "index.html").read_bytes()
    assert site.get("/feeds/").content == (site.feeds / "index.html").read_bytes()
    for path in ("/", "/feeds", "/feeds/alle"):
        answer = site.get(path)
        assert answer.status_code in {301, 302}
        assert requests.get(site.url + path, timeout=5).status_code == 200
        assert "://" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/../../secret.txt",
        "/feeds/%2e%2e/%2e%2e/secret.txt",
        "/feeds/..%2f..%2fsecret.txt",
        "/feeds/alle/..%5c..%5csecret.txt",
        "/feeds//etc/passwd",
        "/feeds/%2fetc/passwd",
        "/feeds/alle/.atom.xml.tmp",
        "/feeds/alle/atom.xml%00",
        "/feeds/alle/atom.xml/",
        "/feeds/alle/" + "x" * 5000,
        "/feeds/alle/outside.txt",
        "/feeds/elsewhere/secret.txt",
        "/feeds/elsewhere",
        "/feeds/alle/pipe",
        "/feeds/nothing",
        "/nothing",
    ],
)
def test_what_was_not_published_is_not_found(site: Site, path: str) -> None:
    outside = site.feeds.parent / "other"
    outside.mkdir()
    for secret in (outside / "secret.txt", site.feeds.parent / "secret.txt"):
        secret.write_text("secret")
    (site.feeds / "alle" / "outside.txt").symlink_to(outside / "secret.txt")
    (site.feeds / "elsewhere").symlink_to(outside)
    os.mkfifo(site.feeds / "alle" / "pipe")
    answer = raw_get(site.url, path)
    assert b" 404 " in answer.split(b"\r\n")[0]
    assert b"secret" not in answer


def raw_get(url: str, path: str) -> bytes:
    """The answer to a path just as it is: clients would tidy it up."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_feeds_directory_that_is_a_link_is_served(site: Site) -> None:
    site.feeds.rename(site.feeds.parent / "release-1")
    site.feeds.symlink_to(site.feeds.parent / "release-1")
    assert site.get("/feeds/alle/rss.xml").status_code == 200


def test_a_feed_that_is_gone_is_gone(site: Site) -> None:
    assert site.get("/feeds/alle/rss.xml").status_code == 200
    (site.feeds / "alle" / "rss.xml").unlink()
    assert site.get("/feeds/alle/rss.xml").status_code == 404


def test_other_methods_are_refused(site: Site) -> None:
    answer = requests.delete(f"{site.url}/feeds/alle/atom.xml", timeout=5)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert requests.put(site.unsubscribe_url, timeout=5).status_code == 405
    assert requests.post(f"{site.url}/healthz", timeout=5).status_code == 405


# Unsubscribing


def test_looking_at_the_link_changes_nothing(site: Site) -> None:
    page = site.get(f"/unsubscribe/{site.token}")
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    head = requests.head(site.unsubscribe_url, timeout=5)
    assert (head.status_code, head.content) == (200, b"")
    assert site.store.changes == []


@pytest.mark.parametrize("body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}])
def test_one_click_unsubscribes_without_cookie_or_redirect(site: Site, body: dict[str, object]) -> None:
    answer = requests.post(site.unsubscribe_url, timeout=5, allow_redirects=False, **body)  # type: ignore[arg-type]
    assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
    assert "Set-Cookie" not in answer.headers
    assert site.is_in(SubscriptionState.UNSUBSCRIBED)
    assert site.store.changes == [("unsubscribe", 7, "one-click")]


def test_unsubscribing_twice_is_as_good_as_once(site: Site) -> None:
    for _ in range(2):
        assert requests.post(site.unsubscribe_url, data=ONE_CLICK, timeout=5).status_code == 200
    assert len(site.store.changes) == 1


def test_the_form_unsubscribes_and_takes_it_back(site: Site) -> None:
    done = requests.post(site.unsubscribe_url, data={"action": "unsubscribe"}, timeout=5)
    assert "Sie sind abgemeldet" in done.text
    assert 'value="undo"' in done.text
    assert site.is_in(SubscriptionState.UNSUBSCRIBED)
    assert "Sie sind abgemeldet" in site.get(f"/unsubscribe/{site.token}").text
    back = requests.post(site.unsubscribe_url, data={"action": "undo"}, timeout=5)
    assert "Sie sind wieder angemeldet" in back.text
    assert site.is_in(SubscriptionState.ACTIVE)


def test_a_suppressed_address_stays_unsubscribed_and_is_told_so(site: Site) -> None:
    site.store.suppressed.add("anna@example.org")
    requests.post(site.unsubscribe_url, data=ONE_CLICK, timeout=5)
    answer = requests.post(site.unsubscribe_url, data={"action": "undo"}, timeout=5)
    assert "Sie sind weiterhin abgemeldet" in answer.text
    assert site.is_in(SubscriptionState.UNSUBSCRIBED)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe garbage", b"List-Unsubscribe%3DOne-Click"])
def test_a_garbled_post_is_still_the_wish_to_leave(site: Site, body: bytes) -> None:
    assert requests.post(site.unsubscribe_url, data=body, timeout=5).status_code == 200
    assert site.is_in(SubscriptionState.UNSUBSCRIBED)


def test_a_large_body_is_refused(site: Site) -> None:
    assert requests.post(site.unsubscribe_url, data=b"x" * 5000, timeout=5).status_code == 413
    chunks = (b"x" * 1000 for _ in range(5))
    assert requests.post(site.unsubscribe_url, data=chunks, timeout=5).status_code == 413
    assert site.store.changes == []


@pytest.mark.parametrize(
    "mangle", [lambda t: t[:-1], lambda t: t + "a", lambda t: "A" + t, lambda _: "x", lambda t: t.swapcase()]
)
def test_a_token_that_is_not_ours_gets_one_answer(site: Site, mangle: Callable[[str], str]) -> None:
    path = f"/unsubscribe/{mangle(site.token)}"
    page = site.get(path, headers={"Accept-Language": "de"})
    assert page.status_code == 404
    assert page.text == site.get("/unsubscribe/other", headers={"Accept-Language": "de"}).text
    assert requests.post(site.url + path, data=ONE_CLICK, timeout=5).status_code == 404
    assert site.store.changes == []


def test_a_subscription_that_was_erased_is_not_found(site: Site) -> None:
    site.store.by_id.clear()
    assert site.get(f"/unsubscribe/{site.token}").status_code == 404


def test_the_page_speaks_the_subscribers_language_then_the_browsers_then_the_sites(site: Site) -> None:
    english, german = "Unsubscribe from", "abbestellen?"
    path = f"/unsubscribe/{site.token}"
    assert german in site.get(path, headers={"Accept-Language": "en"}).text
    site.store.put(a_subscription(language=None))
    assert german in site.get(path, headers={"Accept-Language": "fr, de-CH;q=0.8, en;q=0.5"}).text
    assert english in site.get(path, headers={"Accept-Language": "fr, de;q=0, *;q=0.1"}).text
    site.store.put(a_subscription(language="fr"))
    page = site.get(path)
    assert english in page.text
    assert page.headers["Content-Language"] == "en"


def test_a_personal_page_is_kept_and_shown_by_nobody_else(site: Site) -> None:
    page = site.get(f"/unsubscribe/{site.token}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "anna@" not in page.text
    assert "a***@example.org" in page.text
    assert "Die &lt;Woche&gt;" in page.text


def test_neither_tokens_nor_addresses_get_into_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    class BrokenStore(dict[int, object]):
        def get(self, *_: object) -> object:
            message = "no row for anna@example.org"
            raise RuntimeError(message)

    with capture_logs() as ours, caplog.at_level(logging.DEBUG):
        requests.post(site.unsubscribe_url, data=ONE_CLICK, timeout=5)
        site.get(f"/unsubscribe/{site.token}")
        site.store.by_id = BrokenStore()  # type: ignore[assignment]
        broken = site.get(f"/unsubscribe/{site.token}")
    assert broken.status_code == 500
    assert broken.text == "Something went wrong here. Please try again later.\n"
    uvicorns = [record.getMessage() for record in caplog.records if "urllib3" not in record.name]
    said = repr(ours) + repr(uvicorns)
    assert "request failed" in said
    assert "unsubscribed" in said
    assert site.token not in said
    assert "anna@" not in said


def test_the_operators_templates_are_taken_file_by_file(site: Site, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "unsubscribe-unknown.html.j2").write_text("<title>x</title>Ours: {{ _('All feeds') }}")
    web = WebSite(title="x", url="https://news.example.org", feeds_url="https://news.example.org/feeds")
    choices = Choices(TokenKeys(b"k" * 32), site.store)
    app = create_app(
        web,
        feeds=FeedDocuments(site.feeds, web),
        templates=[tmp_path, TEMPLATES],
        choices=choices,
        health=lambda: Health(ready=True),
        clock=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC),
    )
    with WebServer(app, "127.0.0.1", 0) as server:
        assert requests.get(f"{server.url}/unsubscribe/x", timeout=5).text.startswith("<title>x</title>Ours: ")
        token = site.token
        assert '<form method="post">' in requests.get(f"{server.url}/unsubscribe/{token}", timeout=5).text


# The server


def test_probes_say_how_things_are(site: Site) -> None:
    assert site.get("/healthz").text == "ok\n"
    assert site.get("/readyz").json() == {"ready": True, "details": {"store": "ok"}}
    site.health["ready"] = False
    assert site.get("/readyz").status_code == 503
    assert site.get("/healthz").status_code == 200


def test_a_port_that_is_taken_is_named(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    with pytest.raises(ServerError, match=f"127.0.0.1:{port}: can't listen: Address already in use"):
        WebServer(lambda *_: None, "127.0.0.1", port).start()  # type: ignore[arg-type]


def test_it_finishes_a_request_when_it_stops_and_can_be_stopped_twice() -> None:
    def slow(_request: Request) -> PlainTextResponse:
        time.sleep(0.3)
        return PlainTextResponse("done")

    server = WebServer(Starlette(routes=[Route("/", slow)]), "127.0.0.1", 0)
    server.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, server.url, timeout=5)
        time.sleep(0.1)
        server.stop()
        assert answer.result().text == "done"
    server.stop()
    assert not server.running
