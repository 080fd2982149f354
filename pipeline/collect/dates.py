"""Dates as sources write them, read strictly: a date that had to be guessed is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_EARLIEST, _LATEST = 1990, 2100
_LONGEST = 120
_LAST_SECOND, _LEAP_SECOND = 59, 60
_NOON = 12
_TURN = 50
"""Two-digit years below this are of this century (RFC 5322, 4.3)."""
_WIDEST_OFFSET = timedelta(hours=14)

_MONTH_NAMES = (
    ("jan", "january", "januar", "jän", "jänner"),
    ("feb", "february", "februar", "feber"),
    ("mar", "march", "mär", "märz", "mrz", "maerz"),
    ("apr", "april"),
    ("may", "mai"),
    ("jun", "june", "juni"),
    ("jul", "july", "juli"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("oct", "october", "okt", "oktober"),
    ("nov", "november"),
    ("dec", "december", "dez", "dezember"),
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}

# RFC 822 defines the American ones; the others have one meaning wherever feeds use them.  IST, for one, has three.
_ZONE_HOURS = {
    "": 0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10, "bst": 1, "west": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "jst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip

_CLOCK = (
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: uhr)?"
)
_ZONE = r"(?P<zone>(?: ?(?:z|ut|utc|gmt|[a-z]{3,4}))?(?: ?[+-][0-9]{1,2}(?::?[0-9]{2})?)?)"
_BASIC_CLOCK = r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?P<zone>z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_TIME = rf"(?:(?:,? (?:um |at )?|,? ?t){_CLOCK}{_ZONE})?"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_DAY = r"(?P<day>[0-9]{1,2})"
_MONTH = r"(?P<name>[^\W\d_]{3,9})\.?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # ISO 8601, RFC 3339; also with slashes or dots: with the year first there is only one order
        rf"(?P<year>[0-9]{{4}})(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark){_DAY}{_TIME}",
        # ISO 8601, basic
        rf"(?P<year>[0-9]{{4}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?:t?{_BASIC_CLOCK})?",
        # RFC 822, RFC 5322, and the same with full or German names
        rf"{_WEEKDAY}{_DAY}(?:\.|st|nd|rd|th)?[ -]?{_MONTH}[ ,-]{{1,2}}(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}",
        # American, with the month's name
        rf"{_WEEKDAY}{_MONTH} {_DAY}(?:st|nd|rd|th)?,? (?P<year>[0-9]{{4}}){_TIME}",
        # C's asctime, date(1), Java
        rf"{_WEEKDAY}{_MONTH} {_DAY} {_CLOCK}{_ZONE} (?P<year>[0-9]{{4}})",
        # German: with dots the day is first
        rf"{_WEEKDAY}{_DAY}\. ?(?P<month>[0-9]{{1,2}})\. ?(?P<year>[0-9]{{4}}){_TIME}",
    )
)
# Minutes are the last two digits, below 60; what is before them, or all there is, are hours.
_ZONE_PARTS = re.compile(r" ?(?P<name>[a-z]*)(?: ?(?P<sign>[+-])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-5][0-9])?)?")
_REMARK = re.compile(r" ?(?:\([^()]*\)|\[[^\[\]]*\])$")


def parse_date(raw: str, default_zone: tzinfo = UTC) -> datetime | None:
    """The moment that ``raw`` names, aware, in UTC; None where it names none that can be believed.

    Reads RFC 3339, ISO 8601 calendar dates, RFC 822 and 5322 (with their two-digit years and zone names), and what
    else has one meaning only: English and German month names, C's asctime, ``31.12.2025``.  ``default_zone`` is that
    of a time without a zone; a date without a time is its midnight there.  Not believed: days that don't exist, orders
    that could be either (``01/02/2025``), unknown zones, years before 1990 or after 2100.
    """
    if len(raw) > _LONGEST:
        return None
    text = _REMARK.sub("", " ".join(raw.split()).lower())
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _moment(match.groupdict(), default_zone)
    return None


def _moment(parts: dict[str, str | None], default_zone: tzinfo) -> datetime | None:
    month = _MONTHS.get(name) if (name := parts.get("name")) else int(parts.get("month") or 0)
    zone = _zone(parts.get("zone") or "", default_zone)
    hour = _hour(int(parts.get("hour") or 0), parts.get("half"))
    if month is None or zone is None or hour is None:
        return None
    second = int(parts.get("second") or 0)
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    try:
        local = datetime(
            _year(parts["year"] or ""),
            month,
            int(parts["day"] or 0),
            hour,
            int(parts.get("minute") or 0),
            _LAST_SECOND if second == _LEAP_SECOND else second,
            int(fraction),
            tzinfo=zone,
        )
    except ValueError:
        return None
    return local.astimezone(UTC) if _EARLIEST <= local.year <= _LATEST else None


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == len("2025") else year + (2000 if year < _TURN else 1900)


def _hour(hour: int, half: str | None) -> int | None:
    if half is None:
        return hour
    return hour % _NOON + (_NOON if half == "p" else 0) if 1 <= hour <= _NOON else None


def _zone(written: str, default: tzinfo) -> tzinfo | None:
    """The zone: a name, an offset, or a name with an offset (``GMT+02:00``); None for one that isn't known."""
    match = _ZONE_PARTS.fullmatch(written)
    if not written.strip():
        return default
    if match is None:
        return None
    hours = _ZONE_HOURS.get(match["name"])
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if hours is None or (match["sign"] and hours) or offset > _WIDEST_OFFSET:
        return None
    return timezone(timedelta(hours=hours) + (-offset if match["sign"] == "-" else offset))
