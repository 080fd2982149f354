"""RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0, as feedparser reads them (its sanitiser and resolver off)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.sax import SAXException

import feedparser

from pipeline.collect.clean import plain_text
from pipeline.collect.sources.feed_archive import previous_page
from pipeline.collect.sources.feed_captions import CAPTION
from pipeline.collect.sources.feed_document import (
    content_type,
    explained,
    is_cut_off,
    no_feed,
    numbered_entities,
    root_of,
)
from pipeline.collect.sources.feed_entry import RawEntry, RawFeed, RawText
from pipeline.collect.sources.feed_hazards import refuse_hazards
from pipeline.collect.sources.feed_media import duration_seconds, whole_number
from pipeline.collect.sources.feed_plain import plain_feed
from pipeline.collect.sources.feed_salvage import MANY_ENTRIES, MANY_TAGS, count_entries, ends_within_entry, salvaged
from pipeline.domain.article import Author, Enclosure, Origin, Picture
from pipeline.errors import InvalidSource

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_TEXT_TYPES = _HTML_TYPES | {"text/plain", ""}
_BYTES = "application/octet-stream"
_TELL_OWNER = "Tell the feed's owner."
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


def parse_xml(body: bytes, *, url: str, charset: str | None, where: str) -> RawFeed:
    """The entries of an RSS or Atom document.

    ``url`` is where it came from; ``charset`` what the server said of it.  Raises InvalidSource where it is no feed, or
    a hazard (see `refuse_hazards`).
    """
    shown = _screened(body, url, where)
    if (quick := _read_quickly(body, shown, where)) is not None:
        return quick
    numbered = numbered_entities(body)
    if (plain := plain_feed(numbered, charset)) and (plain.entries or not shown):
        return as_raw_feed({"feed": plain.feed}, plain.entries, plain.version)
    parsed = _parsed(numbered, content_type(body, charset))
    entries: list[Any] = parsed.get("entries", [])
    version = str(parsed.get("version") or "")
    failure = parsed.get("bozo_exception")
    broken = explained(failure) if isinstance(failure, SAXException) else None
    entries, flaw, remark = _damage(body, broken, entries, shown)
    if not entries and shown and (rescued := salvaged(body)):
        what = f"is broken ({broken})" if broken else "is not as its format asks for"
        return replace(rescued, flaw=f"it {what}; a parser that forgives more salvaged {len(rescued.entries)} entries.")
    if not entries and parsed.get("entries"):
        raise InvalidSource("it is cut off within its only entry.", where=where, mend="Try again later.")
    if not entries and (not version or (broken and shown)):
        raise no_feed(body, url, broken, version, where)
    return replace(as_raw_feed(parsed, entries, version), flaw=flaw, remark=remark)


def _parsed(body: bytes, media_type: str) -> dict[str, Any]:
    """What feedparser makes of it."""
    try:
        parsed: dict[str, Any] = feedparser.parse(
            body,
            sanitize_html=False,
            resolve_relative_uris=False,
            # Not the address: feedparser would resolve ids against it, and they must not change with it.
            response_headers={"content-type": media_type},
        )
    except Exception as error:  # noqa: BLE001 - whatever a document brings it to (an encoding called "undefined" does)
        return {"bozo_exception": SAXException(f"{type(error).__name__}: {error}")}
    return parsed


def _screened(body: bytes, url: str, where: str) -> int:
    """How many entries a document seems to have.  Raises InvalidSource for what no parser must see."""
    if not body.strip():
        raise InvalidSource("it is empty.", where=where, mend="Try again later, or check the source's url.")
    if root_of(body) == "HTML":
        raise no_feed(body, url, None, "", where)
    refuse_hazards(body, where)
    return count_entries(body)


def _read_quickly(body: bytes, shown: int, where: str) -> RawFeed | None:
    """A document that would take feedparser too long, read with a quicker parser; None where it is none."""
    tags = body.count(b"<")
    if shown <= MANY_ENTRIES and tags <= MANY_TAGS:
        return None
    much = f"{shown:,} entries" if shown > MANY_ENTRIES else f"{tags:,} tags"
    if quick := salvaged(body):
        return replace(quick, remark=f"it has {much}: it was read with a quicker parser, which loses some details.")
    if tags > MANY_TAGS:
        raise InvalidSource(f"it has {much}, and no entry can be read quickly.", where=where, mend=_TELL_OWNER)
    return None


def _damage(
    body: bytes, broken: str | None, entries: list[Any], shown: int
) -> tuple[list[Any], str | None, str | None]:
    """The entries of a broken document that can be used, and what was lost, or else is odd."""
    if broken is None:
        return entries, None, None
    if is_cut_off(body):
        if ends_within_entry(body):
            # The last entry may stop in the middle of a sentence: it comes whole, or next time.
            return entries[:-1], "it is cut off; the entry that it breaks off in was left out.", None
        return entries, "it is cut off; what comes before that was used.", None
    why = f"it isn't well-formed XML ({broken})"
    if len(entries) < shown:
        return entries, f"{why}; {len(entries)} of {shown} entries could be read.", None
    # A foreign feed stays as it is for years: what costs no article is worth a note, and no alarm each day.
    return entries, None, f"{why}; all {len(entries)} entries were read all the same."


def as_raw_feed(parsed: dict[str, Any], entries: list[Any], version: str) -> RawFeed:
    feed = parsed.get("feed", {})
    # RFC 4287, 4.2.1: an entry without an author has the feed's.  RSS has no such rule.
    inherited = _authors(feed) if version.startswith("atom") else ()
    in_language = version.startswith("atom") and _string(feed, "language") is not None
    found: list[RawEntry] = []
    unreadable: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_raw_entry(entry, inherited, inherits_language=in_language))
        except Exception as error:  # noqa: BLE001 - whatever an entry does to feedparser's records, the others are read
            unreadable.append((f"entry {number}", f"{type(error).__name__}: {error}"))
    return RawFeed(
        entries=tuple(found),
        title=_string(feed, "title"),
        home=_string(feed, "link"),
        from_home=not version.startswith("atom"),
        language=_string(feed, "language"),
        unreadable=tuple(unreadable),
        previous=previous_page(feed.get("links", ())),
        format="atom" if version.startswith("atom") else "rss",
        id=_string(feed, "id") if version.startswith("atom") else None,
        generator=_string(feed, "generator"),
    )


def _raw_entry(entry: dict[str, Any], inherited: tuple[Author, ...], *, inherits_language: bool) -> RawEntry:
    summary = _text(entry.get("summary_detail")) if "summary" in entry else None
    content = _best([_text(detail) for detail in entry.get("content", ())])
    title = entry.get("title_detail")
    identity = _string(entry, "id")
    link = _string(entry, "feedburner_origlink") or _string(entry, "link")
    if link == identity and entry.get("guidislink") and link and "://" not in link:
        # feedparser takes a guid for a permalink unless it says that it isn't; an id that is no URL is none.
        link = None
    published = _string(entry, "published") or _string(entry, "created")
    updated = _string(entry, "updated")
    bases = [detail.get("base") for detail in (title, entry.get("summary_detail"), *entry.get("content", ())) if detail]
    return RawEntry(
        id=identity,
        link=link,
        title=_text(title),
        content=content or summary,
        summary=summary if content else None,
        # dc:date, and the date of an Atom entry that has only one.
        published=published or updated,
        updated=updated,
        language=_language([title, *entry.get("content", ())], inherited=inherits_language),
        authors=_authors(entry) or inherited,
        topics=tuple(filter(None, (_topic(tag) for tag in entry.get("tags", ())))),
        pictures=_pictures(entry),
        enclosures=_enclosures(entry),
        comments=_string(entry, "comments") or _replies(entry),
        comments_feed=_string(entry, "wfw_commentrss"),
        origin=_origin(entry.get("source")),
        base=next(filter(None, bases), None),
    )


def _string(record: dict[str, Any], key: str) -> str | None:
    # Not record.get: feedparser's has answers for keys that aren't there, with others' values and warnings.
    value = dict.get(record, key)
    return value if isinstance(value, str) and value.strip() else None


def _text(detail: dict[str, Any] | None) -> RawText | None:
    if not detail or not isinstance(detail.get("value"), str) or not detail["value"].strip():
        return None
    kind = str(detail.get("type") or "").lower()
    if kind == _BYTES and not _NOT_TEXT.search(detail["value"]):
        # Base64 in which a generator has hidden HTML; what looks like a file's bytes stays away.
        kind = "text/html"
    if kind not in _TEXT_TYPES:
        return None
    return RawText(value=detail["value"], html=kind in _HTML_TYPES, base=_string(detail, "base"))


def _best(texts: list[RawText | None]) -> RawText | None:
    """Of several contents the longest one with markup, else the longest."""
    there = [text for text in texts if text is not None]
    return max(there, key=lambda text: (text.html, len(text.value)), default=None)


def _language(details: list[dict[str, Any] | None], *, inherited: bool) -> str | None:
    """The first that is named; empty where none is although they inherit one: they say that it is not theirs."""
    named = [detail.get("language") for detail in details if detail]
    return next((name for name in named if name), "" if named and inherited else None)


def _authors(record: dict[str, Any]) -> tuple[Author, ...]:
    people = record.get("authors") or [record.get("author_detail") or {}]
    named = ((_string(one, "name"), _string(one, "email"), _string(one, "href")) for one in people if one)
    return tuple(Author(name=name or "", email=email, url=url) for name, email, url in named if name or email or url)


def _topic(tag: dict[str, Any]) -> str | None:
    return _string(tag, "label") or _string(tag, "term")


def _pictures(entry: dict[str, Any]) -> tuple[Picture, ...]:
    media = [item for item in entry.get("media_content", ()) if _is_picture(item)]
    enclosed = [{"url": item.get("href")} for item in entry.get("enclosures", ()) if _is_picture(item)]
    itunes = [{"url": entry["image"].get("href")}] if isinstance(dict.get(entry, "image"), dict) else []
    named = [*media, *entry.get("media_thumbnail", ()), *enclosed, *itunes]
    return tuple(
        Picture(
            url=item["url"],
            alt=plain_text(item.get(CAPTION) or ""),
            width=whole_number(item.get("width")),
            height=whole_number(item.get("height")),
        )
        for item in named
        if item.get("url")
    )


def _is_picture(item: dict[str, Any]) -> bool:
    return str(item.get("medium") or "") == "image" or str(item.get("type") or "").lower().startswith("image/")


def _enclosures(entry: dict[str, Any]) -> tuple[Enclosure, ...]:
    duration = duration_seconds(_string(entry, "itunes_duration"))
    enclosed = [
        Enclosure(
            url=item["href"],
            media_type=str(item.get("type") or ""),
            length=whole_number(item.get("length")),
            title=_string(item, "title"),
            duration=duration,
        )
        for item in entry.get("enclosures", ())
        if item.get("href")
    ]
    media = [
        Enclosure(
            url=item["url"],
            media_type=str(item.get("type") or ""),
            length=whole_number(item.get("filesize")),
            duration=duration_seconds(item.get("duration")),
        )
        for item in entry.get("media_content", ())
        if item.get("url") and str(item.get("type") or item.get("medium") or "").startswith(("audio", "video"))
    ]
    return (*enclosed, *media)


def _origin(source: Any) -> Origin | None:  # noqa: ANN401  (feedparser's records have no type)
    """The feed that the entry was in before: its address (Atom's own link, RSS's url) and title."""
    if not isinstance(source, dict):
        return None
    own = next((link.get("href") for link in source.get("links", ()) if link.get("rel") == "self"), None)
    address = own or _string(source, "href") or _string(source, "link")
    title = _text(source.get("title_detail")) or RawText(value=_string(source, "title") or "")
    named = plain_text(title.value) if title.html else title.value
    return Origin(title=named, url=address) if address else None


def _replies(entry: dict[str, Any]) -> str | None:
    """RFC 4685: where the comments can be read, as a page."""
    links = (
        link for link in entry.get("links", ()) if link.get("rel") == "replies" and link.get("type") == "text/html"
    )
    return next((link["href"] for link in links if link.get("href")), None)
