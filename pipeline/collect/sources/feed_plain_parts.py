"""The elements of plain RSS and Atom, each read as feedparser reads it (see `feed_plain`)."""

from __future__ import annotations

import re
from contextlib import suppress
from html.entities import entitydefs
from typing import Any
from urllib.parse import urljoin

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml exports it only so
Record = dict[str, Any]
"""What feedparser calls things: of an entry, or of the feed around the entries, what was found so far."""

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "{http://www.w3.org/XML/1998/namespace}base"
_PERSON = {f"{ATOM}name": "name", f"{ATOM}email": "email", f"{ATOM}uri": "href"}
_TYPES = {
    "": "text/plain",
    "text": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
_PAGES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_LINK = ("href", "rel", "type", "title", "length", "hreflang")
_MEDIUM = ("url", "type", "medium", "width", "height", "fileSize", "duration", "expression", "isDefault")

_MARKED = re.compile(r"</?\w")
_ENTITY = re.compile(r"&#?\w+;")
_NAMED = re.compile(r"&(\w+);")
_QUERY = re.compile(r"&([A-Za-z0-9_]+);")
_MISREAD = re.compile("[\x80-\x9f]")
_BASE = re.compile(r"https?://[^/]")
_EMPTY_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+-.]*:///")


class UnusualError(Exception):
    """There is something that is left to feedparser."""


def rss_title(record: Record, element: Element) -> None:
    value = said(element)
    # Whether it is HTML, its author doesn't say.
    if _MARKED.search(value):
        raise UnusualError
    html = bool(_ENTITY.search(value)) and all(name in entitydefs for name in _NAMED.findall(value))
    _put(record, "title", value)
    record["title_detail"] = {"type": "text/html" if html else "text/plain", "value": value}


def description(record: Record, element: Element) -> None:
    record["summary"] = said(element)
    _put(record, "summary_detail", {"type": "text/html", "value": record["summary"]})


def encoded(record: Record, element: Element) -> None:
    value = said(element)
    _put(record, "content", [{"type": "text/html", "value": value}])
    record.setdefault("summary", value)


def rss_link(record: Record, element: Element) -> None:
    value = _address(said(element)).replace("&amp;", "&")
    # As a feed has it only once, and not empty, it doesn't matter whether the guid comes before it.
    if "://" not in value or "rss_link" in record:
        raise UnusualError
    record["rss_link"] = record["link"] = _QUERY.sub(r"&\g<1>", value)


def guid(record: Record, element: Element) -> None:
    value = said(element, "isPermaLink")
    if element.get("isPermaLink", "true") == "true":
        _identity(record, _address(value))
    else:
        _put(record, "id", value)


def pub_date(record: Record, element: Element) -> None:
    _put(record, "published", said(element))


def date(record: Record, element: Element) -> None:
    _put(record, "updated", said(element))


def creator(record: Record, element: Element) -> None:
    name = said(element)
    # It may be an address, or both.
    if "@" in name:
        raise UnusualError
    record.setdefault("authors", []).append({"name": name} if name else {})


def category(record: Record, element: Element) -> None:
    value, domain = said(element, "domain"), element.get("domain")
    if domain:
        if not value:
            raise UnusualError
        record.setdefault("tags", []).append({"term": value, "scheme": domain, "label": None})
    elif value:
        _tag(record, {"term": value, "scheme": None, "label": None})


def enclosure(record: Record, element: Element) -> None:
    _none(said(element, "url", "length", "type"))
    file = _lower_type(element)
    if "url" in file:
        file["href"] = file.pop("url")
    record.setdefault("enclosures", []).append(file)


def rss_source(record: Record, element: Element) -> None:
    """The feed that an item of RSS was in before."""
    record["source"] = {"title": said(element, "url"), "href": _address(element.get("url") or "")}


def comments(record: Record, element: Element) -> None:
    _put(record, "comments", _address(said(element)))


def language(record: Record, element: Element) -> None:
    _put(record, "language", said(element))


def generator(record: Record, element: Element) -> None:
    _put(record, "generator", said(element, "uri", "url", "version"))


def atom_title(record: Record, element: Element) -> None:
    _put(record, "title_detail", _typed(record, element))
    record["title"] = record["title_detail"]["value"]


def atom_summary(record: Record, element: Element) -> None:
    _put(record, "summary_detail", _typed(record, element))
    record["summary"] = record["summary_detail"]["value"]


def atom_content(record: Record, element: Element) -> None:
    detail = _typed(record, element)
    _put(record, "content", [detail])
    record.setdefault("summary", detail["value"])


def atom_link(record: Record, element: Element) -> None:
    _none(said(element, *_LINK))
    link = _attributes(element)
    if not link.get("href"):
        raise UnusualError
    link["href"] = _address(link["href"], record.get("base"))
    link["rel"] = link.get("rel", "alternate").lower()
    link["type"] = link.get("type", "application/atom+xml" if link["rel"] == "self" else "text/html").lower()
    record.setdefault("links", []).append(link)
    if link["rel"] == "enclosure":
        record.setdefault("enclosures", []).append(link)
    elif link["rel"] == "alternate" and link["type"] in _PAGES:
        record["link"] = link["href"]


def atom_id(record: Record, element: Element) -> None:
    _identity(record, _address(said(element), record.get("base")))


def atom_author(record: Record, element: Element) -> None:
    _only(element)
    _none(_raw(element))
    person: Record = {}
    for part in element:
        name = _PERSON.get(part.tag)
        if name is None or name in person or len(part) or (part.tail or "").strip():
            raise UnusualError
        _only(part)
        person[name] = _address(_mended(_raw(part)), record.get("base")) if name == "href" else _raw(part)
    authors = record.setdefault("authors", [])
    # feedparser gives an address to those who come after its owner.
    if any("@" in text for before in authors for text in before.values()):
        raise UnusualError
    authors.append(person)


def atom_category(record: Record, element: Element) -> None:
    _none(said(element, "term", "scheme", "label"))
    tag = {name: element.get(name) for name in ("term", "scheme", "label")}
    if any(tag.values()):
        _tag(record, tag)


def media_content(record: Record, element: Element) -> None:
    _none(said(element, *_MEDIUM))
    record.setdefault("media_content", []).append(_lower_type(element))


def media_thumbnail(record: Record, element: Element) -> None:
    _none(said(element, *_MEDIUM))
    record.setdefault("media_thumbnail", []).append(_lower_type(element))


def said(element: Element, *allowed: str) -> str:
    """The text of an element that has no others in it, and no attributes but those that are allowed."""
    _only(element, *allowed)
    if len(element):
        raise UnusualError
    return _mended(_raw(element))


def _only(element: Element, *allowed: str) -> None:
    # Most elements have none.
    if (names := element.keys()) and not set(names) <= set(allowed):
        raise UnusualError


def _none(text: str) -> None:
    if text:
        raise UnusualError


def _put(record: Record, name: str, value: object) -> None:
    """What is there twice is left to feedparser, but for the link that an id may have been taken for."""
    if name in record:
        raise UnusualError
    record[name] = value


def _raw(element: Element) -> str:
    return (element.text or "").strip()


def _mended(value: str) -> str:
    """UTF-8 that was read as Latin-1 is read again; Windows-1252 is left to feedparser."""
    if value.isascii():
        return value
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode()
    if _MISREAD.search(value):
        raise UnusualError
    return value


def _address(value: str, base: str | None = None) -> str:
    if _EMPTY_HOST.match(value):
        raise UnusualError
    return urljoin(base, value) if base and value else value


def _identity(record: Record, value: str) -> None:
    """An id that is the link too, where there is none."""
    _put(record, "id", value)
    record["guidislink"] = "link" not in record
    record.setdefault("link", value)


def _typed(record: Record, element: Element) -> Record:
    value = said(element, "type", BASE)
    base = record.get("base")
    if (own := element.get(BASE)) is not None:
        if "outer" not in record or not _BASE.match(own) or urljoin(own, own) != own:
            raise UnusualError
        base = own
        # feedparser forgets no base, unless there was one before this entry: it is that of all that follows.
        record["base"] = record["outer"] or own
    kind = _TYPES.get(element.get("type", "").lower())
    if kind is None:
        raise UnusualError
    return {"type": kind, "value": value, "language": record.get("lang"), "base": base}


def _tag(record: Record, tag: Record) -> None:
    tags = record.setdefault("tags", [])
    if tag not in tags:
        tags.append(tag)


def _lower_type(element: Element) -> dict[str, str]:
    given = _attributes(element)
    return {name.lower(): value.lower() if name == "type" else value for name, value in given.items()}


def _attributes(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}
