from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event, Lock

import pytest

from pipeline.collect.hosts import REST, HostResting, Hosts, host_of
from tests.fakes.times import START, at


class Watch:
    """A stop watch that moves on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def hosts(watch: Watch) -> Hosts:
    return Hosts(stopwatch=watch, sleep=watch.sleep)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:secret@Blog.Example.org/feed", "blog.example.org"),
        ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("http://[::1]:80/", "[::1]:80"),
        ("/srv/articles", ""),
        ("http://[broken/", ""),
    ],
)
def test_a_host_is_a_name_with_its_port(url: str, host: str) -> None:
    assert host_of(url) == host


def test_requests_to_one_host_begin_a_second_apart(hosts: Hosts, watch: Watch) -> None:
    for _ in range(3):
        with hosts.turn("a"):
            pass
    assert watch.slept == [1.0, 1.0]


def test_time_that_has_passed_is_not_waited_for_again(hosts: Hosts, watch: Watch) -> None:
    with hosts.turn("a"):
        watch.now += 0.75
    with hosts.turn("a"):
        pass
    assert watch.slept == [0.25]


def test_other_hosts_and_our_own_are_not_waited_for(hosts: Hosts, watch: Watch) -> None:
    for host in ("a", "b", "c"):
        with hosts.turn(host):
            pass
    for _ in range(3):
        with hosts.turn("ours", spaced=False):
            pass
    assert watch.slept == []


def test_at_most_so_many_are_under_way_at_one_host() -> None:
    hosts = Hosts(at_once=2, spacing=timedelta())
    lock, under_way, most = Lock(), 0, 0

    def ask(_number: int) -> None:
        nonlocal under_way, most
        with hosts.turn("a"):
            with lock:
                under_way += 1
                most = max(most, under_way)
            Event().wait(0.002)
            with lock:
                under_way -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(40)))
    assert most == 2


def test_a_busy_host_does_not_hold_up_another() -> None:
    hosts, both = Hosts(at_once=1), Barrier(2, timeout=5)

    def ask(host: str) -> None:
        with hosts.turn(host):
            both.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, ["a", "b"]))


def test_a_turn_ends_also_where_the_request_fails(hosts: Hosts) -> None:
    for _ in range(5):
        with pytest.raises(OSError, match="broken"), hosts.turn("a"):
            raise OSError("broken")


def test_a_host_that_says_later_is_left_alone_until_then_and_no_other(hosts: Hosts) -> None:
    hosts.later("a", timedelta(minutes=10), START)
    with pytest.raises(HostResting, match="asked to be left alone") as caught:
        hosts.check("a", at(4))
    assert caught.value.retry_after == timedelta(minutes=6)
    hosts.check("b", at(4))
    hosts.check("a", at(10))


def test_a_shorter_wait_does_not_end_a_longer_one(hosts: Hosts) -> None:
    hosts.later("a", timedelta(minutes=10), START)
    hosts.later("a", timedelta(minutes=1), START)
    with pytest.raises(HostResting):
        hosts.check("a", at(9))


def test_a_wait_without_a_length_counts_from_the_second_in_a_row(hosts: Hosts) -> None:
    hosts.later("a", None, START)
    hosts.check("a", START)
    hosts.answered("a")
    hosts.later("a", None, START)
    hosts.check("a", START)
    hosts.later("a", None, START)
    with pytest.raises(HostResting):
        hosts.check("a", START + REST / 2)
    hosts.check("a", START + REST)


def test_hosts_that_are_done_with_are_forgotten(watch: Watch) -> None:
    hosts = Hosts(stopwatch=watch, sleep=watch.sleep)
    for number in range(5_000):
        with hosts.turn(f"host-{number}"):
            watch.now += 0.01
    assert len(hosts._hosts) < 1_200
