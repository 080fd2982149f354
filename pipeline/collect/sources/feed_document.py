"""What the bytes of an RSS or Atom document tell, before and after a parser reads them."""

from __future__ import annotations

import re
from html.entities import html5
from xml.sax import SAXException, SAXParseException

from pipeline.collect.links import web_url
from pipeline.errors import InvalidSource

_HTML_DOCTYPE = re.compile(rb"<!doctype\s+html\b", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ROOTS = (
    (re.compile(rb"<(?:html|head|body)\b", re.IGNORECASE), "HTML"),
    (re.compile(rb"<(?:\w+:)?rdf\b", re.IGNORECASE), "RSS 1.0"),
    (re.compile(rb"<(?:\w+:)?rss\b", re.IGNORECASE), "RSS"),
    (re.compile(rb"<(?:\w+:)?feed\b", re.IGNORECASE), "Atom"),
)
_FEED_LINK = re.compile(
    rb"""<link\b(?=[^>]*\brel=["']?alternate)(?=[^>]*\btype=["']?application/(?:rss\+xml|atom\+xml|feed\+json))"""
    rb"""[^>]*\bhref=["']?([^\s"'>]{1,500})""",
    re.IGNORECASE,
)
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_NAMED_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_START = 4096
"""How much of a document tells how it ends."""
_HEAD = 65_536
"""How much of it tells what it is."""


def root_of(body: bytes) -> str | None:
    """What a document is by its first element: "RSS", "RSS 1.0", "Atom", "HTML"; None where it is none of them.

    That is seen at once, while the parser that forgives everything takes its time for each element of a page.
    """
    start = _COMMENT.sub(b"", body[:_HEAD].replace(b"\0", b""))
    found = ((match.start(), form) for pattern, form in _ROOTS if (match := pattern.search(start)))
    # Some generators put a page's doctype before a feed.
    return min(found, default=(0, "HTML" if _HTML_DOCTYPE.search(start) else None))[1]


def is_cut_off(body: bytes) -> bool:
    """Whether a document that isn't well-formed lacks its end."""
    return not _END.search(body.replace(b"\0", b"")[-_START:])


def numbered_entities(body: bytes) -> bytes:
    """``body`` with HTML's named entities (``&nbsp;``) as numbers: XML knows but five of them."""
    if b"\0" in body or b"<!ENTITY" in body:
        return body
    return _NAMED_ENTITY.sub(_numbered, body)


def _numbered(match: re.Match[bytes]) -> bytes:
    characters = html5.get(f"{match[1].decode()};")
    if characters is None:
        return match[0]
    return "".join(f"&#{ord(character)};" for character in characters).encode()


def explained(failure: SAXException) -> str:
    """Where and why XML isn't well-formed."""
    if isinstance(failure, SAXParseException):
        return f"line {failure.getLineNumber()}, column {failure.getColumnNumber()}: {failure.getMessage()}"
    return str(failure)


def content_type(body: bytes, charset: str | None) -> str:
    """The media type and encoding that feedparser shall believe.

    Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever a header or declaration says: the other way round it
    can't happen by chance.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            pass
        else:
            charset = "utf-8"
    return f"application/xml; charset={charset}" if charset else "application/xml"


def no_feed(body: bytes, url: str, broken: str | None, version: str, where: str) -> InvalidSource:
    """The error for a document without entries: what it is instead, and where the feed may be."""
    if not version and root_of(body) == "HTML":
        link = _FEED_LINK.search(body)
        named = web_url(link[1].decode(errors="replace"), url) if link else None
        mend = f"It names this feed: {named}" if named else "Use its feed's address."
        return InvalidSource("it is a web page (HTML), not a feed.", where=where, mend=mend)
    if broken:
        mend = "Tell the feed's owner." if version else "Check the source's url: this may be no feed at all."
        return InvalidSource(f"no entry can be read, for it isn't well-formed XML ({broken}).", where=where, mend=mend)
    mend = "Check the source's url: RSS, Atom and JSON Feed can be read."
    return InvalidSource("it is not a feed.", where=where, mend=mend)
