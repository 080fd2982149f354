"""The guard of calls to strangers, against a real server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.calls import GuardedCaller
from pipeline.publish.websub.caller import Answer
from tests.fakes.websub_subscriber import WebSubSubscriber


def caller(*, allow_private: bool = True, seconds: float = 5) -> GuardedCaller:
    return GuardedCaller(
        user_agent="Rundbrief/test",
        clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        allow_private=allow_private,
        seconds=seconds,
    )


@pytest.fixture
def subscriber() -> Iterator[WebSubSubscriber]:
    with WebSubSubscriber() as started:
        yield started


@contextmanager
def raw_server(serve: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that does with its one connection what ``serve`` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connection, _ = listening.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://169.254.169.254/"]
)
def test_private_addresses_are_refused_unless_that_is_allowed(url: str) -> None:
    answer = caller(allow_private=False).get(url)
    assert answer.status is None
    assert "not a public address" in answer.error or "no address" in answer.error
    assert not answer.reached


def test_link_local_addresses_are_refused_always() -> None:
    assert "not a public address" in caller().get("http://169.254.169.254/latest/").error


def test_a_name_that_leads_to_a_private_address_is_refused_with_nothing_sent(subscriber: WebSubSubscriber) -> None:
    callback = subscriber.callback("a")
    port = int(callback.url.rsplit(":", 1)[1].split("/")[0])

    def to_loopback(host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:  # noqa: A002
        return [(socket.AF_INET, type, 6, "", ("127.0.0.1", port))]

    guarded = GuardedCaller(
        user_agent="Rundbrief/test",
        clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        resolve=to_loopback,
    )
    answer = guarded.post(f"http://reader.example.net:{port}/a", b"x", {})
    assert "not a public address" in answer.error
    assert callback.got == []


def test_a_redirect_is_an_answer_and_not_followed(subscriber: WebSubSubscriber) -> None:
    inside = subscriber.callback("inside")
    outside = subscriber.callback("outside", location=inside.url, status=307)
    assert caller().get(f"{outside.url}?hub.mode=subscribe").status == 302
    assert caller().post(outside.url, b"x", {}).status == 307
    assert (inside.asked, inside.got) == ([], [])


def test_a_body_is_read_to_where_it_can_still_be_a_challenge(subscriber: WebSubSubscriber) -> None:
    callback = subscriber.callback("a", padding=50_000_000)
    answer = caller().get(f"{callback.url}?hub.mode=subscribe&hub.challenge=c4a")
    assert answer.status == 200
    assert len(answer.body) == 1025


def test_what_is_answered_to_content_is_not_read(subscriber: WebSubSubscriber) -> None:
    callback = subscriber.callback("a", status=200, padding=50_000_000)
    assert caller().post(callback.url, b"x", {}) == Answer(status=200)


def test_who_thinks_for_too_long_has_not_answered(subscriber: WebSubSubscriber) -> None:
    callback = subscriber.callback("a", delay=0.6)
    answer = caller(seconds=0.2).get(f"{callback.url}?hub.mode=denied")
    assert answer.status is None
    assert "within 0.2 seconds" in answer.error
    assert answer.reached


def test_who_drips_headers_is_cut_off() -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.02):
                connection.sendall(b"x")
        except OSError:
            pass

    with raw_server(drip) as url:
        answer = caller(seconds=0.2).get(url)
        over.set()
    assert "within 0.2 seconds" in answer.error


def test_who_does_not_read_what_is_sent_is_cut_off() -> None:
    over = threading.Event()
    with raw_server(lambda _connection: over.wait(10)) as url:
        answer = caller(seconds=0.2).post(url, b"x" * 50_000_000, {})
        over.set()
    assert answer.status is None
    assert "within 0.2 seconds" in answer.error


def test_nobody_at_the_address_is_told_apart_from_a_bad_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    refused = caller().get(f"http://127.0.0.1:{port}/")
    assert (refused.reached, refused.error) == (False, "the connection was refused.")
    with raw_server(lambda connection: connection.recv(1)) as url:
        broken = caller().get(url)
    assert broken.reached
    assert broken.status is None


def test_a_callback_is_called_exactly_as_it_was_given() -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 429 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")

    with raw_server(answer) as url:
        answered = caller().get(f"{url}a/../b/%7E%41?x=%C3%BC&&y=z'&hub.mode=subscribe")
    assert seen[0].split(b"\r\n")[0] == b"GET /a/../b/%7E%41?x=%C3%BC&&y=z'&hub.mode=subscribe HTTP/1.1"
    assert b"user-agent: rundbrief/test" in seen[0].lower()
    assert b"cookie" not in seen[0].lower()
    assert answered.retry_after == timedelta(minutes=2)
