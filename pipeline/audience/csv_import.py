"""Subscribers from a CSV file, row by row, and what is wrong with the rows that are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import BinaryIO, NoReturn
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from pipeline.audience.csv_columns import HEADER_MEND, Columns, UnreadableCsv, columns_of
from pipeline.audience.csv_export import unguarded
from pipeline.audience.csv_text import Damage, Record, open_text, read_records
from pipeline.audience.fingerprints import Fingerprints
from pipeline.audience.mail_address import AddressFault, UnusableAddress, normalised
from pipeline.audience.origins import UnknownWord
from pipeline.domain.article import distinct_topics
from pipeline.domain.audience import NewSubscriber, Standing, address_key
from pipeline.errors import Problem

_NAME_LENGTH = 200
_TOPIC_LENGTH = 100
_TOPICS = 100
_TOPIC_SEPARATORS = re.compile(r"[;|,]")
# Whoever says they agreed before there was mail, or tomorrow, has another column there.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_NO_CHOICE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be imported, and the number of its line."""

    line: int
    person: NewSubscriber


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is left out, as it stands in the file, and why."""

    line: int
    problem: Problem
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberList:
    """A file whose header was read.  ``rows`` can be read once; ``lines`` is how many lines there are, about."""

    titles: tuple[str, ...]
    columns: Columns
    lines: int
    rows: Iterator[Row | Rejected]


@contextmanager
def opened_list(
    stream: BinaryIO, where: str = "the file", chosen: Mapping[str, str] = _NO_CHOICE
) -> Iterator[SubscriberList]:
    """The file as a list of subscribers: each row as a person, or with what is wrong with it.

    The file has a header line; ``email`` is required, ``name``, ``language``, ``timezone`` and ``topics`` (divided
    by ``;``, ``|`` or ``,``) are optional, other columns are ignored, unless ``chosen`` says which is which (see
    `columns_of`).  Exports of programs that we know are read as those write them.  Addresses are normalised: the domain
    in lower case and as ASCII (IDNA), the local part as it is.  Raises `UnreadableCsv` if there is no usable header.
    """
    text, lines = open_text(stream)
    try:
        records = read_records(text)
        header = next(records, None)
        if not isinstance(header, Record):
            what = "the file is empty." if header is None else f"the header line can't be read: {header.what}"
            raise UnreadableCsv(what, where=where, mend=HEADER_MEND)
        columns = columns_of(header.fields, chosen, where, header.line)
        yield SubscriberList(titles=header.fields, columns=columns, lines=lines, rows=_rows(records, columns, where))
    finally:
        # The stream is the caller's to close; a copy of it is ours.
        if text.buffer is stream:
            text.detach()
        else:
            text.close()


def read_rows(stream: BinaryIO, where: str = "the file") -> Iterator[Row | Rejected]:
    """The rows of `opened_list`."""
    with opened_list(stream, where) as found:
        yield from found.rows


def _rows(records: Iterator[Record | Damage], columns: Columns, where: str) -> Iterator[Row | Rejected]:
    seen = Fingerprints()
    places = tuple(columns.places.items())
    for record in records:
        if isinstance(record, Damage):
            yield _rejected(record.line, (record.text,), record.what, "Correct the line.", where)
            continue
        fields = record.fields
        values = {name: _clean(fields[place]) for name, place in places if place < len(fields)}
        try:
            person = _person(values, columns)
            # Whoever has left by one of two rows has left.
            if not seen.add(address_key(person.address)) and person.standing is Standing.SUBSCRIBED:
                _refuse(f"{person.address} is in the file more than once.", "The first line counts.")
        except _UnusableRow as unusable:
            yield _rejected(record.line, fields, unusable.what, unusable.mend, where)
        else:
            yield Row(record.line, person)


def _clean(field: str) -> str:
    return " ".join(unguarded(field).split()) if field else ""


def _rejected(line: int, fields: tuple[str, ...], what: str, mend: str, where: str) -> Rejected:
    place = f"{where}, line {line}"
    return Rejected(line, Problem(code="csv-row", where=place, what=f"left out: {what}", mend=mend), fields)


class _UnusableRow(Exception):
    """What is wrong with a row; never leaves this module."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def _refuse(what: str, mend: str) -> NoReturn:
    raise _UnusableRow(what, mend)


def _person(values: Mapping[str, str], columns: Columns) -> NewSubscriber:
    for column, value in values.items():
        if "\ufffd" in value:
            _refuse(f"the column {column} has characters that can't be read.", "Save the file as UTF-8.")
        if not value.isprintable():
            _refuse(f"the column {column} has control characters.", "Remove them.")
    address = _address(values.get("email", ""))
    name = values.get("name") or " ".join(filter(None, (values.get("first"), values.get("last"))))
    if len(name) > _NAME_LENGTH:
        _refuse(f"the name is longer than {_NAME_LENGTH} characters.", "Shorten it.")
    # Some put each into quotation marks of its own.
    topics = distinct_topics([topic.strip(' "') for topic in _TOPIC_SEPARATORS.split(values.get("topics", ""))])
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
        standing=_standing(values, columns),
        agreed=_time(values["agreed"]) if values.get("agreed") else None,
    )


def _standing(values: Mapping[str, str], columns: Columns) -> Standing:
    try:
        return columns.standing(values)
    except UnknownWord as unknown:
        _refuse(
            f"“{str(unknown)[:40]}” doesn't tell whether the person is subscribed.",
            "Write “subscribed” or “unsubscribed”; if the column is about something else, say --map state=.",
        )


def _time(text: str) -> datetime | None:
    """When they agreed; None for what is no time that can be.  Times without a zone are taken for UTC."""
    try:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    aware = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return aware if aware >= _EARLIEST else None


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
