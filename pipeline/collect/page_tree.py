"""The bytes of a web page as a tree that is bounded in depth, whose links are absolute."""

from __future__ import annotations

import codecs
import re
from typing import cast

from lxml import etree, html

from pipeline.collect.clean import xml_text
from pipeline.collect.crowding import MOST_ATTRIBUTES, is_crowded
from pipeline.collect.links import link_url, web_url
from pipeline.errors import InvalidSource

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 4096
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# As browsers do (WHATWG Encoding, 4.2).
_WINDOWS_1252 = frozenset({"ascii", "iso8859-1"})

# Where pages that load their pictures by script keep the address.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-full-url", "src")
_SRCSETS = ("srcset", "data-srcset", "data-lazy-srcset")


class NoArticle(InvalidSource):
    """The page has no article that could be taken from it."""

    code = "page-without-article"


def page_tree(body: bytes, url: str, charset: str | None = None) -> html.HtmlElement:
    """The page as a tree (element html, with head and body), without comments; links and pictures absolute.

    ``charset`` is what the server said.  Bytes that are valid UTF-8 are UTF-8, whatever is said of them.  Raises
    `NoArticle` for what is no page, or nested deeper than 256 levels.
    """
    text = xml_text(decoded(body, charset))
    if is_crowded(text):
        raise NoArticle(f"one of its elements has more than {MOST_ATTRIBUTES:,} attributes.")
    # huge_tree off: libxml2 stops at 256 levels and at texts of 10 MB.
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except (etree.LxmlError, ValueError) as error:
        raise NoArticle("the page is empty.") from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise NoArticle("its elements are nested more than 256 deep.")
    _resolve(root, base_of(root, url))
    return cast("html.HtmlElement", root)


def base_of(root: html.HtmlElement, url: str) -> str:
    """What the page's links resolve against."""
    stated = next((str(element.get("href")) for element in root.iter("base") if element.get("href")), "")
    return web_url(stated, url) or url


def decoded(body: bytes, charset: str | None) -> str:
    """By the byte order mark; else as UTF-8; else by the server's charset, the page's own, or Windows-1252."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    meta = _META_CHARSET.search(body[:_META_WITHIN])
    for named in (charset, meta[1].decode("ascii") if meta else None):
        if named and (codec := _codec(named)):
            return body.decode(codec, "replace")
    return body.decode("cp1252", "replace")


def _codec(named: str) -> str | None:
    try:
        codec = codecs.lookup(named).name
        # Some codecs (rot13, hex) are not for text.
        "".encode(codec)
    except (LookupError, ValueError):
        return None
    return "cp1252" if codec in _WINDOWS_1252 else codec


def _resolve(root: html.HtmlElement, base: str) -> None:
    for link in root.iter("a"):
        if (href := link.get("href")) is not None:
            if url := link_url(href, base):
                link.set("href", url)
            else:
                del link.attrib["href"]
    for picture in root.iter("img"):
        url = _source(picture, base)
        if url:
            picture.set("src", url)
        elif picture.get("src") is not None:
            del picture.attrib["src"]


def _source(picture: html.HtmlElement, base: str) -> str | None:
    """The picture's address: of a lazy one that of the picture itself, not of what stands in for it."""
    for name in _LAZY:
        if url := web_url(picture.get(name) or "", base):
            return url
    for name in _SRCSETS:
        first = (picture.get(name) or "").strip().split(",")[0].split()
        if first and (url := web_url(first[0], base)):
            return url
    return None
