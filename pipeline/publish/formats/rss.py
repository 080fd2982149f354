"""RSS 2.0 with full content (the RSS Advisory Board's Best Practices Profile), made by feedgen and an extension.

Why an extension: feedgen's authors need an e-mail address, and its dates switch the locale of the whole process
while they are formatted, under which other threads then run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
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

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_NAMESPACES = {
    "atom": _ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": _DC,
    "media": MEDIA,
}


# Many readers take what looks like markup in a category for markup, and the validator warns of it.
_NO_MARKUP = str.maketrans("", "", "<>")


class RssFormat:
    """RSS 2.0: what every reader understands."""

    name = "rss"
    label = "RSS"
    filename = "rss.xml"
    media_type = "application/rss+xml"
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _RssWriter(head)

    def check(self, document: BinaryIO) -> None:
        check_xml(document, id_element="guid")


class _Unprinted(datetime):
    """A time that is false, so that feedgen takes it for one that was not set and does not format it."""

    def __bool__(self) -> bool:
        return False


class _FeedExtension:
    hub: str | None
    updated: datetime

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC, "media": MEDIA}

    def extend_rss(self, rss: etree._Element) -> etree._Element:
        channel = rss[0]
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(self.updated)
        if self.hub:
            etree.SubElement(channel, f"{{{_ATOM}}}link", href=self.hub, rel="hub")
        return rss


class _ItemExtension:
    article: FeedArticle
    feed_language: str

    def extend_rss(self, item: etree._Element) -> etree._Element:
        article = self.article
        etree.SubElement(item, "pubDate").text = format_datetime(article.published)
        for author in article.authors:
            etree.SubElement(item, f"{{{_DC}}}creator").text = author.name
        if article.language and article.language.lower() != self.feed_language.lower():
            etree.SubElement(item, f"{{{_DC}}}language").text = article.language
        add_picture(item, article.picture)
        return item


class _RssWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._entries = EntrySpool(_NAMESPACES)

    def render(self, article: FeedArticle) -> etree._Element:
        item = FeedEntry()
        if article.title or not (article.summary or article.html):
            item.title(article.headline)
        item.link(href=article.url)
        if article.summary:
            item.description(escape(article.summary, quote=False))  # a description is HTML
        if article.html:
            item.content(article.html)  # content:encoded beside a description, else the description
        item.guid(article.id, permalink=article.id == article.url)
        item.category([{"term": topic.translate(_NO_MARKUP)} for topic in article.topics])
        if article.comments_url:
            item.comments(article.comments_url)
        if article.enclosures:  # RSS has one; 0 is its word for "not known"
            first = article.enclosures[0]
            item.enclosure(first.url, first.length or 0, first.media_type)
        item.register_extension("rundbrief", _ItemExtension)
        item.rundbrief.article = article
        item.rundbrief.feed_language = self._head.language
        element: etree._Element = item.rss_entry()
        return element

    def append(self, rendered: object) -> None:
        assert isinstance(rendered, etree._Element)  # noqa: S101, SLF001  what `render` made
        self._entries.append(rendered)

    def finish(self, updated: datetime, target: Sink) -> None:
        head = self._head
        feed = FeedGenerator()
        feed.title(head.feed.title)
        feed.description(head.feed.description or head.feed.title)
        feed.language(head.language)
        feed.generator(f"Rundbrief {__version__}")
        feed.lastBuildDate(_Unprinted(1970, 1, 1, tzinfo=UTC))
        feed.link(href=to_uri(head.address("rss")), rel="self", type=RssFormat.media_type)
        feed.link(href=to_uri(head.home_page), rel="alternate")  # last: the last one becomes the channel's link
        feed.register_extension("rundbrief", _FeedExtension, _ItemExtension)
        feed.rundbrief.updated = updated
        feed.rundbrief.hub = to_uri(head.site.hub) if head.site.hub else None
        write_document(target, etree.fromstring(feed.rss_str()), self._entries)

    def close(self) -> None:
        self._entries.close()
