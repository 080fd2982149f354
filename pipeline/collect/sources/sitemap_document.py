"""Sitemaps as sitemaps.org and Google describe them: XML (also of news and pictures), indexes, plain text, gzip."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass

from lxml import etree

from pipeline.collect.clean import clean_text
from pipeline.collect.links import web_url
from pipeline.collect.sources.feed_hazards import refuse_hazards
from pipeline.domain.article import Picture
from pipeline.errors import InvalidSource

MOST_ENTRIES = 50_000
"""How many addresses one sitemap may name (sitemaps.org)."""

_LONGEST = 52_428_800
"""How many bytes a sitemap may have, inflated (sitemaps.org)."""

_GZIP = b"\x1f\x8b"
_OTHERS = {
    "rss": "it is a feed, not a sitemap.",
    "feed": "it is a feed, not a sitemap.",
    "RDF": "it is a feed, not a sitemap.",
    "html": "it is a web page (HTML), not a sitemap.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapEntry:
    """A page as a sitemap names it.  ``url`` is absolute; dates are raw; ``picture`` is the first of its pictures."""

    url: str
    lastmod: str = ""
    title: str = ""
    published: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapDocument:
    """``children`` are the sitemaps that an index names, each with its raw lastmod.

    ``whole`` is False where something could not be read, or was too much.
    """

    entries: tuple[SitemapEntry, ...] = ()
    children: tuple[tuple[str, str], ...] = ()
    whole: bool = True


def parse_sitemap(body: bytes, url: str, where: str) -> SitemapDocument:
    """Read a sitemap that came from ``url``.  Raises `InvalidSource` for what is none, and for hazards.

    Entities aren't expanded, and nothing is loaded.
    """
    body = _inflated(body, where) if body.startswith(_GZIP) else body
    text = body.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not text:
        raise InvalidSource("it is empty.", where=where, mend="Try again later, or check the source's url.")
    if not text.startswith(b"<"):
        return _plain(body, where)
    try:
        refuse_hazards(body, where)
    except InvalidSource as error:
        error.mend = "Nothing of it was read; tell the site's owner."
        raise
    return _xml(body, url, where)


def _inflated(body: bytes, where: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            inflated = file.read(_LONGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidSource("its compression (gzip) is broken.", where=where, mend="Tell the site's owner.") from error
    if len(inflated) > _LONGEST:
        raise InvalidSource(f"it is longer than {_LONGEST:,} bytes when inflated.", where=where)
    return inflated


def _plain(body: bytes, where: str) -> SitemapDocument:
    """One address a line (sitemaps.org, "Text file")."""
    lines = body.decode("utf-8-sig", "replace").split("\n")
    found = [address for line in lines if (address := web_url(line.strip())) and "://" in line]
    if not found:
        mend = "Use the address of a sitemap, or of the site."
        raise InvalidSource("it is not a sitemap.", where=where, mend=mend)
    distinct = list(dict.fromkeys(found))
    return SitemapDocument(
        entries=tuple(SitemapEntry(url=address) for address in distinct[:MOST_ENTRIES]),
        whole=len(distinct) <= MOST_ENTRIES,
    )


def _xml(body: bytes, url: str, where: str) -> SitemapDocument:
    entries: dict[str, SitemapEntry] = {}
    children: dict[str, str] = {}
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = None
    whole = True
    try:
        for event, element in events:
            if root is None:
                root = element
                _require_sitemap(_name(root), where)
            if event == "start" or element.getparent() is not root:
                continue
            if len(entries) + len(children) >= MOST_ENTRIES:
                whole = False
                break
            match _name(element):
                case "url" if entry := _entry(element, url):
                    entries.setdefault(entry.url, entry)
                case "sitemap" if child := web_url(_said(element, "loc"), url):
                    children.setdefault(child, _said(element, "lastmod"))
                case _:
                    pass
            # What was read is let go, so that a large sitemap needs the memory of its text.
            element.clear()
            while element.getprevious() is not None:
                del root[0]
    except etree.XMLSyntaxError:
        whole = False
    if root is None:
        raise InvalidSource("it isn't well-formed XML.", where=where, mend="Use the address of a sitemap.")
    whole = whole and not len(events.error_log)
    return SitemapDocument(entries=tuple(entries.values()), children=tuple(children.items()), whole=whole)


def _require_sitemap(name: str, where: str) -> None:
    if name not in {"urlset", "sitemapindex"}:
        feed = name in {"rss", "feed", "RDF"}
        mend = 'Give the source the type "feed".' if feed else "Use the address of a sitemap, or of the site."
        raise InvalidSource(_OTHERS.get(name, "it is not a sitemap."), where=where, mend=mend)


def _entry(element: etree._Element, base: str) -> SitemapEntry | None:
    url = web_url(_said(element, "loc"), base)
    if url is None:
        return None
    news = next((child for child in element if _name(child) == "news"), None)
    publication = next((child for child in news if _name(child) == "publication"), None) if news is not None else None
    image = next((child for child in element if _name(child) == "image"), None)
    picture = web_url(_said(image, "loc"), base) if image is not None else None
    return SitemapEntry(
        url=url,
        lastmod=_said(element, "lastmod"),
        title=_said(news, "title"),
        published=_said(news, "publication_date"),
        language=_said(publication, "language"),
        topics=tuple(filter(None, map(clean_text, _said(news, "keywords").split(",")))),
        picture=Picture(url=picture, alt=_said(image, "caption") or _said(image, "title")) if picture else None,
    )


def _said(element: etree._Element | None, name: str) -> str:
    """The text of the child of that name, "" where there is none."""
    if element is None:
        return ""
    return next((clean_text(str(child.text or "")) for child in element if _name(child) == name), "")


def _name(element: etree._Element) -> str:
    """The element's name without its namespace: half of the world's sitemaps get that wrong."""
    return str(element.tag).rpartition("}")[2]
