"""Which sources a pass polls, and what it says of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.collect.hosts import host_of
from pipeline.domain.polling import Poll, Wait, interleaved, resting_hosts
from pipeline.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """``due`` are the sources to poll, in the order to do so.

    ``remarks`` tell of those that aren't polled because they fail, have ended or are told to wait.  Nothing is said of
    those that can't have anything new yet: they are as unchanged as if they had been asked.
    """

    due: Sequence[str]
    remarks: tuple[Problem, ...] = ()


def waiting(
    names: Sequence[str], addresses: Mapping[str, str], polls: Mapping[str, Poll], now: datetime
) -> Mapping[str, tuple[Wait, datetime | None]]:
    """Those of these sources that are not to be polled now: why, and until when; None stands for always.

    ``addresses`` are those of all sources, ``polls`` those of these and of all whose host may be resting.
    """
    resting = resting_hosts(
        ((host_of(addresses[name]), poll) for name, poll in polls.items() if addresses.get(name) == poll.address), now
    )
    found: dict[str, tuple[Wait, datetime | None]] = {}
    for name in names:
        poll = polls.get(name, Poll())
        wait = poll.waits(addresses[name], now)
        until = resting.get(host_of(addresses[name]))
        if wait is not None:
            found[name] = (wait, poll.next if wait is not Wait.ENDED else None)
        elif until is not None:
            found[name] = (Wait.ASKED, until)
    return found


def agenda(names: Sequence[str], addresses: Mapping[str, str], polls: Mapping[str, Poll], now: datetime) -> Agenda:
    """What to do about these sources; the arguments are those of `waiting`."""
    waits = waiting(names, addresses, polls, now)
    due = [name for name in names if name not in waits]
    return Agenda(
        due=interleaved(due, {name: host_of(addresses[name]) for name in due}),
        remarks=tuple(
            _remark(name, wait, polls.get(name, Poll()), until)
            for name, (wait, until) in waits.items()
            if wait is not Wait.FRESH
        ),
    )


def _remark(name: str, wait: Wait, poll: Poll, until: datetime | None) -> Problem:
    again = f"`rundbrief collect {name}` asks it all the same."
    then = f"until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    match wait:
        case Wait.ENDED:
            since = f" on {poll.ended:%Y-%m-%d}" if poll.ended else ""
            what = f"its server said{since} that it has ended (410), so it isn't asked any more."
            again = f"Take it out of the configuration; {again}"
        case Wait.ASKED:
            what = f"its host asked to be left alone {then}."
        case _:
            what = f"it failed {poll.failures} times in a row and isn't asked {then}."
    return Problem(code=f"source-{wait.value}", where=f"source {name}", what=what, mend=again)
