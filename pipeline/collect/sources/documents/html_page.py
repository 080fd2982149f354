"""HTML documents: a whole page or a fragment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import dropwhile
from typing import cast

from lxml import etree, html

from pipeline.collect.clean import clean_text
from pipeline.collect.crowding import MOST_ATTRIBUTES, is_crowded
from pipeline.collect.links import web_url
from pipeline.collect.sources.documents.document import Document, InvalidDocument, Metadata
from pipeline.collect.sources.documents.metadata import language_tag
from pipeline.domain.article import Author, Picture

_MOST_TAGS = 100_000
_OF_HEAD = frozenset({"base", "link", "meta", "noscript", "object", "script", "style", "template", "title"})
# What a page has around its article.
_FURNITURE = (
    "descendant::*[self::script or self::style or self::noscript or self::template or self::nav or self::form"
    " or self::button or self::dialog or @role='navigation'] | self::body/footer"
)
_PUBLISHED = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "dcterms.date",
    "pubdate",
)
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")


def parse_html(text: str, given: Metadata) -> Document:
    """Read a document: what its head says, and its article, main element or body.

    The title's heading leaves the text.  Raises `InvalidDocument` where it is nested too deeply, or empty.
    """
    root = _parsed(text)
    meta = _meta(root)
    base = next((str(href) for href in root.xpath("//base/@href")), None)
    content = _content(root)
    found: Metadata = {}
    headings = content.xpath(".//h1")
    heading = clean_text(headings[0].text_content()) if headings else ""
    title = given.get("title") or _best_title(meta, root, heading)
    if title:
        found["title"] = title
    _add_head(found, root, meta, content)
    for element in content.xpath(_FURNITURE):
        element.drop_tree()
    if headings and heading and heading.casefold() == clean_text(title).casefold():
        headings[0].drop_tree()
    notes = _language(found, root, meta)
    return Document(found=found, html=_inner_html(content), base=base, notes=notes)


def _parsed(text: str) -> html.HtmlElement:
    if is_crowded(text):
        what = f"One of its elements has more than {MOST_ATTRIBUTES:,} attributes."
        raise InvalidDocument(what, mend="Look at what made it: no page has that.")
    if text.count("<") > _MOST_TAGS:
        what = f"It has more than {_MOST_TAGS:,} tags."
        raise InvalidDocument(what, mend="Split it.")
    # huge_tree off: libxml2 stops at 256 levels and at texts of 10 MB.
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except (etree.LxmlError, ValueError) as error:
        raise InvalidDocument("It has no content that can be read as HTML.", mend="Write it, or delete it.") from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise InvalidDocument("Its elements are nested more than 256 deep.", mend="Take out what is wrapped around it.")
    _mend_head(root)
    return cast("html.HtmlElement", root)


def _mend_head(root: html.HtmlElement) -> None:
    """Put into the body what libxml2, which knows HTML 4, left in the head: an article or a main without a body tag."""
    astray = list(dropwhile(lambda child: child.tag in _OF_HEAD, root.head))
    root.body[:0] = astray


def _meta(root: html.HtmlElement) -> dict[str, list[str]]:
    """The values of the meta elements by their name, property or itemprop, lower case."""
    values: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name = element.get("name") or element.get("property") or element.get("itemprop") or element.get("http-equiv")
        if name and (value := clean_text(element.get("content") or "")):
            values.setdefault(name.strip().lower(), []).append(value)
    return values


def _first(meta: dict[str, list[str]], *names: str) -> str:
    return next((meta[name][0] for name in names if meta.get(name)), "")


def _content(root: html.HtmlElement) -> html.HtmlElement:
    """The article if there is one, else the main element, else the body; of several articles none."""
    for path in ("//main//article", "//article[not(ancestor::article)]", "//main | //*[@role='main']"):
        elements = root.xpath(path)
        if len(elements) == 1:
            return cast("html.HtmlElement", elements[0])
    return root.body


def _best_title(meta: dict[str, list[str]], root: html.HtmlElement, heading: str) -> str:
    """og:title, else the first heading where the page's title has it with the site's name, else the page's title."""
    page = clean_text(str(root.xpath("string(//title[not(ancestor::svg)])")))
    if stated := _first(meta, "og:title", "twitter:title"):
        return stated
    if heading and (not page or heading.casefold() in page.casefold()):
        return heading
    return page


def _add_head(found: Metadata, root: html.HtmlElement, meta: dict[str, list[str]], content: html.HtmlElement) -> None:
    if teaser := _first(meta, "description", "og:description", "twitter:description", "dcterms.description"):
        found["teaser"] = teaser
    names = [
        name for key in ("author", "article:author", "dc.creator") for name in meta.get(key, ()) if "://" not in name
    ]
    if names:
        found["authors"] = tuple(Author(name=name) for name in dict.fromkeys(names))
    topics = [
        *meta.get("article:section", ()),
        *meta.get("article:tag", ()),
        *(topic for key in ("keywords", "news_keywords") for line in meta.get(key, ()) for topic in line.split(",")),
    ]
    if topics:
        found["topics"] = tuple(topic.strip() for topic in topics)
    url = next(iter(root.xpath("//link[@rel='canonical']/@href")), "") or _first(meta, "og:url")
    if absolute := web_url(str(url)):
        found["url"] = absolute
    if picture := _first(meta, "og:image", "og:image:url", "og:image:secure_url", "twitter:image"):
        found["picture"] = Picture(
            url=picture,
            alt=_first(meta, "og:image:alt", "twitter:image:alt"),
            width=_side(_first(meta, "og:image:width")),
            height=_side(_first(meta, "og:image:height")),
        )
    published = _first(meta, *_PUBLISHED) or next(_times(content, "datePublished"), "")
    if published:
        found["published"] = published
    if updated := _first(meta, *_UPDATED) or next(_times(content, "dateModified"), ""):
        found["updated"] = updated


def _times(content: html.HtmlElement, itemprop: str) -> Iterator[str]:
    pubdate = " or @pubdate" if itemprop == "datePublished" else ""
    yield from map(str, content.xpath(f".//time[@itemprop='{itemprop}'{pubdate}]/@datetime"))


def _language(found: Metadata, root: html.HtmlElement, meta: dict[str, list[str]]) -> tuple[str, ...]:
    raw = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    raw = raw or _first(meta, "content-language", "og:locale", "dc.language", "dcterms.language")
    if not raw.strip():
        return ()
    if tag := language_tag(raw):
        found["language"] = tag
        return ()
    return (f'Its language is not a language tag: "{raw[:40]}".',)


def _side(raw: str) -> int | None:
    return int(raw) if re.fullmatch(r"[0-9]{1,5}", raw) else None


def _inner_html(element: html.HtmlElement) -> str:
    text = escape(element.text or "", quote=False)
    if not len(element):
        return f"<p>{text}</p>" if text.strip() else ""
    return text + "".join(str(html.tostring(child, encoding="unicode")) for child in element)
