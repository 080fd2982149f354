"""Numbers as feeds write them beside media files."""

from __future__ import annotations

import re

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6})(?:\.\d+)?", re.ASCII)
_LARGEST = 2**53


def whole_number(value: object) -> int | None:
    """A positive whole number (bytes, pixels), or None where it is none: feeds write 0, "" or "unknown" for that."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) <= len("9" * 16):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST else None


def duration_seconds(value: object) -> int | None:
    """A duration in seconds, from a number, ``SS``, ``MM:SS`` or ``HH:MM:SS`` (itunes:duration)."""
    if isinstance(value, float) and 0 < value <= _LARGEST:
        return round(value) or None
    if not isinstance(value, str):
        return whole_number(value)
    match = _CLOCK.fullmatch(value.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds or None
