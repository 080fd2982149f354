"""OPML 2.0 (http://opml.org/spec2.opml): a list of feeds that a reader subscribes to at one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from pipeline.publish.format import FeedHead
from pipeline.publish.uri import to_uri

FILENAME = "feeds.opml"
MEDIA_TYPE = "text/x-opml"


def opml(title: str, feeds: Iterable[FeedHead], groups: Iterable[tuple[str, Sequence[FeedHead]]] = ()) -> bytes:
    """The list of ``feeds``, and then of ``groups`` of feeds under a title each.

    It says no date, so that it stays the same as long as the feeds do.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    body = etree.SubElement(root, "body")
    for feed in feeds:
        _add(body, feed)
    for name, members in groups:
        folder = etree.SubElement(body, "outline", text=name)
        for feed in members:
            _add(folder, feed)
    etree.indent(root)
    document: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add(parent: etree._Element, feed: FeedHead) -> None:
    """A feed is listed by its best document; one that is only a page is none that can be subscribed to."""
    document = next((document for document in feed.documents if document.format != "html"), None)
    if document is None:
        return
    outline = etree.SubElement(parent, "outline", text=feed.feed.title, title=feed.feed.title, type="rss")
    outline.set("xmlUrl", to_uri(document.url))
    outline.set("htmlUrl", to_uri(feed.home_page))
    if feed.feed.description:
        outline.set("description", feed.feed.description)
    outline.set("language", feed.language)
