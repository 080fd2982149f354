"""RSS 2.0 with full content (the RSS Advisory Board's Best Practices Profile).

The head is made by feedgen and an extension of ours.  Items are ours alone: feedgen's authors need an e-mail address,
its dates switch the locale of the whole process while they are formatted, under which other threads then run, and all
items are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import BinaryIO

from feedgen.feed import FeedGenerator
from lxml import etree

from pipeline import __version__
from pipeline.publish.characters import label
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import Ending, FeedHead, FeedWriter
from pipeline.publish.formats.archive_links import ARCHIVE_MARK, FH, archive_links
from pipeline.publish.formats.media import MEDIA, enclosure_element, main_enclosure, picture_elements
from pipeline.publish.formats.podcast import ITUNES, PODCAST, add_guid, add_podcast, episode_elements
from pipeline.publish.formats.spool import Spool
from pipeline.publish.formats.xml_document import SEPARATOR, write_document
from pipeline.publish.formats.xml_text import cdata, element
from pipeline.publish.gate import check_rss
from pipeline.publish.uri import to_uri

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_WFW = "http://wellformedweb.org/CommentAPI/"

# Many readers take what looks like markup in a category for markup, and the validator warns of it.
_NO_MARKUP = str.maketrans("", "", "<>")


class RssFormat:
    """RSS 2.0: what every reader understands."""

    name = "rss"
    label = "RSS"
    filename = "rss.xml"
    media_type = "application/rss+xml"
    archived = True
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _RssWriter(head)

    def check(self, document: BinaryIO) -> None:
        check_rss(document)


class _Unprinted(datetime):
    """A time that is false, so that feedgen takes it for one that was not set and does not format it."""

    def __bool__(self) -> bool:
        return False


class _FeedExtension:
    """What feedgen can't say of a channel."""

    head: FeedHead
    ending: Ending
    has_audio: bool
    has_comments: bool

    def extend_ns(self) -> dict[str, str]:
        """Beside those of feedgen: atom and content."""
        namespaces = {"dc": _DC, "fh": FH, "media": MEDIA}
        if self.head.feed.podcast or self.has_audio:
            namespaces["podcast"] = PODCAST
        if self.head.feed.podcast:
            namespaces["itunes"] = ITUNES
        if self.has_comments:
            namespaces["wfw"] = _WFW
        return namespaces

    def extend_rss(self, rss: etree._Element) -> etree._Element:
        head, channel = self.head, rss[0]
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(self.ending.updated)
        if head.site.hub and not head.part:
            self._link(channel, "hub", to_uri(head.site.hub))
        for rel, url in archive_links(head, self.ending, RssFormat.name):
            self._link(channel, rel, url).set("type", RssFormat.media_type)
        if head.part and (self.ending.previous or self.ending.following):
            etree.SubElement(channel, ARCHIVE_MARK)
        if head.feed.podcast:
            add_podcast(channel, head.feed.podcast, head.site, head.address(RssFormat.name))
        elif self.has_audio:
            add_guid(channel, head.address(RssFormat.name))
        return rss

    def _link(self, channel: etree._Element, rel: str, url: str) -> etree._Element:
        return etree.SubElement(channel, f"{{{_ATOM}}}link", rel=rel, href=url)


class _RssWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._language = head.language.lower()
        self._has_audio = self._has_comments = False
        self._entries = Spool(SEPARATOR)

    def render(self, article: FeedArticle) -> bytes:
        before = "".join(self._before_content(article)).encode()
        after = "".join((*self._media(article), *picture_elements(article.picture))).encode()
        if not article.html:
            return b"%b%b</item>" % (before, after)
        name = b"content:encoded" if article.summary else b"description"
        return b"".join((before, b"<", name, b">", cdata(article.html), b"</", name, b">", after, b"</item>"))

    def _before_content(self, article: FeedArticle) -> Iterator[str]:
        yield "<item>"
        if article.title or not (article.summary or article.html):
            yield element("title", article.headline)
        yield element("link", article.url)
        id_ = article.id_in("rss")
        yield element("guid", id_, isPermaLink="true" if id_ == article.url else "false")
        yield element("pubDate", format_datetime(article.published))
        for author in article.authors:
            yield element("dc:creator", author.name)
        for topic in article.topics:
            yield element("category", topic.translate(_NO_MARKUP))
        if article.language and article.language.lower() != self._language:
            yield element("dc:language", article.language)
        if article.comments_url:
            yield element("comments", article.comments_url)
        if article.comments_feed:
            self._has_comments = True
            yield element("wfw:commentRss", article.comments_feed)
        if origin := article.origin or self._head.origin(article.sources):
            yield element("source", label(origin.title), url=to_uri(origin.url))
        if article.summary:
            yield element("description", escape(article.summary, quote=False))  # a description is HTML

    def _media(self, article: FeedArticle) -> Iterator[str]:
        """RSS has room for one enclosure; 0 is its word for a length that is not known."""
        main = main_enclosure(article.enclosures)
        if main is None:
            return
        if main.media_type.lower().startswith("audio/"):
            self._has_audio = True
        yield element("enclosure", url=main.url, length=main.length or 0, type=main.media_type)
        if self._head.feed.podcast:
            yield from episode_elements(article, main)
        yield from (enclosure_element(other) for other in article.enclosures if other is not main)

    def append(self, rendered: object, max_bytes: int | None = None) -> bool:
        assert isinstance(rendered, bytes)  # noqa: S101  what `render` made
        return self._entries.append(rendered, max_bytes)

    def finish(self, ending: Ending, target: Sink) -> None:
        head = self._head
        feed = FeedGenerator()
        feed.title(head.feed.title)
        feed.description(label(head.feed.description or head.feed.title))
        feed.language(head.language)
        feed.generator(f"Rundbrief {__version__}")
        feed.lastBuildDate(_Unprinted(1970, 1, 1, tzinfo=UTC))
        if picture := head.site.logo or head.site.icon:
            feed.image(to_uri(picture), head.feed.title, to_uri(head.home_page))
        feed.link(href=to_uri(head.address("rss", head.part)), rel="self", type=RssFormat.media_type)
        feed.link(href=to_uri(head.home_page), rel="alternate")  # last: the last one becomes the channel's link
        feed.register_extension("rundbrief", _FeedExtension)
        feed.rundbrief.head, feed.rundbrief.ending = head, ending
        feed.rundbrief.has_audio, feed.rundbrief.has_comments = self._has_audio, self._has_comments
        write_document(target, etree.fromstring(feed.rss_str()), self._entries)

    def close(self) -> None:
        self._entries.close()
