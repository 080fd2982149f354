"""RSS and Atom that feedparser finds nothing in, or would take too long for, read with fastfeedparser.

It is quick and forgives other faults, but it loses what an element's base, language and kind of text are; and it makes
up dates, so that these are taken from the document itself.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import fastfeedparser

from pipeline.collect.sources.feed_entry import RawEntry, RawFeed, RawText
from pipeline.collect.sources.feed_media import duration_seconds, whole_number
from pipeline.domain.article import Author, Enclosure, Picture

MANY_ENTRIES = 5_000
"""From how many entries on a feed is read this way: feedparser takes a second for each thousand."""

MANY_TAGS = 200_000
"""From how many tags on: feedparser takes a second for each forty thousand."""

ENTRY_START = re.compile(rb"<(?:\w+:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_DATE = re.compile(
    rb"<(?:\w+:)?(?P<name>pubdate|published|issued|created|updated|modified|date)\b[^<>]*>"
    rb"\s*(?:<!\[CDATA\[)?(?P<date>[^<>\]]{1,120})",
    re.IGNORECASE,
)
_CHANGED = frozenset({b"updated", b"modified"})
_ATOM = re.compile(rb"<(?:\w+:)?feed[\s>]")
_HEAD = 4_000
_MARKUP = re.compile(r"<[A-Za-z/!]|&#?\w+;")


def count_entries(body: bytes) -> int:
    """How many elements of an XML document look like entries, without parsing it."""
    return sum(1 for _ in ENTRY_START.finditer(_bare(body)))


def ends_within_entry(body: bytes) -> bool:
    """Whether the last entry of a document has no end."""
    markup = _bare(body)
    starts = [match.start() for match in ENTRY_START.finditer(markup)]
    ends = [match.start() for match in _ENTRY_END.finditer(markup)]
    return bool(starts) and (not ends or ends[-1] < starts[-1])


def salvaged(body: bytes) -> RawFeed | None:
    """What can be read all the same; None where that is nothing.  Its entries' dates are raw, as they stand there."""
    try:
        # Bytes: of a string that is an address it would fetch the document.
        parsed: dict[str, Any] = fastfeedparser.parse(body)
    except Exception:  # noqa: BLE001 - the last resort: whatever it raises, the reason of the first parser is reported
        return None
    entries: list[dict[str, Any]] = parsed.get("entries", [])
    dates = _dates(body, len(entries))
    if entries and ends_within_entry(body):
        entries = entries[:-1]
    if not entries:
        return None
    feed = parsed.get("feed") or {}
    found = [_raw_entry(entry, *when) for entry, when in zip(entries, dates, strict=False)]
    home = _string(feed, "link")
    return RawFeed(
        entries=tuple(found),
        title=_string(feed, "title"),
        home=home,
        language=_string(feed, "language"),
        format="atom" if _ATOM.search(body[:_HEAD]) else "rss",
    )


def _raw_entry(entry: dict[str, Any], published: str | None, updated: str | None) -> RawEntry:
    contents = [text for detail in entry.get("content") or () if (text := _text(detail.get("value")))]
    content = max(contents, key=lambda text: len(text.value), default=None)
    summary = _text(entry.get("description"))
    return RawEntry(
        id=_string(entry, "id"),
        link=_string(entry, "link"),
        title=_text(entry.get("title")),
        content=content or summary,
        summary=summary if content else None,
        published=published or updated,
        updated=updated,
        authors=tuple(Author(name=name) for person in entry.get("authors") or () if (name := _string(person, "name"))),
        topics=tuple(
            topic for tag in entry.get("tags") or () if (topic := _string(tag, "label") or _string(tag, "term"))
        ),
        pictures=tuple(
            Picture(url=url)
            for item in entry.get("media_content") or ()
            if "image" in {str(item.get("medium")), str(item.get("type")).partition("/")[0]}
            and (url := _string(item, "url"))
        ),
        enclosures=tuple(
            Enclosure(
                url=url,
                media_type=str(item.get("type") or ""),
                length=whole_number(item.get("length")),
                duration=duration_seconds(_string(entry, "itunes_duration")),
            )
            for item in entry.get("enclosures") or ()
            if (url := _string(item, "url"))
        ),
        comments=_string(entry, "comments"),
    )


def _text(value: object) -> RawText | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return RawText(value=value, html=bool(_MARKUP.search(value)))


def _string(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return value if isinstance(value, str) and value.strip() else None


def _dates(body: bytes, number: int) -> list[tuple[str | None, str | None]]:
    """When each entry was published and updated, in its own words; nothing where it can't be told whose they are."""
    starts = [match.start() for match in ENTRY_START.finditer(body)]
    if len(starts) != number:
        return [(None, None)] * number
    return [_own_dates(body[start:end]) for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]


def _own_dates(entry: bytes) -> tuple[str | None, str | None]:
    end = _ENTRY_END.search(entry)
    named: dict[bool, str] = {}
    for match in _DATE.finditer(entry, 0, end.start() if end else len(entry)):
        raw = unescape(match["date"].decode("utf-8", "replace")).strip()
        named.setdefault(match["name"].lower() in _CHANGED, raw)
    return named.get(False), named.get(True)


def _bare(body: bytes) -> bytes:
    """So that UTF-16 and UTF-32 show what they hold."""
    return body.replace(b"\0", b"") if b"\0" in body else body
