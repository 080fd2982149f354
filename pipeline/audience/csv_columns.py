"""Which column of a file is which of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.audience.origins import STANDING, Origin, Values, by_word, origin_of
from pipeline.domain.audience import Standing
from pipeline.errors import PipelineError

# Titles are compared without case, spaces and punctuation.
_TITLES = {
    "email": ("email", "emailaddress", "emailadresse", "mail", "mailaddress", "mailadresse", "address", "adresse"),
    "name": ("name", "fullname", "vollername"),
    "first": ("firstname", "vorname", "givenname"),
    "last": ("lastname", "nachname", "familyname", "surname", "familienname"),
    "language": ("language", "lang", "sprache", "locale"),
    "timezone": ("timezone", "tz", "zeitzone"),
    "topics": ("topics", "topic", "themen", "thema", "tags", "interests", "interessen"),
}
_COLUMN_OF = {title: column for column, titles in _TITLES.items() for title in titles}
NAMES = (*_TITLES, STANDING, "agreed")
"""The columns that a file's may be mapped to."""
HEADER_MEND = "Put a header line above the rows, for example: email,name,language,timezone,topics"


class UnreadableCsv(PipelineError):
    """The file as a whole can't be read as a list of subscribers."""

    code = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where in a row the values of our columns stand, and how to read from them how somebody stands.

    ``origin`` is the program whose export it is, "" for any other list.  ``ignored`` are the titles of other columns.
    """

    places: Mapping[str, int]
    standing: Callable[[Values], Standing]
    origin: str = ""
    ignored: tuple[str, ...] = ()


def columns_of(titles: Sequence[str], chosen: Mapping[str, str], where: str, line: int = 1) -> Columns:
    """The columns of a file with these titles.

    ``chosen`` are titles by the names of ours, "" for a column that is not to be taken from the file; they count more
    than what we know by ourselves.  Raises `UnreadableCsv`.
    """
    plain = [_plain(title) for title in titles]
    origin = origin_of(plain)
    places = _found(plain, origin)
    for name, title in chosen.items():
        places.pop(name, None)
        if title:
            places[name] = _place(title, titles, plain, where)
    if "email" not in places:
        raise _no_addresses(titles, where, line)
    if origin is None and STANDING not in places and STANDING not in chosen:
        places |= _guessed_standing(titles, plain, where)
    standing = origin.standing if origin and STANDING not in chosen else by_word
    ignored = tuple(
        title.strip() for place, title in enumerate(titles) if title.strip() and place not in places.values()
    )
    return Columns(places=places, standing=standing, origin=origin.name if origin else "", ignored=ignored)


def _found(plain: Sequence[str], origin: Origin | None) -> dict[str, int]:
    own, ignored = (origin.columns, origin.ignored) if origin else ({}, frozenset[str]())
    places: dict[str, int] = {}
    for place, title in enumerate(plain):
        column = own.get(title) or (None if title in ignored else _COLUMN_OF.get(title))
        if column:
            places.setdefault(column, place)
    return places


def _guessed_standing(titles: Sequence[str], plain: Sequence[str], where: str) -> dict[str, int]:
    """A column that seems to say who has left must not be passed over: they would be mailed again."""
    places = [place for place, title in enumerate(plain) if "status" in title]
    if len(places) > 1:
        named = " and ".join(f"“{titles[place].strip()}”" for place in places)
        what = f"{named} may both say who has unsubscribed."
        raise UnreadableCsv(what, where=where, mend="Say which with --map state=TITLE; --map state= if neither does.")
    return {STANDING: places[0]} if places else {}


def _place(title: str, titles: Sequence[str], plain: Sequence[str], where: str) -> int:
    for found in (one.strip() for one in titles):
        if found == title.strip():
            return [one.strip() for one in titles].index(found)
    if (wanted := _plain(title)) and wanted in plain:
        return plain.index(wanted)
    raise UnreadableCsv(f"no column is called “{title}”; there are {_listed(titles)}.", where=where)


def _no_addresses(titles: Sequence[str], where: str, line: int) -> UnreadableCsv:
    if any("@" in title for title in titles):
        what = f"line {line} is a subscriber already; the header line is missing."
        return UnreadableCsv(what, where=where, mend=HEADER_MEND)
    what = f"no column is called “email”; there are {_listed(titles)}."
    return UnreadableCsv(what, where=where, mend=f"Say which it is with --map email=TITLE. {HEADER_MEND}")


def _listed(titles: Sequence[str]) -> str:
    shown = ("".join(c if c.isprintable() else "\ufffd" for c in title.strip()[:40]) for title in titles[:12])
    return ", ".join(f"“{title}”" for title in shown)


def _plain(title: str) -> str:
    return re.sub(r"[\W_]+", "", title.casefold())
