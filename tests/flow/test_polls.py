"""Polls over real HTTP: those that are answered past the app, and those that must not be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.audience.choices import Choices
from pipeline.audience.tokens import TokenKeys
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.redirects import Redirect
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.subscriptions import MemorySubscriptions

TEMPLATES = Path(__file__).parents[2] / "templates"
BODY = "<feed>" + "Größe " * 40_000 + "</feed>"
REDIRECTS = (
    Redirect("/feed/", "/feeds/alle/rss.xml"),
    Redirect("/?feed=atom", "/feeds/alle/atom.xml"),
    Redirect("/feeds/alt/", "/feeds/neu/"),
    Redirect("/feeds/alt/atom.xml", "https://other.example.org/feed"),
    Redirect("/feeds/aus/", None),
    Redirect("/feeds/alle/feed.json", "/feeds/neu/feed.json"),
)


@dataclass
class Counted:
    """An app, and what it was asked."""

    app: ASGIApp
    paths: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        await self.app(scope, receive, send)


@dataclass
class Served:
    url: str
    feeds: Path
    app: Counted

    def talk(self, *packets: bytes, until: bytes = b"", count: int = 1) -> bytes:
        """What is answered to packets on one connection, until it is closed or ``until`` came ``count`` times."""
        host, port = self.url.removeprefix("http://").split(":")
        answer = b""
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for packet in packets:
                connection.sendall(packet)
                if len(packets) > 1 and packet is not packets[-1]:
                    # The server takes what is there as one packet.
                    requests.get(f"{self.url}/healthz", timeout=5)
            while chunk := connection.recv(1 << 20):
                answer += chunk
                if until and answer.count(until) >= count:
                    break
        return answer


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    feeds = tmp_path / "feeds"
    (feeds / "alle").mkdir(parents=True)
    for name in ("atom.xml", "rss.xml", "feed.json", "index.html"):
        (feeds / "alle" / name).write_text(BODY, encoding="utf-8")
    site = WebSite(
        title="Site",
        url="https://news.example.org/blog",
        feeds_url="https://cdn.example.org/f",
        redirects=REDIRECTS,
    )
    documents = FeedDocuments(feeds, site)
    app = Counted(
        create_app(
            site,
            feeds=documents,
            templates=[TEMPLATES],
            choices=Choices(TokenKeys(b"k" * 32), MemorySubscriptions()),
            health=lambda: Health(ready=True),
            clock=lambda: datetime(2026, 11, 24, tzinfo=UTC),
        )
    )
    with WebServer(app, "127.0.0.1", 0, fresh=documents.fresh) as server:
        made = Served(server.url, feeds, app)
        requests.get(f"{server.url}/feeds/alle/atom.xml", timeout=5)
        app.paths.clear()
        yield made


def request(*lines: str, path: str = "/feeds/alle/atom.xml", method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/{version}", "Host: x", *lines, "", "")).encode()


def head_of(answer: bytes) -> dict[str, str]:
    status, *lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {"status": status.split(" ")[1], **headers}


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Accept-Encoding: gzip, br"],
        ["accept-encoding:gzip"],
        ["If-None-Match: {etag}"],
        ['If-None-Match: "other"', "If-None-Match: {etag}"],
        ["If-Modified-Since: {modified}"],
        ["If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT"],
        ['If-None-Match: "other"', "If-Modified-Since: {modified}"],
        ["Range: bytes=0-10"],
        ["A-IM: feed", 'If-None-Match: "other"'],
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_poll_is_answered_the_same_by_either_way(served: Served, method: str, lines: list[str]) -> None:
    known = requests.get(f"{served.url}/feeds/alle/atom.xml", timeout=5, headers={"Accept-Encoding": "identity"})
    served.app.paths.clear()
    said = [line.format(etag=known.headers["ETag"], modified=known.headers["Last-Modified"]) for line in lines]
    short = served.talk(request(*said, "Connection: close", method=method))
    assert served.app.paths == []
    # With a query it is none of the plain ones.
    long = served.talk(request(*said, "Connection: close", method=method, path="/feeds/alle/atom.xml?by=app"))
    assert served.app.paths == ["/feeds/alle/atom.xml"]
    one, other = head_of(short), head_of(long)
    assert {**one, "date": ""} == {**other, "date": ""}
    assert short.partition(b"\r\n\r\n")[2] == long.partition(b"\r\n\r\n")[2]
    assert one["status"] == (
        "304" if "{etag}" in "".join(lines) or lines == ["If-Modified-Since: {modified}"] else "200"
    )


def test_a_range_and_an_instance_manipulation_get_the_whole_document(served: Served) -> None:
    for headers in ({"Range": "bytes=0-10"}, {"A-IM": "feed, gzip", "If-None-Match": '"old"'}):
        answer = requests.get(f"{served.url}/feeds/alle/atom.xml", headers=headers, timeout=5)
        assert (answer.status_code, answer.text) == (200, BODY)
        assert "IM" not in answer.headers
        assert "Content-Range" not in answer.headers


def test_a_changed_file_is_noticed_at_the_next_poll(served: Served) -> None:
    draft = served.feeds / "alle" / ".draft"
    draft.write_text("new", encoding="utf-8")
    draft.replace(served.feeds / "alle" / "atom.xml")
    assert served.talk(request("Connection: close")).endswith(b"\r\n\r\nnew")
    (served.feeds / "alle" / "atom.xml").unlink()
    assert head_of(served.talk(request("Connection: close")))["status"] == "404"


def test_many_polls_go_over_one_connection_and_one_after_the_other(served: Served) -> None:
    etag = head_of(served.talk(request("Connection: close")))["etag"]
    poll = request(f"If-None-Match: {etag}")
    answer = served.talk(poll, poll, request(path="/healthz"), poll, until=b"HTTP/1.1", count=4)
    statuses = [part.split(b" ")[1] for part in answer.split(b"HTTP/1.1")[1:]]
    assert statuses == [b"304", b"304", b"200", b"304"]


def test_requests_in_one_packet_are_answered_in_their_order(served: Served) -> None:
    packet = request(path="/healthz") + request(method="HEAD") + request("Connection: close", path="/readyz")
    answer = served.talk(packet)
    statuses = [part.split(b" ")[1] for part in answer.split(b"HTTP/1.1")[1:]]
    assert statuses == [b"200", b"200", b"200"]
    assert answer.index(b"ok\n") < answer.index(b"atom+xml") < answer.index(b'"ready"')


def test_what_belongs_to_a_body_is_no_request(served: Served) -> None:
    poll = request()
    head = request(f"Content-Length: {len(poll)}", "Connection: close", method="POST", path="/healthz")
    answer = served.talk(head, poll)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert head_of(answer)["status"] == "405"


def test_a_request_may_come_in_pieces(served: Served) -> None:
    whole = request("Connection: close")
    assert head_of(served.talk(whole[:9], whole[9:40], whole[40:]))["status"] == "200"
    assert served.app.paths.count("/feeds/alle/atom.xml") == 1


@pytest.mark.parametrize(
    ("packet", "status"),
    [
        (request("Content-Length: 0", "Connection: close"), "200"),
        (request("Connection: close", version="1.0"), "200"),
        (request("Connection: close, x", path="/feeds/alle/./atom.xml"), "404"),
        (request("Connection: close", path="/feeds/alle/%61tom.xml"), "200"),
        (request("X-Long: " + "x" * 4000, "Connection: close"), "200"),
        (b"GET /feeds/alle/atom.xml HTTP/1.1\nHost: x\nConnection: close\n\n", "400"),
        (request("Bad Name: x", "Connection: close"), "400"),
        (request("Content-Length : 5", "Connection: close"), "400"),
        (request("Transfer-Encoding: chunked", "Content-Length: 5", "Connection: close"), "400"),
        (request("Connection: close", path="/feeds/alle/atom.xml#x"), "200"),
    ],
)
def test_what_is_not_quite_a_plain_poll_is_left_to_the_http_parser(served: Served, packet: bytes, status: str) -> None:
    assert head_of(served.talk(packet))["status"] == status


def test_a_reader_that_takes_nothing_off_the_line_does_not_fill_the_memory(served: Served) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=1) as connection:
        poll = request("Accept-Encoding: identity", "X: " + "x" * 1900)
        with pytest.raises(TimeoutError):
            send(connection, poll, times=100_000)
    assert requests.get(f"{served.url}/healthz", timeout=5).ok


def send(connection: socket.socket, packet: bytes, times: int) -> None:
    for _ in range(times):
        connection.sendall(packet)


def test_scripts_of_other_sites_may_poll_with_conditions(served: Served) -> None:
    asking = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET"}
    preflight = requests.options(f"{served.url}/feeds/alle/feed.json", headers=asking, timeout=5)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    answer = requests.get(f"{served.url}/feeds/alle/atom.xml", timeout=5)
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Link"
    assert answer.headers["Link"] == '<https://cdn.example.org/f/alle/atom.xml>; rel="self"'
    plain = requests.options(f"{served.url}/feeds/alle/atom.xml", timeout=5)
    assert (plain.status_code, plain.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Access-Control-Allow-Methods" not in plain.headers


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/feed/", "/blog/feeds/alle/rss.xml"),
        ("/?feed=atom", "/blog/feeds/alle/atom.xml"),
        ("/feeds/alt/", "/blog/feeds/neu/"),
        ("/feeds/alt/rss.xml", "/blog/feeds/neu/rss.xml"),
        ("/feeds/alt/ä%20b/x.xml", "/blog/feeds/neu/%C3%A4%20b/x.xml"),
        ("/feeds/alt/atom.xml", "https://other.example.org/feed"),
        ("/feeds/alle/feed.json", "/blog/feeds/neu/feed.json"),
    ],
)
def test_what_has_moved_leads_to_where_it_is_for_good(served: Served, path: str, target: str) -> None:
    answer = requests.get(served.url + path, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, target)
    assert requests.post(served.url + path, timeout=5, allow_redirects=False).status_code in {404, 405}


def test_what_is_gone_says_so(served: Served) -> None:
    assert requests.get(f"{served.url}/feeds/aus/atom.xml", timeout=5).status_code == 410
    (served.feeds / ".gone.json").write_text('["fort/index.html", "fort/atom.xml", "alle/rss.xml"]')
    for path, status in {
        "fort/atom.xml": 410,
        "fort/": 410,
        "fort": 410,
        "fort/rss.xml": 404,
        "alle/rss.xml": 200,
        ".gone.json": 404,
    }.items():
        assert requests.get(f"{served.url}/feeds/{path}", timeout=5).status_code == status
