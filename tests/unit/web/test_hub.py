"""Who may ask our hub, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from pipeline.web.hub import HubEndpoint, network_of
from pipeline.web.throttle import Throttle


def request(peer: str | None, forwarded: str | None = None) -> Request:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return Request({"type": "http", "headers": headers, "client": None if peer is None else (peer, 1234)})


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("8.8.4.4", None, "8.8.4.0/24"),
        # What a client says of itself counts for nothing.
        ("8.8.4.4", "1.1.1.1", "8.8.4.0/24"),
        # A proxy of ours says last who asks.
        ("127.0.0.1", "1.1.1.1, 8.8.8.8", "8.8.8.0/24"),
        ("10.0.0.7", "2001:4860:4860::8888", "2001:4860:4860::/48"),
        ("::ffff:8.8.4.4", None, "8.8.4.0/24"),
        ("2001:4860:4860::8888", None, "2001:4860:4860::/48"),
        ("127.0.0.1", None, ""),
        ("127.0.0.1", "nonsense", ""),
        ("127.0.0.1", "10.0.0.1", ""),
        (None, None, ""),
    ],
)
def test_the_network_is_the_clients_even_behind_a_proxy(peer: str | None, forwarded: str | None, network: str) -> None:
    assert network_of(request(peer, forwarded)) == network


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_is_let_through_and_then_a_trickle() -> None:
    stopwatch = Stopwatch()
    throttle = Throttle(3, 0.5, stopwatch=stopwatch)
    assert [throttle.wait("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    assert throttle.wait("b") == 0
    stopwatch.seconds = 2
    assert [throttle.wait("a") for _ in range(2)] == [0, 2]
    stopwatch.seconds = 1_000
    assert [throttle.wait("a") for _ in range(4)] == [0, 0, 0, 2]


def test_only_so_many_keys_are_kept() -> None:
    throttle = Throttle(1, 0.5, kept=100, stopwatch=Stopwatch())
    for number in range(1_000):
        assert throttle.wait(str(number)) == 0
    assert len(throttle._left) == 100
    assert throttle.wait("999") > 0


async def asked(endpoint: HubEndpoint, callback: str, forwarded: str, body: bytes | None = None) -> int:
    form = {"hub.mode": "subscribe", "hub.topic": "https://news.example.org/a", "hub.callback": callback}
    sent = urlencode(form).encode() if body is None else body

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": sent, "more_body": False}

    headers = [(b"x-forwarded-for", forwarded.encode()), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": ("127.0.0.1", 1234)}
    return (await endpoint.post(Request(scope, receive))).status_code


def ask_all(calls: Sequence[tuple[str, str]], *, room: bool = True) -> list[int]:
    async def run() -> list[int]:
        endpoint = HubEndpoint(lambda _asked, _now: room, lambda: datetime(2026, 3, 1, tzinfo=UTC))
        return [await asked(endpoint, callback, forwarded) for callback, forwarded in calls]

    return asyncio.run(run())


def test_one_network_can_not_ask_for_ever() -> None:
    answers = ask_all([(f"https://r{number}.example.net/", f"8.8.8.{number}") for number in range(120)])
    assert answers == [202] * 100 + [429] * 20


def test_one_host_is_not_called_more_for_being_named_by_many() -> None:
    answers = ask_all([(f"https://victim.example.net/{number}", f"8.8.{number}.1") for number in range(120)])
    assert answers == [202] * 100 + [429] * 20


def test_a_hub_that_is_full_says_so() -> None:
    assert ask_all([("https://r.example.net/", "8.8.8.8")], room=False) == [503]
