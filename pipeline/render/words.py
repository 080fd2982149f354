"""The words that templates say to readers, by language; and dates as that language writes them.

Templates call ``_()`` and ``ngettext()`` with the English words.  A language without a catalogue here gets the
English words, marked as such, and dates in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

_GERMAN: Mapping[str, str] = {
    "Hello,": "Guten Tag,",
    "Hello {name},": "Guten Tag {name},",
    "this is new:": "das ist neu:",
    "{count} new article": "{count} neuer Artikel",
    "{count} new articles": "{count} neue Artikel",
    "{title} and {count} more": "{title} und {count} weiterer",
    "{title} and {count} others": "{title} und {count} weitere",
    "Read more": "Weiterlesen",
    "Read on the website": "Auf der Website lesen",
    "More articles": "Weitere Artikel",
    "By {names}": "Von {names}",
    "You get this e-mail because you subscribed to “{newsletter}”.": (
        "Sie erhalten diese E-Mail, weil Sie „{newsletter}“ abonniert haben."
    ),
    "It comes as soon as there is something new.": "Sie kommt, sobald es etwas Neues gibt.",
    "It comes daily.": "Sie kommt täglich.",
    "It comes weekly.": "Sie kommt wöchentlich.",
    "It comes monthly.": "Sie kommt monatlich.",
    "Unsubscribe": "Abmelden",
    "Get this as a feed": "Als Feed lesen",
    "Past issues": "Frühere Ausgaben",
    "Help": "Hilfe",
}
_CATALOGUES: Mapping[str, Mapping[str, str]] = {"de": _GERMAN, "en": {}}
_CADENCES: Mapping[str, str] = {
    "immediate": "It comes as soon as there is something new.",
    "daily": "It comes daily.",
    "weekly": "It comes weekly.",
    "monthly": "It comes monthly.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.  ``language`` is the one they are really in."""

    language: str
    catalogue: Mapping[str, str]

    @classmethod
    def of(cls, language: str) -> Words:
        base = language.replace("_", "-").split("-")[0].lower()
        known = base if base in _CATALOGUES else "en"
        return cls(known, _CATALOGUES[known])

    def gettext(self, message: str) -> str:
        return self.catalogue.get(message, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.gettext(singular if count == 1 else plural)

    def cadence(self, cadence: str) -> str:
        """A sentence about how often the newsletter comes; "" for a cadence of the user's own naming."""
        return self.gettext(_CADENCES[cadence]) if cadence in _CADENCES else ""


def greeting(name: str, language: str) -> str:
    """The value of the merge field ``greeting``: "Hello Anna," or, for an empty name, "Hello,"."""
    words = Words.of(language)
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return words.gettext("Hello {name},").format(name=name) if name else words.gettext("Hello,")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a BCP 47 tag; English for one that is not known."""
    try:
        return Locale.parse(language, sep="-" if "-" in language else "_")
    except (UnknownLocaleError, ValueError):
        base = language.replace("_", "-").split("-")[0]
        return locale_of(base) if base != language else Locale("en")


def day(moment: datetime, language: str, timezone: str) -> str:
    """The date of an aware time in that zone, written out: "7. Januar 2026"."""
    return format_date(moment.astimezone(ZoneInfo(timezone)), "long", locale=locale_of(language))
