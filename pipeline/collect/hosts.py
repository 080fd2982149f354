"""The hosts that one process asks: not too much at once, not too fast, and not while one wants to be left alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition, Lock
from urllib.parse import urlsplit

from pipeline.errors import SourceUnavailable

AT_ONCE = 2
SPACING = timedelta(seconds=1)
REST = timedelta(minutes=1)
"""How long is waited where a host says "later" without saying when."""

_IDLE_KEPT = 1_000


class HostResting(SourceUnavailable):
    """The host said "later" to another request of ours: nothing was asked.  ``retry_after`` is what is left of that."""

    code = "source-waits"


def host_of(url: str) -> str:
    """What counts as one host: name or address with the port, as `urllib.parse` reads them; "" for what has none."""
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


@dataclass(slots=True)
class _Host:
    free: Condition
    active: int = 0
    users: int = 0
    next_start: float = 0.0


@dataclass(slots=True)
class Hosts:
    """Shared by all fetches of a process, from any thread.

    At most ``at_once`` requests to a host are under way, and two begin at least ``spacing`` apart.  ``stopwatch`` gives
    seconds that only move forward; ``sleep`` waits for some.
    """

    at_once: int = AT_ONCE
    spacing: timedelta = SPACING
    stopwatch: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _lock: Lock = field(default_factory=Lock)
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _resting: dict[str, datetime] = field(default_factory=dict)
    _grumbling: set[str] = field(default_factory=set)

    @contextmanager
    def turn(self, host: str, *, spaced: bool = True) -> Iterator[None]:
        """Within this block one request may go to the host; waits until it is our turn.

        Never take a turn inside another: two that wait for each other's host would wait for ever.
        """
        entered = self._enter(host)
        try:
            if spaced:
                self._keep_distance(entered)
            yield
        finally:
            self._leave(host, entered)

    def later(self, host: str, wait: timedelta | None, now: datetime) -> None:
        """The host answered 429 or 503: leave it alone for as long as it says.

        Where it doesn't say, the first such answer may be about one address only; the second in a row is about all.
        """
        with self._lock:
            if wait is None and host not in self._grumbling:
                self._grumbling.add(host)
                return
            until = now + (wait or REST)
            self._resting[host] = max(until, self._resting.get(host, until))

    def answered(self, host: str) -> None:
        """The host answered anything else."""
        with self._lock:
            self._grumbling.discard(host)

    def check(self, host: str, now: datetime) -> None:
        """Raise `HostResting` where the host is to be left alone."""
        with self._lock:
            until = self._resting.get(host)
            if until is None:
                return
            if until <= now:
                del self._resting[host]
                return
        raise HostResting(
            f"the host {host} asked to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC, so nothing was requested.",
            retry_after=until - now,
        )

    def _enter(self, host: str) -> _Host:
        with self._lock:
            if len(self._hosts) > _IDLE_KEPT:
                self._forget_idle()
            entered = self._hosts.get(host)
            if entered is None:
                entered = self._hosts[host] = _Host(Condition(self._lock))
            entered.users += 1
            while entered.active >= self.at_once:
                entered.free.wait()
            entered.active += 1
            return entered

    def _keep_distance(self, entered: _Host) -> None:
        with self._lock:
            now = self.stopwatch()
            start = max(now, entered.next_start)
            entered.next_start = start + self.spacing.total_seconds()
        if start > now:
            self.sleep(start - now)

    def _leave(self, host: str, left: _Host) -> None:
        with self._lock:
            left.active -= 1
            left.users -= 1
            left.free.notify()
            if not left.users and left.next_start <= self.stopwatch():
                del self._hosts[host]

    def _forget_idle(self) -> None:
        now = self.stopwatch()
        idle = [name for name, host in self._hosts.items() if not host.users and host.next_start <= now]
        for name in idle:
            del self._hosts[name]
