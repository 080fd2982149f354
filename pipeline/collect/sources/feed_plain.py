"""RSS 2.0 and Atom 1.0 as nearly everybody writes them, read in a tenth of the time that feedparser takes.

What comes out is what feedparser makes of the same document, to the letter: a document with anything in it that isn't
on the short lists here is feedparser's to read.  The tests hold the two beside each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from pipeline.collect.sources import feed_plain_atom as atom
from pipeline.collect.sources import feed_plain_elements as elements
from pipeline.collect.sources import feed_plain_rss as rss
from pipeline.collect.sources.feed_plain_elements import ATOM, Element, Record, UnusualError

_DC = "{http://purl.org/dc/elements/1.1/}"
_WFW = "{http://wellformedweb.org/CommentAPI/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Table = Mapping[str, Callable[[Record, Element], None]]

_BOTH: Table = {
    f"{_MEDIA}content": elements.media_content,
    f"{_MEDIA}thumbnail": elements.media_thumbnail,
    f"{_WFW}commentRss": rss.comments_feed,
    f"{_WFW}commentRSS": rss.comments_feed,
}
_ITEM: Table = {
    "title": rss.title,
    "link": rss.link,
    "guid": rss.guid,
    "description": rss.description,
    "{http://purl.org/rss/1.0/modules/content/}encoded": rss.encoded,
    "pubDate": elements.published,
    f"{_DC}date": elements.updated,
    "author": rss.creator,
    f"{_DC}creator": rss.creator,
    "category": rss.category,
    f"{_DC}subject": rss.category,
    "enclosure": rss.enclosure,
    "comments": rss.comments,
    "source": rss.source,
    **_BOTH,
}
_CHANNEL: Table = {
    "title": rss.title,
    "link": rss.link,
    f"{ATOM}link": atom.link,
    "language": rss.language,
    "generator": elements.generator,
}
_ENTRY: Table = {
    f"{ATOM}title": atom.title,
    f"{ATOM}link": atom.link,
    f"{ATOM}id": atom.identity,
    f"{ATOM}summary": atom.summary,
    f"{ATOM}content": atom.content,
    f"{ATOM}published": elements.published,
    f"{ATOM}updated": elements.updated,
    f"{ATOM}author": atom.author,
    f"{ATOM}category": atom.category,
    **_BOTH,
}
_FEED: Table = {
    **{f"{ATOM}{name}": _ENTRY[f"{ATOM}{name}"] for name in ("title", "link", "id", "author")},
    f"{ATOM}generator": elements.generator,
}
# Of what is in these nothing is kept, and feedparser makes nothing of it.
_NAMESPACES = frozenset(
    {
        "http://purl.org/rss/1.0/modules/slash/",
        "http://purl.org/rss/1.0/modules/syndication/",
        "http://purl.org/syndication/thread/1.0",
        "com-wordpress:feed-additions:1",
    }
)
_PASSED_OVER: Mapping[str, frozenset[str]] = {
    # With what may be in it.
    **dict.fromkeys(("description", "copyright", "managingEditor", "webMaster", "pubDate"), frozenset()),
    **dict.fromkeys(("lastBuildDate", "category", "docs", "cloud", "ttl", "rating"), frozenset()),
    **dict.fromkeys((f"{ATOM}{name}" for name in ("subtitle", "updated", "rights", "logo", "icon")), frozenset()),
    "image": frozenset({"url", "title", "link", "width", "height", "description"}),
    "skipHours": frozenset({"hour"}),
    "skipDays": frozenset({"day"}),
}
_DECLARATION = re.compile(
    rb"""<\?xml\s+version=(["'])1\.0\1(?:\s+encoding=(["'])utf-?8\2)?(?:\s+standalone=(["'])\w+\3)?\s*\?>""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PlainFeed:
    """As `feedparser.parse` has it: of the feed itself, its entries, and "rss20" or "atom10"."""

    feed: Record
    entries: list[Record] = field(default_factory=list)
    version: str = "rss20"


def plain_feed(body: bytes, charset: str | None) -> PlainFeed | None:
    """A document in UTF-8; None where anything in it isn't plain."""
    if b"<!DOCTYPE" in body or (charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        return None
    body = body.removeprefix(b"\xef\xbb\xbf")
    if body.startswith(b"<?xml") and not _DECLARATION.match(body):
        return None
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
        match root.tag:
            case "rss":
                return _rss(root)
            case "{http://www.w3.org/2005/Atom}feed":
                return _atom(root)
    except (etree.XMLSyntaxError, UnusualError, ValueError):
        pass
    return None


def _rss(root: Element) -> PlainFeed:
    if not root.get("version", "").startswith("2.") or len(root) != 1 or root[0].tag != "channel":
        raise UnusualError
    _bare(root, "version")
    channel = root[0]
    found = PlainFeed({})
    _bare(channel)
    for child in channel:
        _after(child)
        if child.tag == "item":
            found.entries.append(_read(child, _ITEM, {}))
        elif (take := _CHANNEL.get(child.tag)) is not None:
            take(found.feed, child)
        else:
            _pass_over(child)
    return found


def _atom(root: Element) -> PlainFeed:
    _bare(root, _LANG)
    lang = (root.get(_LANG) or "").replace("_", "-") or None
    found = PlainFeed({"language": lang} if lang else {}, version="atom10")
    for child in root:
        _after(child)
        if child.tag == f"{ATOM}entry":
            base = found.feed.get("base")
            entry = _read(child, _ENTRY, {"lang": lang, "base": base, "outer": base})
            found.entries.append(entry)
            found.feed["base"] = entry["base"]
        elif (take := _FEED.get(child.tag)) is not None:
            take(found.feed, child)
        else:
            _pass_over(child)
    return found


def _read(entry: Element, table: Table, record: Record) -> Record:
    _bare(entry)
    for child in entry:
        _after(child)
        if (take := table.get(child.tag)) is not None:
            take(record, child)
        else:
            _namespace(child)
    return record


def _pass_over(child: Element) -> None:
    """Something of the feed itself."""
    within = _PASSED_OVER.get(child.tag)
    if within is None:
        _namespace(child)
    elif any(part.tag not in within or len(part) for part in child) or _LANG in child.attrib:
        raise UnusualError


def _namespace(child: Element) -> None:
    if child.tag.partition("}")[0].removeprefix("{") not in _NAMESPACES or len(child):
        raise UnusualError


def _bare(element: Element, *allowed: str) -> None:
    """An element that only holds others."""
    if (element.text or "").strip() or not set(element.keys()) <= set(allowed):
        raise UnusualError


def _after(element: Element) -> None:
    if (element.tail or "").strip():
        raise UnusualError
