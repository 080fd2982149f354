"""The elements of plain RSS 2.0, each read as feedparser reads it (see `feed_plain`)."""

from __future__ import annotations

import re
from html.entities import entitydefs

from pipeline.collect.sources.feed_plain_elements import (
    Element,
    Record,
    UnusualError,
    add_tag,
    address,
    attributes_with_lower_type,
    identify_as,
    nothing,
    put,
    said,
)

_MARKED = re.compile(r"</?\w")
_ENTITY = re.compile(r"&#?\w+;")
_NAMED = re.compile(r"&(\w+);")
_QUERY = re.compile(r"&([A-Za-z0-9_]+);")


def title(record: Record, element: Element) -> None:
    value = said(element)
    # Whether it is HTML, its author doesn't say.
    if _MARKED.search(value):
        raise UnusualError
    html = bool(_ENTITY.search(value)) and all(name in entitydefs for name in _NAMED.findall(value))
    put(record, "title", value)
    record["title_detail"] = {"type": "text/html" if html else "text/plain", "value": value}


def description(record: Record, element: Element) -> None:
    record["summary"] = said(element)
    put(record, "summary_detail", {"type": "text/html", "value": record["summary"]})


def encoded(record: Record, element: Element) -> None:
    value = said(element)
    put(record, "content", [{"type": "text/html", "value": value}])
    record.setdefault("summary", value)


def link(record: Record, element: Element) -> None:
    value = address(said(element)).replace("&amp;", "&")
    # As a feed has it only once, and not empty, it doesn't matter whether the guid comes before it.
    if "://" not in value or "rss_link" in record:
        raise UnusualError
    record["rss_link"] = record["link"] = _QUERY.sub(r"&\g<1>", value)


def guid(record: Record, element: Element) -> None:
    value = said(element, "isPermaLink")
    if element.get("isPermaLink", "true") == "true":
        identify_as(record, address(value))
    else:
        put(record, "id", value)


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
        add_tag(record, {"term": value, "scheme": None, "label": None})


def enclosure(record: Record, element: Element) -> None:
    nothing(said(element, "url", "length", "type"))
    file = attributes_with_lower_type(element)
    if "url" in file:
        file["href"] = file.pop("url")
    record.setdefault("enclosures", []).append(file)


def source(record: Record, element: Element) -> None:
    """The feed that an item of RSS was in before."""
    record["source"] = {"title": said(element, "url"), "href": address(element.get("url") or "")}


def comments(record: Record, element: Element) -> None:
    put(record, "comments", address(said(element)))


def comments_feed(record: Record, element: Element) -> None:
    put(record, "wfw_commentrss", address(said(element)))


def language(record: Record, element: Element) -> None:
    put(record, "language", said(element))
