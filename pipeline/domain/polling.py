"""When a source is polled next: not before its server wants it, more seldom while it fails, and never no more."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest

LONGEST_BACK_OFF = timedelta(days=1)
_JITTER = 0.25
_DOUBLINGS = 30


class Wait(StrEnum):
    """Why a source is not polled now."""

    FRESH = "fresh"
    """Its last answer says that there can't be anything new yet."""
    ASKED = "asked"
    """Its server, or its host's, asked to be left alone."""
    FAILING = "failing"
    """It failed several times in a row."""
    ENDED = "ended"
    """Its server says that it has ended (410)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What is remembered of a source's polls.

    ``address`` is the one that was configured then; all else is worth nothing for another.  ``next`` is when it may be
    polled again at the earliest, None for at any time; ``failures`` counts those since the last success.
    ``asked_until`` is until when its server asked to be left alone (429, 503), ``ended`` when it said 410.
    """

    address: str | None = None
    next: datetime | None = None
    failures: int = 0
    asked_until: datetime | None = None
    ended: datetime | None = None

    def waits(self, address: str | None, now: datetime) -> Wait | None:
        """Why it isn't polled now; None where it is."""
        if self.address != address:
            return None
        if self.ended is not None:
            return Wait.ENDED
        if self.next is None or self.next <= now:
            return None
        if self.asked_until is not None and self.asked_until > now:
            return Wait.ASKED
        return Wait.FAILING if self.failures else Wait.FRESH


def back_off(source: str, failures: int, interval: timedelta) -> timedelta:
    """How long a source that failed so often in a row is left alone, beyond its schedule.

    Nothing after the first failure, for the schedule is wait enough; then two intervals of the schedule, doubled with
    each further failure, up to a day.  Up to a quarter less, always the same for the same source and count, so that
    sources that failed together don't come back together.
    """
    if failures <= 1:
        return timedelta()
    digest = hashlib.sha256(f"{source} {failures}".encode()).digest()
    jitter = 1 - _JITTER * int.from_bytes(digest[:4]) / 2**32
    seconds = interval.total_seconds() * 2 ** min(failures - 1, _DOUBLINGS)
    return timedelta(seconds=min(seconds, LONGEST_BACK_OFF.total_seconds()) * jitter)


def resting_hosts(polls: Iterable[tuple[str, Poll]], now: datetime) -> dict[str, datetime]:
    """The hosts that asked to be left alone, and until when; ``polls`` are pairs of host and poll."""
    resting: dict[str, datetime] = {}
    for host, poll in polls:
        if host and poll.asked_until is not None and poll.asked_until > now:
            resting[host] = max(poll.asked_until, resting.get(host, poll.asked_until))
    return resting


def interleaved(names: Sequence[str], hosts: Mapping[str, str]) -> list[str]:
    """The sources in an order that goes from host to host, so that none makes workers wait while others could be asked.

    ``hosts`` gives the host of those that have one.
    """
    queues: dict[str, list[str]] = defaultdict(list)
    for name in names:
        queues[hosts.get(name) or f"none: {name}"].append(name)
    return [name for round_ in zip_longest(*queues.values()) for name in round_ if name is not None]
