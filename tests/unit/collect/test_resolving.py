"""Look-ups that hang: bounded in time, and in how many of them there are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.collect.addresses import AddressRefused
from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.resolving import TimedResolver
from pipeline.errors import InvalidSource, SourceUnavailable
from tests.fakes.feed_server import FeedServer
from tests.fakes.polling import rss
from tests.fakes.pretended_network import PUBLIC, PretendedNetwork

AGENT = "Rundbrief/0.0 (+https://news.example.org)"
NOW = datetime(2025, 6, 1, tzinfo=UTC)


class Hanging:
    """A resolver that answers only once it is let go; ``entered`` counts who is in it."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.entered = 0

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]:  # noqa: A002 - as in socket
        self.entered += 1
        self.release.wait(60)
        raise socket.gaierror(host, port, type)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.release.set()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def test_a_look_up_that_hangs_ends_with_the_request(hanging: Hanging) -> None:
    fetcher = Fetcher(user_agent=AGENT, limits=FetchLimits(total_seconds=0.2), resolve=hanging)
    with pytest.raises(SourceUnavailable, match=r"0\.2 seconds"):
        fetcher.get("https://slow.example/feed", now=NOW)


def test_look_ups_that_hang_do_not_pile_up(hanging: Hanging) -> None:
    resolver = TimedResolver(hanging, lambda: 0.02, at_once=3)
    for number in range(10):
        with pytest.raises(TimeoutError):
            resolver(f"h{number}.example", 80, type=socket.SOCK_STREAM)
    assert hanging.entered == 3
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("look up h")]
    assert [thread.daemon for thread in threads] == [True] * 3


def test_who_waited_for_a_turn_gets_one_again(hanging: Hanging) -> None:
    resolver = TimedResolver(hanging, lambda: 5.0, at_once=1)
    hanging.release.set()
    for _ in range(3):
        with pytest.raises(socket.gaierror):
            resolver("h.example", 80, type=socket.SOCK_STREAM)
    assert hanging.entered == 3


def test_addresses_need_no_thread() -> None:
    callers: list[threading.Thread] = []

    def resolve(host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]:  # noqa: A002
        callers.append(threading.current_thread())
        return [(socket.AF_INET, type, 6, "", (host, port))]

    resolver = TimedResolver(resolve, lambda: 5.0)
    resolver("127.0.0.1", 80, type=socket.SOCK_STREAM)
    resolver("::1", 80, type=socket.SOCK_STREAM)
    assert callers == [threading.current_thread()] * 2


# ---- names that are public, and what they lead to


def through(pretended: PretendedNetwork) -> Fetcher:
    network = pretended.network
    return Fetcher(user_agent=AGENT, resolve=network.resolve, connect=network.connect)


def test_a_public_name_that_redirects_to_a_private_one_is_refused(server: FeedServer) -> None:
    pretended = PretendedNetwork(names={"wiki.intern": [["10.0.0.5"]]})
    server.redirect("/f", f"http://wiki.intern:{server.port}/secret", 302)
    server.document("/secret", rss([1]))
    with pytest.raises(AddressRefused, match=r"wiki\.intern is at 10\.0\.0\.5"):
        through(pretended).get(server.url("/f", "blog.example"), now=NOW)
    assert pretended.connected == [PUBLIC]


@pytest.mark.parametrize("second", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "100.100.100.200"])
def test_a_name_that_resolves_differently_the_second_time_is_refused_then(server: FeedServer, second: str) -> None:
    pretended = PretendedNetwork(names={"blog.example": [[PUBLIC], [second]]})
    server.redirect("/f", "/secret", 302)
    server.document("/secret", rss([1]))
    with pytest.raises(AddressRefused, match=second.replace(".", r"\.")):
        through(pretended).get(server.url("/f", "blog.example"), now=NOW)
    assert pretended.connected == [PUBLIC]
    assert pretended.looked_up == ["blog.example"] * 2, "each connection asks once, and goes where that led"


def test_of_several_answers_no_private_one_is_tried(server: FeedServer) -> None:
    pretended = PretendedNetwork(names={"blog.example": [["127.0.0.1", "10.0.0.5", PUBLIC]]})
    server.document("/f", rss([1]))
    assert through(pretended).get(server.url("/f", "blog.example"), now=NOW).status == 200
    assert pretended.connected == [PUBLIC]


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::]", "[fe80::1]", "[::1]"],  # noqa: S104
)
def test_no_spelling_of_an_address_of_ours_gets_past(server: FeedServer, host: str) -> None:
    pretended = PretendedNetwork()
    server.redirect("/f", f"http://{host}:{server.port}/secret", 302)
    with pytest.raises((InvalidSource, SourceUnavailable)):
        through(pretended).get(server.url("/f", "blog.example"), now=NOW)
    assert pretended.connected == [PUBLIC]
