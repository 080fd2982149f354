"""Atom 1.0 (RFC 4287), made by feedgen and an extension of our own.

Why an extension: feedgen writes every link of an entry as a bare alternate, knows no ``replies``, gives titles no
type, and entries no ``xml:lang``.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b
from html import escape
from typing import BinaryIO

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from pipeline import __version__
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import FeedHead, FeedWriter
from pipeline.publish.formats.media import MEDIA, add_picture
from pipeline.publish.formats.xml_check import check_xml
from pipeline.publish.formats.xml_document import EntrySpool, write_document
from pipeline.publish.uri import to_uri

ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LIKE_HTML = re.compile(r"</?[A-Za-z!]|&#?\w+;")
_NAMESPACES = {None: ATOM, "media": MEDIA}


class AtomFormat:
    """Atom 1.0: what readers understand best."""

    name = "atom"
    label = "Atom"
    filename = "atom.xml"
    media_type = "application/atom+xml"
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _AtomWriter(head)

    def check(self, document: BinaryIO) -> None:
        check_xml(document, id_element=f"{ATOM} id")


class _FeedExtension:
    """feedgen asks a feed's extension for namespaces, and demands that there is one."""

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        _declare_text(feed, "title", "subtitle")
        return feed


class _EntryExtension:
    """What feedgen can't say of an entry.  Elements have no namespace here: they inherit the document's default."""

    article: FeedArticle
    feed_language: str

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        article = self.article
        _declare_text(entry, "title", "summary")
        if article.language and article.language.lower() != self.feed_language.lower():
            entry.set(_LANG, article.language)
        for enclosure in article.enclosures:
            link = etree.SubElement(entry, "link", rel="enclosure", type=enclosure.media_type, href=enclosure.url)
            if enclosure.length:
                link.set("length", str(enclosure.length))
            if enclosure.title:
                link.set("title", enclosure.title)
        if article.comments_url:
            etree.SubElement(entry, "link", rel="replies", type="text/html", href=article.comments_url)
        add_picture(entry, article.picture)
        return entry


def _declare_text(parent: etree._Element, *names: str) -> None:
    """Say of plain text that could be taken for HTML that it is none, by being HTML (RFC 4287, 3.1.1)."""
    for name in names:
        element = parent.find(name)
        if element is not None and element.text and _LIKE_HTML.search(element.text):
            element.text = escape(element.text, quote=False)
            element.set("type", "html")


def _fraction(id_: str) -> int:
    """Microseconds made from the id, for an entry's times, which are in whole seconds.

    They tell entries apart that were updated in the same second, as validators and some readers want; documents that
    carry only a day, or none, often are.  They depend on nothing but the entry, so that they never change.
    """
    return int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "big") % 1_000_000


class _AtomWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._scheme = f"{to_uri(head.site.feeds_url)}/#topics"
        self._entries = EntrySpool(_NAMESPACES)

    def render(self, article: FeedArticle) -> etree._Element:
        entry = FeedEntry()
        entry.id(article.id)
        entry.title(article.headline)
        # Before content: feedgen refuses an entry without content unless it knows an alternate link.
        entry.link(href=article.url)
        fraction = _fraction(article.id)
        entry.published(article.published.replace(microsecond=fraction))
        entry.updated(article.updated.replace(microsecond=fraction))
        entry.author([{"name": author.name, "uri": author.url or ""} for author in article.authors])
        # Most readers show the term, some the label.
        entry.category([{"term": topic, "scheme": self._scheme, "label": topic} for topic in article.topics])
        if article.summary or not article.html:
            entry.summary(article.summary or article.headline)
        if article.html:
            entry.content(article.html, type="html")
        entry.register_extension("rundbrief", _EntryExtension)
        entry.rundbrief.article = article
        entry.rundbrief.feed_language = self._head.language
        element: etree._Element = entry.atom_entry()
        return element

    def append(self, rendered: object) -> None:
        assert isinstance(rendered, etree._Element)  # noqa: S101, SLF001  what `render` made
        self._entries.append(rendered)

    def finish(self, updated: datetime, target: Sink) -> None:
        head = self._head
        feed = FeedGenerator()
        feed.id(to_uri(head.id))
        feed.title(head.feed.title)
        feed.updated(updated)
        feed.author({"name": head.site.title, "uri": to_uri(head.site.url)})
        feed.language(head.language)
        feed.generator("Rundbrief", version=__version__)
        if head.feed.description:
            feed.subtitle(head.feed.description)
        feed.link(href=to_uri(head.address("atom")), rel="self", type=AtomFormat.media_type)
        for document in head.documents:
            if document.format not in ("atom", "html"):
                feed.link(href=to_uri(document.url), rel="alternate", type=document.media_type, title=document.label)
        feed.link(href=to_uri(head.home_page), rel="alternate", type="text/html")
        if head.site.hub:
            feed.link(href=to_uri(head.site.hub), rel="hub")
        feed.register_extension("rundbrief", _FeedExtension, _EntryExtension)
        write_document(target, etree.fromstring(feed.atom_str()), self._entries)

    def close(self) -> None:
        self._entries.close()
