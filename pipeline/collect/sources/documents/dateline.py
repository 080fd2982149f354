"""Bylines and date lines as they stand above an article."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTH = (
    r"(?:jan(?:uary?|uar)?|jänner|feb(?:ruary?|ruar)?|feber|märz|mär|mrz|mar(?:ch)?|apr(?:il)?|mai|may|jun[ei]?|jul[iy]?"
    r"|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\b"
)
_WEEKDAY = (
    r"(?:(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|monday|tuesday|wednesday|thursday|friday"
    r"|saturday|sunday|mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)\.?,?\s+(?:den\s+|the\s+)?)?"
)
_LABEL = (
    r"(?:(?P<updated>(?:zuletzt\s+)?(?:aktualisiert|geändert)|(?:last\s+)?(?:updated|modified))"
    r"|veröffentlicht|erschienen|publiziert|stand|datum|published|posted|date)?(?:\s+(?:am|on))?\s*:?\s*"
)
_DAY = (
    rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}"
    rf"|\d{{1,2}}(?:\.|st|nd|rd|th)?\s+{_MONTH}\.?,?\s+\d{{4}}|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})"
)
_TIME = r"(?:(?:\s*[,|–-]\s*|\s+|t)(?:um\s+|at\s+)?(?P<time>\d{1,2}[:.]\d{2}(?:\s*(?:uhr|[ap]\.?m\.?))?))?"
_DATE = re.compile(rf"(?<!\w){_LABEL}{_WEEKDAY}(?P<day>{_DAY}){_TIME}(?!\w)", re.IGNORECASE)
_FIGURE = re.compile(r"\d")
_PLACE_AND_DATE = re.compile(rf"[^\W\d_][\w -]{{1,30}},\s+(?:den\s+|im\s+)?{_WEEKDAY}{_DAY}\.?", re.IGNORECASE)
_READING_TIME = re.compile(
    r"(?:lesezeit|lesedauer|reading time)\s*:?\s*(?:ca\. |about )?\d+\s*min\w*\.?"
    r"|(?:ca\. )?\d+\s*min(?:\.|uten?|utes?)?\s*(?:lesezeit|read|reading time)",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:(?:(?:verfasst |geschrieben |ein (?:gast)?(?:beitrag|artikel) )?von|(?:written |words )?by)\s+:?"
    r"|(?P<labelled>text(?: von)?|autor(?:in|innen|en)?|authors?|redaktion)\s*:\s*(?:von\s+|by\s+)?)(?P<names>\S.*)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*[,;&]\s*|\s+(?:und|and|sowie)\s+")
_NOBLE = "von van de der den di da la le el al bin ibn ter ten vom zum du dos"
_PARTICLES = frozenset(_NOBLE.split())
_WORK = "writer editor reporter correspondent redakteur redakteurin korrespondent korrespondentin"
_ROLES = frozenset(_WORK.split())
_SEPARATORS = " \t|•·,;–—-:/"
_LONGEST = 160
_LONGEST_NAME = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """What such a line says.  Dates are as written, without weekday and label."""

    authors: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None


def read_dateline(line: str) -> Dateline | None:
    """The names and dates of a line that holds nothing else (or a reading time), None for any other line."""
    if len(line) > _LONGEST:
        return None
    dates: dict[str, str] = {}
    rest = line
    # The date's pattern is costly, and most lines have no figure.
    while _FIGURE.search(rest) and (match := _DATE.search(rest)):
        name = "updated" if match["updated"] else "published"
        dates.setdefault(name, f"{match['day']} {match['time'] or ''}".strip())
        rest = f"{rest[: match.start()]} | {rest[match.end() :]}"
    if reading := _READING_TIME.search(rest):
        rest = f"{rest[: reading.start()]} | {rest[reading.end() :]}"
    rest = re.sub(r"\s+(?:am|on)\s*(?=\|)|(?<=\|)\s*(?:uhr)\b", " ", rest, flags=re.IGNORECASE)
    rest = re.sub(r"(?:\s*\|\s*)+", " | ", rest).strip(_SEPARATORS)
    authors = _names(rest) if rest else ()
    if rest and not authors:
        return None
    if not (authors or dates or reading):
        return None
    return Dateline(authors=authors, published=dates.get("published"), updated=dates.get("updated"))


def is_place_and_date(line: str) -> bool:
    """Whether it is a line such as "Hamburg, 12. Januar 2026"."""
    return len(line) <= _LONGEST and bool(_FIGURE.search(line)) and _PLACE_AND_DATE.fullmatch(line) is not None


def _names(text: str) -> tuple[str, ...]:
    match = _BYLINE.fullmatch(text)
    if not match:
        return ()
    names = [name for name in _AND.split(match["names"].strip(" .|")) if name]
    names = [name for name in names if name.split()[-1].lower() not in _ROLES]
    fewest = 1 if match["labelled"] else 2
    return tuple(names) if all(_is_name(name, fewest) for name in names) else ()


def _is_name(name: str, fewest: int) -> bool:
    words = name.split()
    return (
        fewest <= len(words) <= _LONGEST_NAME
        and all(word in _PARTICLES or word[0].isupper() for word in words)
        and words[-1][0].isupper()
        and not any(character.isdigit() or character in '?!:"„“()' for character in name)
    )
