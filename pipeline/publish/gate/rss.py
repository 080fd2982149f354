"""What an RSS document must be (RSS 2.0 and its Best Practices Profile), beyond being well-formed."""

from __future__ import annotations

from typing import BinaryIO

from pipeline.publish.gate import values
from pipeline.publish.gate.values import Refusal
from pipeline.publish.gate.xml_reader import Attributes, Layout, Piece, read_feed

_ATOM_LINK = "http://www.w3.org/2005/Atom link"
_CONTENT = "http://purl.org/rss/1.0/modules/content/ encoded"
_CREATOR = "http://purl.org/dc/elements/1.1/ creator"
_TEXTS = ("title", "link", "description", "lastBuildDate", "pubDate", "guid", "comments", "category", _CREATOR)
_LAYOUT = Layout(
    root="rss",
    head="channel",
    entry="item",
    texts=frozenset((name,) for name in _TEXTS),
    entries_last=True,
)
_VERSION = "2.0"


def check_rss(document: BinaryIO) -> None:
    """Raises `pipeline.errors.PublishError` unless it is a feed that readers can use."""
    check = _Check()
    read_feed(document, _LAYOUT, _check_root, check.head, check.item)


def _check_root(attributes: Attributes) -> None:
    if attributes.get("version") != _VERSION:
        raise Refusal(f"its version is {attributes.get('version')!r}, not {_VERSION}")


class _Check:
    def __init__(self) -> None:
        self._ids: set[str] = set()

    def head(self, channel: Piece) -> None:
        values.text(channel.only("title", "title"), "its title")
        values.text(channel.only("description", "description"), "its description")
        values.web_address(channel.only("link", "link"), "its link")
        if built := channel.optional("lastBuildDate", "lastBuildDate"):
            values.rfc_822(built, "lastBuildDate")
        links = channel.all(_ATOM_LINK)
        for link in links:
            values.web_address(link.get("href"), f"its link ({link.get('rel')})")
        if sum(link.get("rel") == "self" for link in links) != 1:
            raise Refusal("it needs one link to itself (atom:link, rel=self)")

    def item(self, item: Piece) -> None:
        self._ids.add(values.new_id(item.only("guid", "guid"), self._ids))
        for guid in item.all("guid"):
            if guid.get("isPermaLink", "true") != "false":
                values.web_address(item.only("guid", "guid"), "its guid, said to be its page,")
        title, description = item.optional("title", "title"), item.optional("description", "description")
        if not (title and title.strip()) and not (description and description.strip()):
            raise Refusal("it has neither title nor description")
        values.web_address(item.only("link", "link"), "its link")
        if comments := item.optional("comments", "comments"):
            values.web_address(comments, "its comments")
        values.rfc_822(item.only("pubDate", "pubDate"), "pubDate")
        _check_enclosures(item)
        for name in ("category", _CREATOR):
            for value in item.texts(name):
                values.text(value, name.rpartition(" ")[2])
        if _CONTENT in item.order and "description" in item.order[item.order.index(_CONTENT) :]:
            raise Refusal("its description stands behind its content, where some readers take it for that")


def _check_enclosures(item: Piece) -> None:
    enclosures = item.all("enclosure")
    if len(enclosures) > 1:
        raise Refusal("it has more than one enclosure; most readers show the last, some the first")
    for enclosure in enclosures:
        values.web_address(enclosure.get("url"), "its enclosure's address")
        values.media_type(enclosure.get("type"), "its enclosure's type")
        values.number(enclosure.get("length"), "its enclosure's length")
