"""JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.collect.sources.feed_entry import RawEntry, RawFeed, RawText
from pipeline.collect.sources.feed_media import duration_seconds, whole_number
from pipeline.domain.article import Author, Enclosure, Picture
from pipeline.errors import InvalidSource

_MAX_ITEMS = 20_000


def is_json(body: bytes, content_type: str) -> bool:
    """Whether the answer is to be read as JSON: by its first character, else by its media type."""
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") or (content_type.endswith("json") and not start.startswith(b"<"))


def parse_json(body: bytes, *, where: str) -> RawFeed:
    """The items of a JSON Feed.  Raises InvalidSource where it is none."""
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except RecursionError as error:
        raise InvalidSource("its JSON is nested too deeply.", where=where, mend="Tell the feed's owner.") from error
    except ValueError as error:
        raise InvalidSource(f"it isn't valid JSON ({error}).", where=where, mend="Tell the feed's owner.") from error
    items = document.get("items") if isinstance(document, dict) else None
    # The version is a URL with a number in it; some generators leave it out.
    if not isinstance(items, list) or "jsonfeed.org" not in str(document.get("version", "jsonfeed.org")):
        mend = "Check the source's url: RSS, Atom and JSON Feed can be read."
        raise InvalidSource("it is JSON, but not a JSON Feed.", where=where, mend=mend)
    if len(items) > _MAX_ITEMS:
        raise InvalidSource(f"it has more than {_MAX_ITEMS:,} entries.", where=where)
    inherited = _authors(document)
    found: list[RawEntry] = []
    unreadable: list[tuple[str, str]] = []
    for number, item in enumerate(items, 1):
        if isinstance(item, dict):
            found.append(_raw_entry(item, inherited))
        else:
            unreadable.append((f"item {number}", "it is not an object."))
    return RawFeed(
        entries=tuple(found),
        title=_string(document, "title"),
        home=_string(document, "home_page_url"),
        language=_string(document, "language"),
        unreadable=tuple(unreadable),
        previous=_string(document, "next_url"),
        format="json",
    )


def _raw_entry(item: Mapping[str, Any], inherited: tuple[Author, ...]) -> RawEntry:
    html, plain = _string(item, "content_html"), _string(item, "content_text")
    summary = _string(item, "summary")
    content = RawText(value=html, html=True) if html else RawText(value=plain) if plain else None
    return RawEntry(
        id=_identity(item.get("id")),
        link=_string(item, "url") or _string(item, "external_url"),
        title=RawText(value=title) if (title := _string(item, "title")) else None,
        content=content or (RawText(value=summary) if summary else None),
        summary=RawText(value=summary) if summary and content else None,
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        language=_string(item, "language"),
        authors=_authors(item) or inherited,
        topics=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        pictures=tuple(Picture(url=url) for key in ("image", "banner_image") if (url := _string(item, key))),
        enclosures=tuple(_enclosure(file) for file in _list(item, "attachments") if _is_file(file)),
    )


def _identity(value: object) -> str | None:
    """The id; numbers were allowed in version 1, and are coerced as 1.1 asks for."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _string(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    return value if isinstance(value, str) and value.strip() else None


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []


def _authors(record: Mapping[str, Any]) -> tuple[Author, ...]:
    """``authors`` of version 1.1, else ``author`` of version 1."""
    people = _list(record, "authors") or [record.get("author")]
    return tuple(
        Author(name=name, url=_string(person, "url"))
        for person in people
        if isinstance(person, dict) and (name := _string(person, "name"))
    )


def _is_file(value: object) -> bool:
    return isinstance(value, dict) and _string(value, "url") is not None


def _enclosure(file: Mapping[str, Any]) -> Enclosure:
    return Enclosure(
        url=str(file["url"]),
        media_type=_string(file, "mime_type") or "",
        length=whole_number(file.get("size_in_bytes")),
        title=_string(file, "title"),
        duration=duration_seconds(file.get("duration_in_seconds")),
    )
