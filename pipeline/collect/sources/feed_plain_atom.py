"""The elements of plain Atom 1.0, each read as feedparser reads it (see `feed_plain`)."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from pipeline.collect.sources.feed_plain_elements import (
    ATOM,
    Element,
    Record,
    UnusualError,
    add_tag,
    address,
    attributes,
    identify_as,
    mended,
    nothing,
    only,
    put,
    raw_text,
    said,
)

_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
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
_ABSOLUTE = re.compile(r"https?://[^/]")


def title(record: Record, element: Element) -> None:
    put(record, "title_detail", _typed(record, element))
    record["title"] = record["title_detail"]["value"]


def summary(record: Record, element: Element) -> None:
    put(record, "summary_detail", _typed(record, element))
    record["summary"] = record["summary_detail"]["value"]


def content(record: Record, element: Element) -> None:
    detail = _typed(record, element)
    put(record, "content", [detail])
    record.setdefault("summary", detail["value"])


def link(record: Record, element: Element) -> None:
    nothing(said(element, *_LINK))
    link = attributes(element)
    if not link.get("href"):
        raise UnusualError
    link["href"] = address(link["href"], record.get("base"))
    link["rel"] = link.get("rel", "alternate").lower()
    link["type"] = link.get("type", "application/atom+xml" if link["rel"] == "self" else "text/html").lower()
    record.setdefault("links", []).append(link)
    if link["rel"] == "enclosure":
        record.setdefault("enclosures", []).append(link)
    elif link["rel"] == "alternate" and link["type"] in _PAGES:
        record["link"] = link["href"]


def identity(record: Record, element: Element) -> None:
    identify_as(record, address(said(element), record.get("base")))


def author(record: Record, element: Element) -> None:
    only(element)
    nothing(raw_text(element))
    person: Record = {}
    for part in element:
        name = _PERSON.get(part.tag)
        if name is None or name in person or len(part) or (part.tail or "").strip():
            raise UnusualError
        only(part)
        person[name] = address(mended(raw_text(part)), record.get("base")) if name == "href" else raw_text(part)
    authors = record.setdefault("authors", [])
    # feedparser gives an address to those who come after its owner.
    if any("@" in text for before in authors for text in before.values()):
        raise UnusualError
    authors.append(person)


def category(record: Record, element: Element) -> None:
    nothing(said(element, "term", "scheme", "label"))
    tag = {name: element.get(name) for name in ("term", "scheme", "label")}
    if any(tag.values()):
        add_tag(record, tag)


def _typed(record: Record, element: Element) -> Record:
    value = said(element, "type", _XML_BASE)
    base = record.get("base")
    if (own := element.get(_XML_BASE)) is not None:
        if "outer" not in record or not _ABSOLUTE.match(own) or urljoin(own, own) != own:
            raise UnusualError
        base = own
        # feedparser forgets no base, unless there was one before this entry: it is that of all that follows.
        record["base"] = record["outer"] or own
    kind = _TYPES.get(element.get("type", "").lower())
    if kind is None:
        raise UnusualError
    return {"type": kind, "value": value, "language": record.get("lang"), "base": base}
