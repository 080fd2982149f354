"""What a web page says about its article: in its head, in JSON-LD (schema.org), in microformats, in its byline."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from pipeline.collect.clean import clean_text, plain_text
from pipeline.collect.links import web_url
from pipeline.collect.page_tree import base_of
from pipeline.domain.article import Picture

_PUBLISHED = (
    "article:published_time", "datepublished", "og:published_time", "date", "dc.date", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dcterms.date", "parsely-pub-date", "sailthru.date", "publish-date",
    "pubdate", "citation_publication_date", "last-published",
)  # fmt: skip
_UPDATED = ("article:modified_time", "datemodified", "og:updated_time", "dcterms.modified", "dc.date.modified")
_TIMES = (
    "//time[@itemprop='datePublished' or @pubdate]",
    "//*[@itemprop='datePublished']",
    "//time[contains(concat(' ', @class, ' '), ' dt-published ')]",
    "//time[contains(concat(' ', @class, ' '), ' published ')]",
    "//time[contains(concat(' ', @class, ' '), ' entry-date ')]",
)
_UPDATED_TIMES = ("//time[@itemprop='dateModified']", "//*[@itemprop='dateModified']")
_ARTICLES = ("article", "posting", "report", "recipe", "review", "podcastepisode")
_MOST_OBJECTS = 400
_LONGEST_JSON = 500_000
_MOST_ELEMENTS = 9_000
_MOST_TOPICS = 12
_LONGEST_TOPIC = 60
_LONGEST_NAME = 80
_LONGEST_TITLE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """Texts are clean, addresses absolute, dates the raw strings, for `pipeline.collect.dates.parse_date` to judge.

    ``paywalled`` tells that the page says of itself that not all of the article can be read.
    """

    title: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str | None = None
    canonical: str | None = None
    picture: Picture | None = None
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    paywalled: bool = False


def page_metadata(root: html.HtmlElement, url: str) -> PageMetadata:
    """What the page ``root`` (see `page_tree`) says; ``url`` is where it is."""
    meta = _meta(root)
    stated = _json_ld(root)
    read = _read_by_trafilatura(root, url)
    base = base_of(root, url)
    canonical = next(
        (str(link.get("href")) for link in root.iter("link") if "canonical" in str(link.get("rel") or "").split()), ""
    )
    return PageMetadata(
        title=_title(root, _text(stated.get("headline")) or _stated_title(root, meta), clean_text(read.sitename or ""))
        or clean_text(read.title or "")[:_LONGEST_TITLE],
        description=clean_text(plain_text(read.description or "")),
        authors=_names([*_people(stated.get("author")), *str(read.author or "").split(";")]),
        topics=_topics(
            [
                *_list(stated.get("articleSection")),
                *(read.categories or ()),
                *(read.tags or ()),
                *_list(stated.get("keywords")),
            ]
        ),
        language=str(root.get("lang") or "") or _text(stated.get("inLanguage")) or _first(meta, "og:locale") or None,
        canonical=web_url(canonical, base) or web_url(_first(meta, "og:url"), base),
        picture=_picture(meta, stated, base),
        published=_distinct(_text(stated.get("datePublished")), *_all(meta, *_PUBLISHED), *_times(root, _TIMES)),
        updated=_distinct(_text(stated.get("dateModified")), *_all(meta, *_UPDATED), *_times(root, _UPDATED_TIMES)),
        paywalled=str(stated.get("isAccessibleForFree", "")).lower() == "false",
    )


def _read_by_trafilatura(root: html.HtmlElement, url: str) -> Any:  # noqa: ANN401 - trafilatura's Document
    from trafilatura.metadata import Document, extract_metadata  # noqa: PLC0415 - half a second; only for pages

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        tree = html.document_fromstring("<html><body></body></html>")
        tree.insert(0, _head_only(root))
    else:
        tree = deepcopy(root)
        # It searches JSON-LD that is broken with expressions that take minutes; we read what is valid.
        etree.strip_elements(tree, "script", "style", with_tail=False)
    try:
        # Its date is not used, for it may be a guess; without the extensive search the guess is at least quick.
        return extract_metadata(tree, url, {"extensive_search": False, "original_date": True}, extensive=False)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return Document()


def _head_only(root: html.HtmlElement) -> etree._Element:
    head = etree.Element("head")
    for element in root.head if root.head is not None else ():
        if element.tag in {"title", "meta", "link"}:
            copy = etree.SubElement(head, element.tag, dict(element.attrib))
            copy.text = element.text
    return head


def _meta(root: html.HtmlElement) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        value = clean_text(element.get("content") or "")
        for kind in ("name", "property", "itemprop"):
            if value and (name := element.get(kind)):
                values.setdefault(name.strip().lower(), []).append(value)
    return values


def _first(meta: dict[str, list[str]], *names: str) -> str:
    return next((meta[name][0] for name in names if meta.get(name)), "")


def _all(meta: dict[str, list[str]], *names: str) -> list[str]:
    return [value for name in names for value in meta.get(name, ())]


def _distinct(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))


def _times(root: html.HtmlElement, paths: tuple[str, ...]) -> list[str]:
    """The dates that elements for them hold.  Other time elements may be of anything."""
    elements = (element for path in paths for element in root.xpath(path)[:3])
    return [
        clean_text(element.get("datetime") or element.get("content") or element.text_content()) for element in elements
    ]


def _stated_title(root: html.HtmlElement, meta: dict[str, list[str]]) -> str:
    """The title in the head, as it stands there: trafilatura cuts it where a dash or a "<" is."""
    page = clean_text(str(root.xpath("string(//title[not(ancestor::svg)])")))
    return _first(meta, "og:title", "twitter:title", "dc.title", "dcterms.title") or page


def _title(root: html.HtmlElement, stated: str, site: str) -> str:
    """The page's title without its site's name: the heading, where the title is that with more around it."""
    stated = stated[:_LONGEST_TITLE]
    headings = [clean_text(heading.text_content())[:_LONGEST_TITLE] for heading in root.iter("h1")]
    heading = headings[0] if len(headings) == 1 else ""
    if heading and heading.casefold() in stated.casefold():
        return heading
    for mark in ("|", "-", "–", "—", "·", "::"):
        start, found, end = stated.rpartition(f" {mark} ")
        if found and site and end.strip().casefold() == site.casefold():
            return start.strip()
    return stated or heading


def _names(written: list[str]) -> tuple[str, ...]:
    """The names, each once: several places of a page name the same people, one with more of the name than another."""
    names = [clean_text(name) for name in written]
    distinct = dict.fromkeys(name for name in names if name and len(name) <= _LONGEST_NAME and "://" not in name)
    known = [name.casefold() for name in distinct]
    return tuple(
        name for name in distinct if not any(name.casefold() != other and name.casefold() in other for other in known)
    )


def _topics(written: list[object]) -> tuple[str, ...]:
    labels = (clean_text(label) for text in written if isinstance(text, str) for label in text.split(","))
    return tuple(dict.fromkeys(label for label in labels if label and len(label) <= _LONGEST_TOPIC))[:_MOST_TOPICS]


def _picture(meta: dict[str, list[str]], stated: dict[str, Any], base: str) -> Picture | None:
    if url := web_url(_first(meta, "og:image:secure_url", "og:image", "og:image:url", "twitter:image"), base):
        return Picture(
            url=url,
            alt=_first(meta, "og:image:alt", "twitter:image:alt"),
            width=_pixels(_first(meta, "og:image:width")),
            height=_pixels(_first(meta, "og:image:height")),
        )
    image = stated.get("image")
    image = image[0] if isinstance(image, list) and image else image
    image = image.get("url") if isinstance(image, dict) else image
    url = web_url(image, base) if isinstance(image, str) else None
    return Picture(url=url) if url else None


def _pixels(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and 0 < int(written[:6]) == int(written) else None


# ---- JSON-LD


def _json_ld(root: html.HtmlElement) -> dict[str, Any]:
    """The object that describes the article, {} where there is none: of several the first with a date."""
    found = []
    for script in root.iter("script"):
        text = script.text or ""
        if str(script.get("type") or "").strip().lower() == "application/ld+json" and len(text) <= _LONGEST_JSON:
            try:
                found += [thing for thing in _objects(json.loads(text, strict=False)) if _is_article(thing)]
            except (ValueError, RecursionError):
                continue
    return next((thing for thing in found if thing.get("datePublished")), found[0] if found else {})


def _objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects in lists, graphs and main entities, not those within others' properties: related articles."""
    waiting = [value]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting += one[:_MOST_OBJECTS]
        elif isinstance(one, dict):
            yield one
            waiting += [one[key] for key in ("@graph", "mainEntity") if key in one]


def _is_article(thing: dict[str, Any]) -> bool:
    kinds = thing.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.lower().endswith(_ARTICLES) for kind in kinds)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _people(value: object) -> list[str]:
    """The names of authors: texts, or persons with a name.  An organisation is the publisher once more."""
    names = []
    for one in _list(value)[:_MOST_TOPICS]:
        if isinstance(one, str):
            names.append(one)
        elif isinstance(one, dict) and "Organization" not in str(one.get("@type")):
            names.append(_text(one.get("name")))
    return names


def _text(value: object) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return clean_text(value) if isinstance(value, str) else ""
