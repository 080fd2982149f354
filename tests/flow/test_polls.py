"""Polls over real HTTP: those that are answered past the app, and those that must not be."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from pipeline.audience.choices import Choices
from pipeline.audience.tokens import TokenKeys
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.redirects import Redirect
from pipeline.web.server import WebServer
from pipeline.web.site import Health, WebSite
from tests.fakes.subscriptions import MemorySubscriptions

TEMPLATES = Path(__file__).parents[2] / "templates"
PATIENCE = 30
"""In seconds: the machine may be busy with something else."""
BODY = "<feed>" + "Größe " * 40_000 + "</feed>"
# What is sent at one go is not lost when a connection ends that has more to say.
SHORT = "<feed>" + "Größe " * 200 + "</feed>"
REDIRECTS = (
    Redirect("/feed/", "/feeds/alle/rss.xml"),
    Redirect("/?feed=atom", "/feeds/alle/atom.xml"),
    Redirect("/feeds/alt/", "/feeds/neu/"),
    Redirect("/feeds/alt/atom.xml", "https://other.example.org/feed"),
    Redirect("/feeds/aus/", None),
    Redirect("/feeds/alle/feed.json", "/feeds/neu/feed.json"),
    Redirect("/blog/", "/"),
    Redirect("/feeds/alle/index.html", "/feeds/alle/"),
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
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for packet in packets:
                connection.sendall(packet)
                if len(packets) > 1 and packet is not packets[-1]:
                    # The server takes what is there as one packet.
                    requests.get(f"{self.url}/healthz", timeout=PATIENCE)
            while chunk := connection.recv(1 << 20):
                answer += chunk
                if until and answer.count(until) >= count:
                    break
        return answer

    def say(self, *packets: bytes) -> bytes:
        """As `talk`, of which only the last packet surely ends the connection; nobody waits for the others' answers."""
        host, port = self.url.removeprefix("http://").split(":")
        answer = b""
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(ConnectionError):
                for packet in packets:
                    connection.sendall(packet)
                    time.sleep(0.002)
            with suppress(ConnectionError):
                while chunk := connection.recv(1 << 20):
                    answer += chunk
        return answer


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For who changes nothing."""
    with serving(tmp_path_factory.mktemp("steady")) as made:
        yield made


@contextmanager
def serving(directory: Path, body: str = BODY, *, short_way: bool = True) -> Iterator[Served]:
    feeds = directory / "feeds"
    (feeds / "alle").mkdir(parents=True, exist_ok=True)
    for name in ("atom.xml", "rss.xml", "feed.json", "index.html"):
        (feeds / "alle" / name).write_text(body, encoding="utf-8")
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
    with WebServer(app, "127.0.0.1", 0, fresh=documents.fresh if short_way else lambda _name: None) as server:
        made = Served(server.url, feeds, app)
        for name in ("alle/atom.xml", "alle/"):
            requests.get(f"{server.url}/feeds/{name}", timeout=PATIENCE)
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
def test_a_poll_is_answered_the_same_by_either_way(steady: Served, method: str, lines: list[str]) -> None:
    known = requests.get(f"{steady.url}/feeds/alle/atom.xml", timeout=PATIENCE, headers={"Accept-Encoding": "identity"})
    steady.app.paths.clear()
    said = [line.format(etag=known.headers["ETag"], modified=known.headers["Last-Modified"]) for line in lines]
    short = steady.talk(request(*said, "Connection: close", method=method))
    assert steady.app.paths == []
    # With a query it is none of the plain ones.
    long = steady.talk(request(*said, "Connection: close", method=method, path="/feeds/alle/atom.xml?by=app"))
    assert steady.app.paths == ["/feeds/alle/atom.xml"]
    one, other = head_of(short), head_of(long)
    assert {**one, "date": ""} == {**other, "date": ""}
    assert short.partition(b"\r\n\r\n")[2] == long.partition(b"\r\n\r\n")[2]
    assert one["status"] == (
        "304" if "{etag}" in "".join(lines) or lines == ["If-Modified-Since: {modified}"] else "200"
    )


ODD = st.sampled_from(
    [
        "Accept-Encoding: br;q=0, gzip;q=0.5",
        "Accept-Encoding: identity;q=0",
        "accept-encoding:\t*",
        "Accept-Encoding: gzip;q=nan",
        "If-None-Match: *",
        "If-None-Match: W/{etag}",
        'If-None-Match: "a",W/"b" , {etag}',
        "If-None-Match:",
        "IF-NONE-MATCH: {etag} \t",
        "If-Modified-Since: garbage",
        "If-Modified-Since: {modified}",
        "If-Modified-Since: 99999999999999",
        "Range: bytes=0-5",
        "A-IM: feed",
        "Connection: keep-alive",
        "Connection: close, x",
        "Content-Length: 0",
        "Content-Length: -1",
        "Content-Length: 4",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Expect: 100-continue",
        "Upgrade: h2c",
        " folded",
        "X",
        "X: \x80\xff",
        "X: a\x00b",
        "X: a\nb",
        "X: a\rb",
        "Host: another",
        "Long: {long}",
    ]
)
PATHS = st.sampled_from(
    [
        *["/feeds/alle/atom.xml"] * 4,
        "/feeds/alle/",
        "/feeds/alle",
        "/feeds/alle/../alle/atom.xml",
        "/feeds//alle/atom.xml",
        "/feeds/alle/.atom.xml",
        "/feeds/alle/%61tom.xml",
        "/feeds/alle/atom.xml?x",
        "http://x/feeds/alle/atom.xml",
        "/feeds/alle/atom.xml\x00",
        "/healthz",
    ]
)
REFUSED = b"HTTP/1.1 400 Bad Request"
METHODS = st.sampled_from(["GET"] * 4 + ["HEAD", "HEAD", "POST", "get", "OPTIONS"])
VERSIONS = st.sampled_from(["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "http/1.1"])


@st.composite
def conversations(draw: st.DrawFn) -> str:
    """Some requests, of which the last ends the connection, whatever the others are."""
    said = ""
    for closing in [*[[]] * draw(st.integers(0, 2)), ["Connection: close"]]:
        lines = ["Host: x", *draw(st.lists(ODD, max_size=3)), *closing]
        said += "\r\n".join([f"{draw(METHODS)} {draw(PATHS)} {draw(VERSIONS)}", *lines, "", ""])
        said += draw(st.sampled_from(["", "", "", "\r\n", "body", "0\r\n\r\n"]))
    return said


def test_whatever_is_said_is_answered_as_it_is_without_the_short_way(tmp_path: Path) -> None:
    with serving(tmp_path, SHORT) as short, serving(tmp_path, SHORT, short_way=False) as usual:
        known = requests.get(
            f"{usual.url}/feeds/alle/atom.xml", timeout=PATIENCE, headers={"Accept-Encoding": "identity"}
        )
        values = {"etag": known.headers["ETag"], "modified": known.headers["Last-Modified"], "long": "x" * 3000}
        end = b"GET /feeds/alle/atom.xml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

        @settings(max_examples=150, deadline=None, derandomize=True)
        @given(conversations(), st.integers(0, 400))
        def compare(conversation: str, cut: int) -> None:
            said = re.sub(r"\{(\w+)\}", lambda name: values[name[1]], conversation).encode("latin-1")
            packets = [packet for packet in (said[:cut], said[cut:], end) if packet]
            answer, right = undated(short.say(*packets)), undated(usual.say(*packets))
            if REFUSED in right:
                # What comes before it is answered if there is time for that.
                assert REFUSED in answer
            else:
                assert answer == right

        compare()


def undated(answer: bytes) -> bytes:
    return re.sub(rb"\r\ndate: [^\r]*", b"", answer)


def test_nobody_can_fill_the_log_with_what_is_no_request(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as logs:
        for packet in (b"\x16\x03\x01", request() + b"NONE\r\n\r\n", request("Upgrade: x", "Connection: upgrade")):
            served.say(packet, b"NONE\r\n\r\n")
        assert requests.get(f"{served.url}/healthz", timeout=PATIENCE).ok
    assert logs == []
    assert [record for record in caplog.records if "urllib3" not in record.name] == []


def test_what_moved_to_the_front_leads_to_no_other_host(served: Served) -> None:
    answer = requests.get(f"{served.url}/blog//evil.example/x", timeout=PATIENCE, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/blog/evil.example/x")


def test_a_range_and_an_instance_manipulation_get_the_whole_document(served: Served) -> None:
    for headers in ({"Range": "bytes=0-10"}, {"A-IM": "feed, gzip", "If-None-Match": '"old"'}):
        answer = requests.get(f"{served.url}/feeds/alle/atom.xml", headers=headers, timeout=PATIENCE)
        assert (answer.status_code, answer.text) == (200, BODY)
        assert "IM" not in answer.headers
        assert "Content-Range" not in answer.headers


def test_what_has_moved_comes_before_what_is_there_however_it_is_asked_for(served: Served) -> None:
    poll = request("Connection: close", path="/feeds/alle/index.html")
    for path in ("/feeds/alle/", "/feeds/alle/index.html", "/feeds/alle/"):
        requests.get(f"{served.url}{path}", timeout=PATIENCE, allow_redirects=False)
    assert head_of(served.talk(poll))["location"] == "/blog/feeds/alle/"


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
    assert requests.get(f"{served.url}/healthz", timeout=PATIENCE).ok


def send(connection: socket.socket, packet: bytes, times: int) -> None:
    for _ in range(times):
        connection.sendall(packet)


def test_scripts_of_other_sites_may_poll_with_conditions(served: Served) -> None:
    asking = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET"}
    preflight = requests.options(f"{served.url}/feeds/alle/feed.json", headers=asking, timeout=PATIENCE)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    answer = requests.get(f"{served.url}/feeds/alle/atom.xml", timeout=PATIENCE)
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Link"
    assert answer.headers["Link"] == '<https://cdn.example.org/f/alle/atom.xml>; rel="self"'
    plain = requests.options(f"{served.url}/feeds/alle/atom.xml", timeout=PATIENCE)
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
    answer = requests.get(served.url + path, timeout=PATIENCE, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, target)
    assert requests.post(served.url + path, timeout=PATIENCE, allow_redirects=False).status_code in {404, 405}


def test_what_is_gone_says_so(served: Served) -> None:
    assert requests.get(f"{served.url}/feeds/aus/atom.xml", timeout=PATIENCE).status_code == 410
    (served.feeds / ".gone.json").write_text('["fort/index.html", "fort/atom.xml", "alle/rss.xml"]')
    for path, status in {
        "fort/atom.xml": 410,
        "fort/": 410,
        "fort": 410,
        "fort/rss.xml": 404,
        "alle/rss.xml": 200,
        ".gone.json": 404,
    }.items():
        assert requests.get(f"{served.url}/feeds/{path}", timeout=PATIENCE).status_code == status
