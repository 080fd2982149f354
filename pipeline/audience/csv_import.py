"""Subscribers from a CSV file, row by row, and what is wrong with the rows that are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, NoReturn
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from pipeline.audience.csv_export import unguarded
from pipeline.audience.csv_text import Damage, Record, open_text, read_records
from pipeline.audience.mail_address import AddressFault, UnusableAddress, normalised
from pipeline.domain.article import distinct_topics
from pipeline.domain.audience import NewSubscriber, address_key
from pipeline.errors import PipelineError, Problem

# Headers are compared without case, spaces and punctuation.
_COLUMNS = {
    "email": ("email", "emailaddress", "emailadresse", "mail", "mailaddress", "mailadresse", "address", "adresse"),
    "name": ("name", "fullname", "vollername"),
    "first": ("firstname", "vorname", "givenname"),
    "last": ("lastname", "nachname", "familyname", "surname", "familienname"),
    "language": ("language", "lang", "sprache", "locale"),
    "timezone": ("timezone", "tz", "zeitzone"),
    "topics": ("topics", "topic", "themen", "thema", "tags", "interests", "interessen"),
}
_COLUMN_OF = {synonym: column for column, synonyms in _COLUMNS.items() for synonym in synonyms}
_NAME_LENGTH = 200
_TOPIC_LENGTH = 100
_TOPICS = 100
_TOPIC_SEPARATORS = re.compile(r"[;|,]")


class UnreadableCsv(PipelineError):
    """The file as a whole can't be read as a list of subscribers."""

    code = "csv"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be imported, and the number of its line."""

    line: int
    person: NewSubscriber


def read_rows(stream: BinaryIO, where: str = "the file") -> Iterator[Row | Problem]:
    """Each row of the file as a person, or as a problem that says which line is left out and why.

    The file has a header line; ``email`` is required, ``name``, ``language``, ``timezone`` and ``topics`` (divided
    by ``;``, ``|`` or ``,``) are optional, other columns are ignored.  Addresses are normalised: the domain in lower
    case and as ASCII (IDNA), the local part as it is.  Raises `UnreadableCsv` if there is no usable header.
    """
    text = open_text(stream)
    try:
        yield from _rows(read_records(text), where)
    finally:
        # The stream is the caller's to close; a copy of it is ours.
        if text.buffer is stream:
            text.detach()
        else:
            text.close()


def _rows(records: Iterator[Record | Damage], where: str) -> Iterator[Row | Problem]:
    header = next(records, None)
    if not isinstance(header, Record):
        what = "the file is empty." if header is None else f"the header line can't be read: {header.what}"
        raise UnreadableCsv(what, where=where, mend=_HEADER_MEND)
    columns = _columns(header, where)
    seen: set[str] = set()
    for record in records:
        place = f"{where}, line {record.line}"
        if isinstance(record, Damage):
            yield Problem(code="csv-row", where=place, what=f"left out: {record.what}", mend="Correct the line.")
            continue
        values = {
            column: " ".join(unguarded(record.fields[index]).split())
            for column, index in columns.items()
            if index < len(record.fields)
        }
        try:
            person = _person(values)
            _refuse_second(person.address, seen)
        except _UnusableRow as unusable:
            yield Problem(code="csv-row", where=place, what=f"left out: {unusable.what}", mend=unusable.mend)
        else:
            yield Row(record.line, person)


def _refuse_second(address: str, seen: set[str]) -> None:
    if (key := address_key(address)) in seen:
        _refuse(f"{address} is in the file more than once.", "The first line counts.")
    seen.add(key)


_HEADER_MEND = "Put a header line above the rows, for example: email,name,language,timezone,topics"


class _UnusableRow(Exception):
    """What is wrong with a row; never leaves this module."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def _refuse(what: str, mend: str) -> NoReturn:
    raise _UnusableRow(what, mend)


def _columns(header: Record, where: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, title in enumerate(header.fields):
        if column := _COLUMN_OF.get(re.sub(r"[\W_]+", "", title.casefold())):
            columns.setdefault(column, index)
    if "email" in columns:
        return columns
    if any("@" in field for field in header.fields):
        what = f"line {header.line} is a subscriber already; the header line is missing."
        raise UnreadableCsv(what, where=where, mend=_HEADER_MEND)
    titles = ", ".join(f"“{field.strip()[:40]}”" for field in header.fields[:12])
    what = f"no column is called “email”; there are {titles}."
    raise UnreadableCsv(what, where=where, mend=_HEADER_MEND)


def _person(values: dict[str, str]) -> NewSubscriber:
    for value in values.values():
        if "\ufffd" in value:
            _refuse("it has characters that can't be read.", "Save the file as UTF-8.")
        if not value.isprintable():
            _refuse("it has control characters.", "Remove them.")
    address = _address(values.get("email", ""))
    name = values.get("name") or " ".join(filter(None, (values.get("first"), values.get("last"))))
    if len(name) > _NAME_LENGTH:
        _refuse(f"the name is longer than {_NAME_LENGTH} characters.", "Shorten it.")
    topics = distinct_topics(_TOPIC_SEPARATORS.split(values.get("topics", "")))
    if len(topics) > _TOPICS or any(len(topic) > _TOPIC_LENGTH for topic in topics):
        _refuse(
            f"it has a topic of more than {_TOPIC_LENGTH} characters, or more than {_TOPICS} topics.",
            "Divide topics with “;”.",
        )
    return NewSubscriber(
        address=address,
        name=name,
        language=_language(values["language"]) if values.get("language") else None,
        timezone=_timezone(values["timezone"]) if values.get("timezone") else None,
        topics=topics,
    )


def _address(text: str) -> str:
    if not text:
        _refuse("there is no address.", "Fill in the email column.")
    try:
        return normalised(text)
    except UnusableAddress as error:
        if error.fault is AddressFault.LETTERS:
            _refuse(
                f"“{text[:80]}” has letters before the @ that most mail servers don't take.",
                "Ask the person for an address in plain letters.",
            )
        _refuse(f"“{text[:80]}” is no mail address: {error}", "Correct it.")


@lru_cache(maxsize=1024)
def _language(text: str) -> str:
    """The tag in its usual spelling (BCP 47): ``de``, ``de-AT``."""
    try:
        locale = Locale.parse(text.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        _refuse(f"“{text[:40]}” is no language.", "Use a tag like “de” or “en-GB”.")
    return "-".join(filter(None, (locale.language, locale.script, locale.territory)))


@lru_cache(maxsize=1)
def _timezones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _timezone(text: str) -> str:
    name = _timezones().get(text.replace(" ", "_").casefold())
    if name is None:
        _refuse(f"“{text[:40]}” is no time zone.", "Use a name like “Europe/Berlin”.")
    return name
