"""Sentences that depend on what is said, and dates and numbers as a language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from pipeline.catalogues import Words, locale_of

_ = str  # marks words for the catalogue

_CADENCES: Mapping[str, str] = {
    "immediate": _("It comes as soon as there is something new."),
    "daily": _("It comes daily."),
    "weekly": _("It comes weekly."),
    "monthly": _("It comes monthly."),
}


def cadence_sentence(words: Words, cadence: str) -> str:
    """A sentence about how often the newsletter comes; "" for a cadence of the user's own naming."""
    return words.gettext(_CADENCES[cadence]) if cadence in _CADENCES else ""


def day(moment: datetime, language: str, timezone: str) -> str:
    """The date of an aware time in that zone, written out: "7. Januar 2026"."""
    return format_date(moment.astimezone(ZoneInfo(timezone)), "long", locale=locale_of(language))


def unbroken(text: str) -> str:
    """The text for HTML, where it isn't to be broken into lines: a date on a phone."""
    return text.replace(" ", "\u00a0")


def number(value: int, language: str) -> str:
    """The number with the language's separators: "1.000"."""
    return format_decimal(value, locale=locale_of(language))
