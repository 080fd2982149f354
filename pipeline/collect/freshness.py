"""How long an answer stays fresh: what a server says of when to ask again (RFC 9111)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_FRESHNESS = timedelta(days=1)
"""A year of freshness is meant for pictures: a feed that says so is asked every day all the same."""

_LONGEST_WAIT = timedelta(days=30)
_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})""", re.IGNORECASE)
_STALE = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,=])", re.IGNORECASE)


def fresh_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when asking again would bring nothing new, counted from ``now``; None where the answer is not fresh.

    ``headers`` have names in lower case.  Cache-Control decides, less the Age that the answer had in a cache; without
    a max-age Expires does, by the server's own clock (Date).  At most `LONGEST_FRESHNESS`.
    """
    control = headers.get("cache-control", "")
    if _STALE.search(control):
        return None
    if given := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        left = timedelta(seconds=int(given[1]) - (int(age[:10]) if age.isascii() and age.isdigit() else 0))
    else:
        expires = _http_date(headers.get("expires"))
        if expires is None:
            return None
        left = expires - (_http_date(headers.get("date")) or now)
    return now + min(left, LONGEST_FRESHNESS) if left > timedelta() else None


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that Retry-After asks for, in seconds or until a date (RFC 9110, 10.2.3); a month at most."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    until = _http_date(value)
    return None if until is None else min(max(until - now, timedelta()), _LONGEST_WAIT)


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
