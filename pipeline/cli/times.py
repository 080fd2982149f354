"""Times as people read and write them: on the wall clock of a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from pipeline.cli.failures import WrongUse


def shown(moment: datetime | None, zone: tzinfo) -> str:
    """``2026-11-24 07:00``; "" for None."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def span(length: timedelta | None) -> str:
    """``3.2 s``, ``2 min 5 s``, ``1 h 10 min``; "" for None."""
    if length is None:
        return ""
    seconds = length.total_seconds()
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def read_time(text: str, zone: tzinfo, where: str = "--slot") -> datetime:
    """A time in ISO 8601, aware and in UTC; without an offset it is that of the zone's wall clock.

    Raises `WrongUse`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        mend = "Write it like 2026-11-24T07:00 (the newsletter's wall clock) or 2026-11-24T06:00Z."
        raise WrongUse(f"“{text}” is no time.", where=where, mend=mend) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
