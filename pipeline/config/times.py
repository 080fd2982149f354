"""Durations, cron expressions and time zones as config.toml writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from pipeline.config.mistake import mistake, text
from pipeline.config.nearest import did_you_mean

_SECONDS = {
    word: seconds
    for seconds, words in {
        1: ("s", "second", "seconds"),
        60: ("m", "min", "minute", "minutes"),
        3600: ("h", "hour", "hours"),
        86400: ("d", "day", "days"),
        604800: ("w", "week", "weeks"),
    }.items()
    for word in words
}
_DURATION_PART = re.compile(r"\s*(\d{1,9})\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)
_LONGEST = timedelta(days=3660)
_CRON_FIELDS = 5


def duration(value: object) -> timedelta:
    """``"10 minutes"``, ``"90s"`` or ``"1 hour 30 minutes"`` as a time span of at most ten years."""
    if isinstance(value, timedelta):
        return value
    mend = 'Write a number and a unit, for example "90s", "10 minutes", "6 hours" or "2 days".'
    if not isinstance(value, str):
        raise mistake("must be a duration in quotes.", mend)
    seconds, end = 0, 0
    while part := _DURATION_PART.match(value, end):
        unit = part[2].lower()
        if unit not in _SECONDS:
            raise mistake(f'"{part[2]}" is no unit of time.', did_you_mean(unit, _SECONDS) or mend)
        seconds, end = seconds + int(part[1]) * _SECONDS[unit], part.end()
    if not value or end != len(value):
        raise mistake(f'"{value}" is no duration.', mend)
    if seconds > _LONGEST.total_seconds():
        raise mistake(f'"{value}" is longer than ten years.', mend)
    return timedelta(seconds=seconds)


def duration_text(span: timedelta) -> str:
    """A time span as it is written in config.toml, in its largest whole unit."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return "0 minutes" if not seconds else f"{seconds} seconds"


def cron(value: object) -> str:
    """A cron expression of five fields, as Debian's cron understands it."""
    expression = " ".join(text(value, "0 7 * * *").split())
    mend = 'The five fields are minute, hour, day of month, month, day of week: "0 7 * * 1" is Mondays at 7:00.'
    # cronsim takes a sixth field for seconds: slots are whole minutes.
    if len(expression.split()) != _CRON_FIELDS:
        raise mistake(f'"{expression}" is no cron expression: it has {len(expression.split())} fields.', mend)
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise mistake(f'"{expression}" is no cron expression: its {field} can\'t be.', mend) from error
    except StopIteration as error:
        raise mistake(f'"{expression}" is a time that never comes.', mend) from error
    return expression


def zone(value: object) -> ZoneInfo:
    """An IANA time zone by its name."""
    if isinstance(value, ZoneInfo):
        return value
    name = text(value, "Europe/Berlin")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        mend = did_you_mean(name, available_timezones()) or 'Names look like "Europe/Berlin" or "UTC".'
        raise mistake(f'"{name}" is no time zone.', mend) from error
