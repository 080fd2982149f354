from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.addresses import AddressRefused
from pipeline.collect.fetch import Fetcher, FetchLimits, Response
from pipeline.errors import InvalidSource, SourceError, SourceGone, SourceUnavailable
from tests.fakes.feed_server import TLS, FeedServer

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
AGENT = "Rundbrief/0.0 (+https://news.example.org)"
LIMITS = FetchLimits(max_bytes=100_000, total_seconds=0.6, connect_seconds=0.5, max_redirects=3)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher(user_agent=AGENT, limits=LIMITS)
    yield made
    made.close()


def get(fetcher: Fetcher, url: str, etag: str | None = None, last_modified: str | None = None) -> Response:
    return fetcher.get(url, etag=etag, last_modified=last_modified, allow_private=True, now=NOW)


def test_a_document_comes_with_its_type_charset_and_validators(server: FeedServer, fetcher: Fetcher) -> None:
    date = "Sun, 01 Jun 2025 10:00:00 GMT"
    url = server.document("/f", b"<rss/>", 'Text/XML; Charset="ISO-8859-1"', etag='W/"a b"', last_modified=date)
    response = get(fetcher, url)
    assert response == Response(
        status=200,
        url=url,
        body=b"<rss/>",
        content_type="text/xml",
        charset="ISO-8859-1",
        etag='W/"a b"',
        last_modified=date,
    )


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', "unquoted", '"with, comma"', '"caf\xe9"'])
def test_validators_go_back_as_they_came_and_a_304_keeps_them(server: FeedServer, fetcher: Fetcher, etag: str) -> None:
    url = server.document("/f", b"<rss/>", etag=etag, last_modified="Sun, 01 Jun 2025 10:00:00 GMT")
    first = get(fetcher, url)
    second = get(fetcher, url, first.etag, first.last_modified)
    assert second.not_modified
    assert second.body == b""
    assert (second.etag, second.last_modified) == (etag, "Sun, 01 Jun 2025 10:00:00 GMT")
    assert server.requests[1].headers["If-None-Match"] == etag
    assert server.requests[1].headers["If-Modified-Since"] == "Sun, 01 Jun 2025 10:00:00 GMT"


def test_it_says_who_it_is_and_nothing_about_the_machine(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", "/nonexistent")
    url = server.document("/f", b"<rss/>", headers={"Set-Cookie": "id=1; Path=/"})
    get(fetcher, url)
    get(fetcher, url)
    for request in server.requests:
        assert request.headers["User-Agent"] == AGENT
        assert "application/atom+xml" in request.headers["Accept"]
        assert not {"Cookie", "Referer", "Authorization", "Proxy-Authorization"} & set(request.headers)


def test_a_cookie_that_comes_with_a_redirect_does_not_go_to_where_it_leads(
    server: FeedServer, fetcher: Fetcher
) -> None:
    url = server.status("/f", 302, {"Set-Cookie": "id=1; Path=/", "Location": server.document("/g", b"<rss/>")})
    assert get(fetcher, url).body == b"<rss/>"
    assert "Cookie" not in server.asked("/g")[0].headers


def test_what_a_redirect_says_is_not_read(server: FeedServer, fetcher: Fetcher) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {server.document('/g', b'<rss/>')}\r\nContent-Length: 1000000\r\n\r\n"
    # Who reads it comes to an end that must not be there, or waits.
    assert get(fetcher, server.raw("/f", head.encode())).body == b"<rss/>"


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ((301,), 0),
        ((308,), 0),
        ((302,), None),
        ((303,), None),
        ((307,), None),
        ((301, 308), 1),
        ((301, 302), 0),
        ((302, 301), None),
        ((308, 307, 301), 0),
    ],
)
def test_only_permanent_redirects_from_the_start_move_the_source(
    server: FeedServer, fetcher: Fetcher, statuses: tuple[int, ...], moved: int | None
) -> None:
    hops = [f"/hop{number}" for number in range(1, len(statuses))] + ["/feed"]
    for number, (status, target) in enumerate(zip(statuses, hops, strict=True)):
        server.redirect(f"/hop{number}", target, status)
    server.document("/feed", b"<rss/>")
    response = get(fetcher, server.url("/hop0"))
    assert response.body == b"<rss/>"
    assert response.url == server.url("/feed")
    assert response.moved_to == (None if moved is None else server.url(hops[moved]))


def test_more_redirects_than_allowed_are_refused(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/loop", "/loop", 301)
    with pytest.raises(InvalidSource, match="redirects more than 3 times"):
        get(fetcher, server.url("/loop"))
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/x", "javascript:alert(1)", "data:,x"]
)
def test_a_redirect_to_another_scheme_is_refused(server: FeedServer, fetcher: Fetcher, location: str) -> None:
    server.redirect("/f", location, 302)
    with pytest.raises(InvalidSource, match="not an http or https address"):
        get(fetcher, server.url("/f"))


def test_a_redirect_to_a_user_name_is_refused(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/f", "http://trusted.example@127.0.0.1/x", 302)
    with pytest.raises(InvalidSource, match="user name"):
        get(fetcher, server.url("/f"))


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://0.0.0.0/"])
def test_a_redirect_to_link_local_addresses_is_refused_even_where_private_ones_are_allowed(
    server: FeedServer, fetcher: Fetcher, target: str
) -> None:
    server.redirect("/f", target, 301)
    with pytest.raises(AddressRefused):
        get(fetcher, server.url("/f"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_an_address_of_our_own_network_is_refused_however_it_is_written(
    server: FeedServer, fetcher: Fetcher, host: str
) -> None:
    server.document("/f", b"<rss/>")
    with pytest.raises((AddressRefused, SourceUnavailable)) as caught:
        fetcher.get(server.url("/f", host), now=NOW)
    assert isinstance(caught.value, AddressRefused) or "resolved" in caught.value.what
    assert server.requests == []


def test_the_address_that_was_checked_is_the_one_connected_to(server: FeedServer) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *, type: int) -> list[tuple[object, ...]]:  # noqa: A002
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port))]

    server.document("/f", b"<rss/>")
    fetcher = Fetcher(user_agent=AGENT, limits=LIMITS, resolve=resolve)
    # The name exists nowhere: only the resolver's one answer can have led to the server.
    assert get(fetcher, server.url("/f", "feeds.invalid")).body == b"<rss/>"
    assert asked == ["feeds.invalid"]
    assert server.requests[0].headers["Host"] == f"feeds.invalid:{server.port}"
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        get(fetcher, server.url("/f", "feeds.invalid"))


def test_credentials_of_the_url_go_to_its_own_origin_only(server: FeedServer, fetcher: Fetcher) -> None:
    with FeedServer() as other:
        other.document("/feed", b"<rss/>")
        server.redirect("/a", "/b", 302)
        server.redirect("/b", other.url("/feed"), 302)
        response = get(fetcher, server.url("/a", "anna:ge%40heim@127.0.0.1"))
        assert response.url == other.url("/feed")
        sent = [request.headers.get("Authorization") for request in server.requests + other.requests]
    expected = "Basic " + base64.b64encode(b"anna:ge@heim").decode()
    assert sent == [expected, expected, None]


def test_errors_name_the_url_without_its_secrets(server: FeedServer, fetcher: Fetcher) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        get(fetcher, server.url("/private/feed?token=geheim", "anna:passwort@127.0.0.1"))
    shown = f"{caught.value} {caught.value!r} {caught.value.problem}"
    assert "geheim" not in shown
    assert "passwort" not in shown
    assert caught.value.where == f"http://127.0.0.1:{server.port}/private/feed?…"


def test_410_ends_the_source(server: FeedServer, fetcher: Fetcher) -> None:
    with pytest.raises(SourceGone, match="410"):
        get(fetcher, server.status("/f", 410))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 451, 500, 502, 503, 599, 300, 304])
def test_other_refusals_are_for_now(server: FeedServer, fetcher: Fetcher, status: int) -> None:
    with pytest.raises(SourceUnavailable, match=str(status)):
        get(fetcher, server.status("/f", status, body=b""))


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Sun, 01 Jun 2025 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 01 Jun 2025 11:00:00 GMT", timedelta()),
        ("99999999999999999999", timedelta(days=30)),
        ("soon", None),
        ("-5", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_a_server_asks_for_is_passed_on(
    server: FeedServer, fetcher: Fetcher, status: int, asked: str, wait: timedelta | None
) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        get(fetcher, server.status("/f", status, {"Retry-After": asked}))
    assert caught.value.retry_after == wait


def test_gzip_is_inflated(server: FeedServer, fetcher: Fetcher) -> None:
    assert get(fetcher, server.compressed("/f", b"<rss>" * 100)).body == b"<rss>" * 100


@pytest.mark.parametrize("kind", ["endless", "bomb", "large"])
def test_what_is_too_long_is_refused_before_it_is_all_read(server: FeedServer, fetcher: Fetcher, kind: str) -> None:
    urls = {
        "endless": server.endless("/endless"),
        "bomb": server.bomb("/bomb", 2000),
        "large": server.document("/large", bytes(100_001)),
    }
    started = time.monotonic()
    with pytest.raises(InvalidSource, match="longer than 100,000 bytes"):
        get(fetcher, urls[kind])
    assert time.monotonic() - started < 2


def test_exactly_the_limit_is_allowed(server: FeedServer, fetcher: Fetcher) -> None:
    assert len(get(fetcher, server.document("/f", bytes(100_000))).body) == 100_000


@pytest.mark.parametrize("kind", ["drip", "drip_headers"])
def test_a_server_that_drips_does_not_hold_a_fetch_past_its_deadline(
    server: FeedServer, fetcher: Fetcher, kind: str
) -> None:
    url = server.drip("/f") if kind == "drip" else server.drip_headers("/f")
    started = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"within 0\.6 seconds"):
        get(fetcher, url)
    assert 0.5 < time.monotonic() - started < 1.5


def test_drips_over_tls_end_too() -> None:
    fetcher = Fetcher(user_agent=AGENT, limits=LIMITS, ca_file=str(TLS / "authority.pem"))
    with FeedServer(tls=True) as server:
        server.drip_headers("/f")
        started = time.monotonic()
        with pytest.raises(SourceUnavailable, match=r"within 0\.6 seconds"):
            get(fetcher, server.url("/f", "localhost"))
        assert time.monotonic() - started < 1.5


def test_an_answer_that_is_cut_off_is_not_taken_for_whole(server: FeedServer, fetcher: Fetcher) -> None:
    with pytest.raises(SourceUnavailable, match="broke off"):
        get(fetcher, server.cut_off("/f", b"<rss><channel>"))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
        b"HTTP/1.1 301 Moved\r\nLocation: http://[bad/\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    ],
)
def test_answers_that_are_no_http_are_named_errors(server: FeedServer, fetcher: Fetcher, answer: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        get(fetcher, server.raw("/f", answer))
    assert caught.value.where == server.url("/f")


def test_a_host_that_is_not_there_is_named() -> None:
    fetcher = Fetcher(user_agent=AGENT, limits=LIMITS)
    with FeedServer() as server:
        url = server.url("/f")
    with pytest.raises(SourceUnavailable, match="refused"):
        get(fetcher, url)
    with pytest.raises(SourceUnavailable, match="can't be resolved"):
        get(fetcher, "http://no-such-host.invalid/f")


@pytest.mark.parametrize(
    "url", ["ftp://example.org/f", "file:///etc/passwd", "example.org/f", "", "http://", "http://["]
)
def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(InvalidSource, match="not an http or https address"):
        get(fetcher, url)


def test_tls_is_checked_against_the_name_although_the_address_is_connected_to() -> None:
    fetcher = Fetcher(user_agent=AGENT, limits=LIMITS, ca_file=str(TLS / "authority.pem"))
    with FeedServer(tls=True) as server:
        server.document("/f", b"<rss/>")
        assert get(fetcher, server.url("/f", "localhost")).body == b"<rss/>"
        assert server.server_names == ["localhost"]
        with pytest.raises(SourceUnavailable, match="certificate isn't valid"):
            get(fetcher, server.url("/f", "127.0.0.1"))
        with pytest.raises(SourceUnavailable, match="certificate isn't valid"):
            get(Fetcher(user_agent=AGENT, limits=LIMITS), server.url("/f", "localhost"))
