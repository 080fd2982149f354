"""Cron expressions in a time zone, and the slots that they name.

The rules are Debian cron's.  An expression that names its minutes and hours (``30 2 * * *``) means the wall clock:
it has exactly one slot for each date and time named; a time that the spring change leaves out moves to the first
moment after the gap, and one that comes twice in autumn is taken the first time.  An expression whose minutes or
hours begin with ``*`` (``*/15 * * * *``, ``0 */2 * * *``) means a rhythm: every moment whose wall clock matches, in
the hour that autumn repeats both times.

cronsim is right about all of it but for one thing: in a zone that moves by half an hour (Lord Howe), a rhythm bound
to certain hours (``*/30 2 * * *``) loses one of its moments on the day of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 1",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_FIELDS = 5
_FIRST_WINDOW = timedelta(hours=1)
_WINDOW_GROWTH = 8


def check_cadence(cron: str, zone: str) -> None:
    """Raise ValueError, with a text for people, if the expression or the time zone can't be used."""
    if next_slot(cron, zone, datetime(2000, 1, 1, tzinfo=UTC)) is None:
        msg = f"“{cron}” names no moment in the next 50 years"
        raise ValueError(msg)


def next_slot(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first slot later than ``after``, aware, in UTC; None if none comes in 50 years.

    Raises ValueError for an expression or a time zone that can't be used.
    """
    return next(_slots(cron, zone, after), None)


def slots_between(cron: str, zone: str, after: datetime, upto: datetime, limit: int = 1000) -> Iterator[datetime]:
    """The slots in the half-open span ``(after, upto]``, oldest first, aware, in UTC.

    Of more than ``limit`` slots only the newest ``limit`` are given, however long the span: what a minutely
    expression would have done in ten years of downtime interests nobody.  Raises ValueError as `next_slot` does.
    """
    window = _FIRST_WINDOW
    while True:
        start = max(after, upto - window) if upto - after > window else after
        found = list(takewhile(lambda slot: slot <= upto, _slots(cron, zone, start)))
        if start == after or len(found) >= limit:
            return iter(found[-limit:])
        window *= _WINDOW_GROWTH


def latest_slot(cron: str, zone: str, upto: datetime, *, within: timedelta = timedelta(days=366)) -> datetime | None:
    """The last slot not later than ``upto``, aware, in UTC; None if there is none ``within`` that long before."""
    return next(slots_between(cron, zone, upto - within, upto, limit=1), None)


def _slots(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """All slots later than ``after``, each once, in order."""
    last = after
    for moment in _parsed(cron, after.astimezone(_zone(zone))):
        slot = moment.astimezone(UTC)
        # cronsim starts from the wall clock: in the hour that autumn repeats, that may be behind `after`.
        if slot > last:
            yield slot
            last = slot


def _parsed(cron: str, start: datetime) -> CronSim:
    expression = _NAMED.get(cron.strip().lower(), cron)
    if len(expression.split()) != _FIELDS:
        msg = f"“{cron}” is no cron expression: it has five fields (minute hour day month weekday), as in “0 7 * * 1-5”"
        raise ValueError(msg)
    try:
        return CronSim(expression, start)
    except CronSimError as error:
        msg = f"“{cron}” is no cron expression: {str(error).lower()}"
        raise ValueError(msg) from error


def _zone(zone: str) -> tzinfo:
    if zone in {"UTC", "Etc/UTC"}:
        return UTC
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        msg = f"“{zone}” is no time zone; names are like “Europe/Berlin”"
        raise ValueError(msg) from error
