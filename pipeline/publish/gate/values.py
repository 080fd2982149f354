"""What single values of a document must be; `Refusal` says what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import UTC, date, datetime, timedelta, timezone
from typing import BinaryIO

from pipeline.errors import PublishError
from pipeline.publish.uri import to_web_address

MAX_BYTES = 256 * 1024 * 1024
"""No reader takes a document that is larger."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC_822 = re.compile(
    rf"({'|'.join(_DAYS)}), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) (?:GMT|([+-])(\d\d)(\d\d))",
    re.ASCII,
)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)
# Most addresses; all others are looked at with more care.
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(?:/[\w/.-]*)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_EARLIEST = 1000
"""No article is older; a year of three digits is a mistake."""


class Refusal(Exception):
    """Something in a document that readers could not use; becomes a `PublishError` that says where it is."""


def check_size(document: BinaryIO) -> None:
    """Raises `PublishError` for a document that is empty, or larger than any reader takes; leaves it at its start."""
    size = document.seek(0, 2)
    document.seek(0)
    if not size:
        raise PublishError("the document would be empty")
    if size > MAX_BYTES:
        raise PublishError(f"the document would have {size:,} bytes; no reader takes more than {MAX_BYTES:,}")


def web_address(value: str | None, name: str) -> str:
    """An absolute http or https address, percent-encoded."""
    if value and _PLAIN_ADDRESS.fullmatch(value):
        return value
    try:
        if value and to_web_address(value) == value:
            return value
    except ValueError:
        pass
    raise Refusal(f"{name} is not an absolute web address: {value!r}")


def new_id(value: str, seen: Container[str]) -> str:
    """An id that no entry had before.  Not always a URI: some are taken over from feeds that have others."""
    if not value or value != value.strip():
        raise Refusal("it has no id" if not value else f"white space is around its id {value!r}")
    if value in seen:
        raise Refusal(f"the id {value} is that of another entry too")
    return value


def text(value: str | None, name: str) -> str:
    if not value or value.isspace():
        raise Refusal(f"{name} is empty")
    return value


def media_type(value: str | None, name: str) -> str:
    if not value or not _MEDIA_TYPE.fullmatch(value):
        raise Refusal(f"{name} is no media type: {value!r}")
    return value


def number(value: str | None, name: str) -> None:
    if value is None or not _NUMBER.fullmatch(value):
        raise Refusal(f"{name} is no number: {value!r}")


def rfc_3339(value: str | None, name: str) -> datetime:
    """A time as Atom and JSON Feed have it."""
    if value and _RFC_3339.fullmatch(value):
        try:
            return _plausible(datetime.fromisoformat(value))
        except ValueError:
            pass
    raise Refusal(f"{name} is no date and time (RFC 3339): {value!r}")


def rfc_822(value: str | None, name: str) -> datetime:
    """A time as RSS has it, with a year of four digits and the right day of the week."""
    match = _RFC_822.fullmatch(value or "")
    if match:
        weekday, day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
        try:
            offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
            zone = timezone(offset) if sign else UTC
            when = datetime(
                int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone
            )
            if _DAYS[date.weekday(when)] == weekday:
                return _plausible(when)
        except ValueError:
            pass
    raise Refusal(f"{name} is no date and time (RFC 822): {value!r}")


def _plausible(when: datetime) -> datetime:
    if when.year < _EARLIEST:
        raise ValueError(when)
    return when
