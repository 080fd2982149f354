"""What an Atom document must be (RFC 4287), beyond being well-formed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from pipeline.publish.gate import values
from pipeline.publish.gate.values import Refusal
from pipeline.publish.gate.xml_reader import Attributes, Layout, Piece, read_feed

_ATOM = "http://www.w3.org/2005/Atom"
_ID, _TITLE, _UPDATED, _PUBLISHED, _LINK, _AUTHOR, _NAME, _URI, _CONTENT, _SUMMARY, _CATEGORY = (
    f"{_ATOM} {name}"
    for name in (
        "id", "title", "updated", "published", "link", "author", "name", "uri", "content", "summary", "category",
    )
)  # fmt: skip
_LAYOUT = Layout(
    root=f"{_ATOM} feed",
    head=f"{_ATOM} feed",
    entry=f"{_ATOM} entry",
    texts=frozenset({(_ID,), (_TITLE,), (_UPDATED,), (_PUBLISHED,), (_AUTHOR, _NAME), (_AUTHOR, _URI)}),
)


def check_atom(document: BinaryIO) -> None:
    """Raises `pipeline.errors.PublishError` unless it is a feed that readers can use."""
    check = _Check()
    read_feed(document, _LAYOUT, lambda _: None, check.head, check.entry)


class _Check:
    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._has_author = False

    def head(self, feed: Piece) -> None:
        values.text(feed.only(_ID, "id"), "its id")
        values.text(feed.only(_TITLE, "title"), "its title")
        values.rfc_3339(feed.only(_UPDATED, "updated"), "updated")
        self._has_author = bool(feed.all(_AUTHOR))
        _check_people(feed)
        _check_links(feed.all(_LINK))
        if sum(link.get("rel") == "self" for link in feed.all(_LINK)) != 1:
            raise Refusal("it needs one link to itself (rel=self)")

    def entry(self, entry: Piece) -> None:
        self._ids.add(values.new_id(entry.only(_ID, "id"), self._ids))
        values.text(entry.only(_TITLE, "title"), "its title")
        changed, begun = entry.only(_UPDATED, "updated"), entry.optional(_PUBLISHED, "published")
        updated = values.rfc_3339(changed, "updated")
        if begun is not None and begun != changed and values.rfc_3339(begun, "published") > updated:
            raise Refusal("it would be published after it was updated")
        if not (entry.all(_CONTENT) or entry.all(_SUMMARY)):
            raise Refusal("it has neither content nor summary")
        if not (self._has_author or entry.all(_AUTHOR)):
            raise Refusal("neither it nor the feed has an author")
        links = entry.all(_LINK)
        _check_links(links)
        if not any(link.get("rel", "alternate") == "alternate" for link in links):
            raise Refusal("it has no link to its page")
        _check_people(entry)
        for category in entry.all(_CATEGORY):
            values.text(category.get("term"), "a category's term")


def _check_links(links: Iterable[Attributes]) -> None:
    for link in links:
        rel = link.get("rel", "alternate")
        values.web_address(link.get("href"), f"its link ({rel})")
        if "type" in link:
            values.media_type(link["type"], f"the type of its link ({rel})")
        if "length" in link:
            values.number(link["length"], f"the length of its link ({rel})")


def _check_people(piece: Piece) -> None:
    names = piece.texts(_AUTHOR, _NAME)
    if len(names) != len(piece.all(_AUTHOR)):
        raise Refusal("an author has no name")
    for name in names:
        values.text(name, "an author's name")
    for address in piece.texts(_AUTHOR, _URI):
        values.web_address(address, "an author's address")
