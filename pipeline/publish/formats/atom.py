"""Atom 1.0 (RFC 4287), with links to comments (4685), archives (5005) and retractions (6721).

The head is made by feedgen and an extension of ours.  Entries are ours alone: feedgen's lose what links say, know no
``replies`` and no ``xml:lang``, and all are held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from typing import BinaryIO

from feedgen.feed import FeedGenerator
from lxml import etree

from pipeline import __version__
from pipeline.domain.archive import Retraction
from pipeline.publish.feed_article import FeedArticle, retracted_id
from pipeline.publish.files import Sink
from pipeline.publish.format import Ending, FeedHead, FeedWriter
from pipeline.publish.formats.archive_links import ARCHIVE_MARK, FH, archive_links
from pipeline.publish.formats.media import MEDIA, picture_elements
from pipeline.publish.formats.spool import Spool
from pipeline.publish.formats.xml_document import SEPARATOR, write_document
from pipeline.publish.formats.xml_text import cdata, element, parent
from pipeline.publish.gate import check_atom
from pipeline.publish.uri import to_uri

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_END_TAG = re.compile(r"</\w+>")


class AtomFormat:
    """Atom 1.0: what readers understand best."""

    name = "atom"
    label = "Atom"
    filename = "atom.xml"
    media_type = "application/atom+xml"
    archived = True
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _AtomWriter(head)

    def check(self, document: BinaryIO) -> None:
        check_atom(document)


class _FeedExtension:
    """What feedgen can't say of a feed.  Elements have no namespace here: they inherit the document's default."""

    head: FeedHead
    ending: Ending

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA, "fh": FH}

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        for name in ("title", "subtitle"):
            found = feed.find(name)
            if found is not None and _is_like_html(found.text or ""):
                found.text = escape(found.text or "", quote=False)
                found.set("type", "html")
        for rel, url in archive_links(self.head, self.ending, AtomFormat.name):
            etree.SubElement(feed, "link", rel=rel, type=AtomFormat.media_type, href=url)
        if self.head.part and (self.ending.previous or self.ending.following):
            etree.SubElement(feed, ARCHIVE_MARK)
        for retraction in self.ending.retracted:
            _add_retraction(feed, retraction)
        return feed


def _add_retraction(feed: etree._Element, retraction: Retraction) -> None:
    try:
        ref = retracted_id(retraction, AtomFormat.name)
    except ValueError:
        return  # what had no id that can be published never was
    # Declared here only, since the W3C's validator does not know this namespace and warns of it wherever it stands.
    deleted = etree.SubElement(feed, f"{{{TOMBSTONES}}}deleted-entry", nsmap={"at": TOMBSTONES})
    deleted.set("ref", ref)
    deleted.set("when", retraction.when.astimezone(UTC).replace(microsecond=0).isoformat())


def _text(name: str, text: str) -> str:
    """Plain text; what holds whole elements says that they are none, by being HTML (RFC 4287, 3.1.1)."""
    if _is_like_html(text):
        return element(name, escape(text, quote=False), type="html")
    return element(name, text)


def _is_like_html(text: str) -> bool:
    # Not what else could be taken for it: many readers show a title of type html with its entities.
    return "</" in text and _END_TAG.search(text) is not None


def _fraction(id_: str) -> int:
    """Microseconds made from the id, for an entry's times, which are in whole seconds.

    They tell entries apart that were updated in the same second, as validators and some readers want; documents that
    carry only a day, or none, often are.  They depend on nothing but the entry, so that they never change.
    """
    return int.from_bytes(blake2b(id_.encode(), digest_size=8).digest(), "big") % 1_000_000


class _AtomWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._language = head.language.lower()
        self._scheme = f"{to_uri(head.site.feeds_url)}/#topics"
        self._entries = Spool(SEPARATOR)

    def render(self, article: FeedArticle) -> bytes:
        before = "".join(self._before_content(article)).encode()
        after = "".join(picture_elements(article.picture)).encode()
        if not article.html:
            return b"%b%b</entry>" % (before, after)
        return b"".join((before, b'<content type="html">', cdata(article.html), b"</content>", after, b"</entry>"))

    def _before_content(self, article: FeedArticle) -> Iterator[str]:
        id_ = article.id_in("atom")
        fraction = f".{_fraction(id_):06}+00:00"
        foreign = article.language and article.language.lower() != self._language
        yield f'<entry xml:lang="{article.language}">' if foreign else "<entry>"
        yield element("id", id_)
        yield _text("title", article.headline)
        yield element("updated", _seconds(article.updated) + fraction)
        yield element("published", _seconds(article.published) + fraction)
        for author in article.authors:
            about = [element("uri", author.url)] if author.url else []
            yield parent("author", element("name", author.name), *about)
        yield element("link", href=article.url)
        for one in article.enclosures:
            yield element(
                "link",
                rel="enclosure",
                type=one.media_type,
                href=one.url,
                length=one.length or None,
                title=one.title or None,
            )
        if article.comments_url:
            yield element("link", rel="replies", type="text/html", href=article.comments_url)
        if article.comments_feed:
            yield element("link", rel="replies", type="application/rss+xml", href=article.comments_feed)
        for topic in article.topics:  # most readers show the term, some the label
            yield element("category", term=topic, scheme=self._scheme, label=topic)
        if origin := article.origin or self._head.origin(article.sources):
            yield parent(
                "source",
                element("id", to_uri(origin.url)),
                _text("title", origin.title),
                element("updated", _seconds(article.updated) + "+00:00"),  # at the latest
                element("link", rel="self", href=to_uri(origin.url)),
            )
        if article.summary or not article.html:
            yield _text("summary", article.summary or article.headline)

    def append(self, rendered: object, max_bytes: int | None = None) -> bool:
        assert isinstance(rendered, bytes)  # noqa: S101  what `render` made
        return self._entries.append(rendered, max_bytes)

    def finish(self, ending: Ending, target: Sink) -> None:
        head = self._head
        feed = FeedGenerator()
        feed.id(to_uri(head.id))
        feed.title(head.feed.title)
        feed.updated(ending.updated)
        feed.author({"name": head.site.title, "uri": to_uri(head.site.url)})
        feed.language(head.language)
        feed.generator("Rundbrief", version=__version__)
        if head.feed.description:
            feed.subtitle(head.feed.description)
        if head.site.icon:
            feed.icon(to_uri(head.site.icon))
        if head.site.logo:
            feed.logo(to_uri(head.site.logo))
        feed.link(href=to_uri(head.address("atom", head.part)), rel="self", type=AtomFormat.media_type)
        for document in head.documents:
            if document.format not in ("atom", "html"):
                feed.link(
                    href=to_uri(head.address(document.format, head.part)),
                    rel="alternate",
                    type=document.media_type,
                    title=document.label,
                )
        feed.link(href=to_uri(head.home_page), rel="alternate", type="text/html")
        if head.site.hub and not head.part:
            feed.link(href=to_uri(head.site.hub), rel="hub")
        feed.register_extension("rundbrief", _FeedExtension)
        feed.rundbrief.head, feed.rundbrief.ending = head, ending
        write_document(target, etree.fromstring(feed.atom_str()), self._entries)

    def close(self) -> None:
        self._entries.close()


def _seconds(time: datetime) -> str:
    return time.isoformat()[:19]
