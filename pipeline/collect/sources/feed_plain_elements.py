"""What elements of plain RSS and Atom have in common, each read as feedparser reads it (see `feed_plain`)."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml exports it only so
Record = dict[str, Any]
"""What feedparser calls things: of an entry, or of the feed around the entries, what was found so far."""

ATOM = "{http://www.w3.org/2005/Atom}"
_MEDIUM = ("url", "type", "medium", "width", "height", "fileSize", "duration", "expression", "isDefault")
_MISREAD = re.compile("[\x80-\x9f]")
_EMPTY_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+-.]*:///")


class UnusualError(Exception):
    """There is something that is left to feedparser."""


def published(record: Record, element: Element) -> None:
    put(record, "published", said(element))


def updated(record: Record, element: Element) -> None:
    put(record, "updated", said(element))


def generator(record: Record, element: Element) -> None:
    put(record, "generator", said(element, "uri", "url", "version"))


def media_content(record: Record, element: Element) -> None:
    nothing(said(element, *_MEDIUM))
    record.setdefault("media_content", []).append(attributes_with_lower_type(element))


def media_thumbnail(record: Record, element: Element) -> None:
    nothing(said(element, *_MEDIUM))
    record.setdefault("media_thumbnail", []).append(attributes_with_lower_type(element))


def said(element: Element, *allowed: str) -> str:
    """The text of an element that has no others in it, and no attributes but those that are allowed."""
    only(element, *allowed)
    if len(element):
        raise UnusualError
    return mended(raw_text(element))


def only(element: Element, *allowed: str) -> None:
    # Most elements have none.
    if (names := element.keys()) and not set(names) <= set(allowed):
        raise UnusualError


def nothing(text: str) -> None:
    if text:
        raise UnusualError


def put(record: Record, name: str, value: object) -> None:
    """What is there twice is left to feedparser, but for the link that an id may have been taken for."""
    if name in record:
        raise UnusualError
    record[name] = value


def raw_text(element: Element) -> str:
    return (element.text or "").strip()


def mended(value: str) -> str:
    """UTF-8 that was read as Latin-1 is read again; Windows-1252 is left to feedparser."""
    if value.isascii():
        return value
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode()
    if _MISREAD.search(value):
        raise UnusualError
    return value


def address(value: str, base: str | None = None) -> str:
    if _EMPTY_HOST.match(value):
        raise UnusualError
    return urljoin(base, value) if base and value else value


def identify_as(record: Record, value: str) -> None:
    """An id that is the link too, where there is none."""
    put(record, "id", value)
    record["guidislink"] = "link" not in record
    record.setdefault("link", value)


def add_tag(record: Record, tag: Record) -> None:
    tags = record.setdefault("tags", [])
    if tag not in tags:
        tags.append(tag)


def attributes_with_lower_type(element: Element) -> dict[str, str]:
    given = attributes(element)
    return {name.lower(): value.lower() if name == "type" else value for name, value in given.items()}


def attributes(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}
