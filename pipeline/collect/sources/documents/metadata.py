"""The keys of front matter and sidecars, checked."""

from __future__ import annotations

import datetime as dt
import difflib
import mimetypes
import re
from collections.abc import Callable, Mapping
from typing import cast

from pipeline.collect.links import web_url
from pipeline.collect.sources.documents.document import InvalidDocument, Metadata
from pipeline.domain.article import Author, Enclosure, Picture

_SYNONYMS = {
    "author": "authors",
    "tags": "topics",
    "tag": "topics",
    "topic": "topics",
    "category": "topics",
    "categories": "topics",
    "keywords": "topics",
    "description": "teaser",
    "summary": "teaser",
    "excerpt": "teaser",
    "image": "picture",
    "date": "published",
    "lastmod": "updated",
    "modified": "updated",
    "lang": "language",
    "enclosure": "enclosures",
    "link": "url",
}
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off", ""})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_AUTHOR_WITH_EMAIL = re.compile(r"(?P<name>[^<>]+?)\s*<(?P<email>[^<>\s]+@[^<>\s]+)>")


def read_metadata(values: Mapping[str, object], place: str) -> tuple[Metadata, tuple[str, ...]]:
    """The values of ``place`` ("front matter" or a sidecar's name) as checked metadata, and notes on what is unknown.

    An unknown key is a note.  Raises `InvalidDocument` for a value of the wrong kind, naming its key and the mend.
    """
    checked: dict[str, object] = {}
    notes: list[str] = []
    said_by: dict[str, str] = {}
    for written, value in values.items():
        name = written.strip().lower().replace("-", "_")
        key = _SYNONYMS.get(name, name)
        if key not in _READERS:
            near = difflib.get_close_matches(name, [*_READERS, *_SYNONYMS], n=1)
            notes.append(
                f'The {place} has a key that is not known: "{written[:60]}".' + (f" {near[0]}?" if near else "")
            )
            continue
        if key == "topics" and "topics" in checked:
            # tags and categories beside each other, as blogs have them, are all topics.
            checked[key] = cast("tuple[str, ...]", checked[key]) + _topics(value, f"{place}, key {written}")
            continue
        if key in checked and name != key:
            notes.append(f'The {place} has "{written}" beside "{said_by[key]}", which means the same; it was not used.')
            continue
        said_by[key] = written
        checked[key] = _READERS[key](value, f"{place}, key {written}")
    return cast("Metadata", checked), tuple(notes)


def language_tag(raw: str) -> str | None:
    """``raw`` as a BCP 47 tag (``de_DE`` becomes ``de-DE``), or None where it is none."""
    tag = raw.strip().split(".")[0].replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return None
    first, *others = tag.split("-")
    return "-".join((first.lower(), *(part.upper() if len(part) == len("DE") else part for part in others)))


def _wrong(key: str, found: object, mend: str) -> InvalidDocument:
    return InvalidDocument(f"Its {key} is {_kind(found)}.", mend=mend)


def _kind(value: object) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case dt.date() | dt.time():
            return "a date or time"
        case _:
            return "of a wrong kind"


def _text(value: object, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(key, value, "Write one text; a text that looks like something else needs quotes around it.")
    return value.strip()


def _web(value: object, key: str) -> str:
    text = _text(value, key)
    url = web_url(text) if text else ""
    if url is None:
        what = f'Its {key} is not the absolute address of a web page: "{text[:80]}".'
        raise InvalidDocument(what, mend="Write it in full, such as https://example.org/page.")
    return url


def _language(value: object, key: str) -> str:
    text = _text(value, key)
    tag = language_tag(text) if text else ""
    if tag is None:
        raise InvalidDocument(f'Its {key} is not a language tag: "{text[:40]}".', mend='Write "de", "en" or "pt-BR".')
    return tag


def _moment(value: object, key: str) -> str:
    # TOML has dates of its own; datetime is a date.
    return value.isoformat() if isinstance(value, dt.date) else _text(value, key)


def _draft(value: object, key: str) -> bool:
    if (said := _switch(value)) is None:
        raise InvalidDocument(f"Its {key} is neither true nor false.", mend="Write true or false.")
    return said


def _switch(value: object) -> bool | None:
    if not isinstance(value, str | bool | None):
        return None
    word = "" if value is None else str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value is None or value == "" else [value]


def _topics(value: object, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(filter(None, (part.strip() for part in value.split(","))))
    if not isinstance(value, list | None):
        raise _wrong(key, value, "Write a text, or a list of texts.")
    return tuple(_text(entry, key) for entry in _listed(value))


def _authors(value: object, key: str) -> tuple[Author, ...]:
    return tuple(author for entry in _listed(value) if (author := _author(entry, key)))


def _author(value: object, key: str) -> Author | None:
    if isinstance(value, dict):
        name = _text(value.get("name"), f"{key}.name")
        if not name:
            raise InvalidDocument(f"Its {key} has no name.", mend="Write name: and the author's name.")
        email, url = _text(value.get("email"), f"{key}.email"), _web(value.get("url"), f"{key}.url")
        return Author(name=name, email=email or None, url=url or None)
    if not isinstance(value, str | None):
        raise _wrong(key, value, "Write a name, a list of names, or a mapping with name, email and url.")
    if match := _AUTHOR_WITH_EMAIL.fullmatch(value or ""):
        return Author(name=match["name"], email=match["email"])
    return Author(name=value.strip()) if value and value.strip() else None


def _picture(value: object, key: str) -> Picture | None:
    if isinstance(value, dict):
        return Picture(
            url=_text(value.get("url", value.get("src")), f"{key}.url") or None,
            alt=_text(value.get("alt"), f"{key}.alt"),
            width=_number(value.get("width"), f"{key}.width"),
            height=_number(value.get("height"), f"{key}.height"),
        )
    if not isinstance(value, str | None):
        raise _wrong(key, value, "Write its address, or a mapping with url, alt, width and height.")
    return Picture(url=value.strip()) if value and value.strip() else None


def _picture_description(value: object, key: str) -> str | bool:
    text = str(value).lower() if isinstance(value, bool) else _text(value, key)
    said = _switch(text)
    return text if said is None else said


def _number(value: object, key: str) -> int | None:
    if value is None or value == "":
        return None
    digits = str(value).strip() if isinstance(value, str | int) else ""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,15}", digits, re.ASCII):
        raise InvalidDocument(f"Its {key} is not a whole number.", mend="Write digits only.")
    return int(digits)


def _enclosures(value: object, key: str) -> tuple[Enclosure, ...]:
    return tuple(_enclosure(entry, key) for entry in _listed(value))


def _enclosure(value: object, key: str) -> Enclosure:
    entry = value if isinstance(value, dict) else {"url": value}
    url = _text(entry.get("url"), f"{key}.url")
    if not url:
        raise InvalidDocument(f"Its {key} has no url.", mend="Write url: and the file's address.")
    media_type = _text(entry.get("type", entry.get("media_type")), f"{key}.type")
    return Enclosure(
        url=url,
        media_type=media_type or mimetypes.guess_type(url.split("?")[0])[0] or "application/octet-stream",
        length=_number(entry.get("length"), f"{key}.length"),
        title=_text(entry.get("title"), f"{key}.title") or None,
        duration=_number(entry.get("duration"), f"{key}.duration"),
    )


_READERS: Mapping[str, Callable[[object, str], object]] = {
    "title": _text,
    "url": _web,
    "language": _language,
    "authors": _authors,
    "topics": _topics,
    "teaser": _text,
    "picture": _picture,
    "picture_description": _picture_description,
    "published": _moment,
    "updated": _moment,
    "enclosures": _enclosures,
    "comments_url": _web,
    "draft": _draft,
}
