"""What the feed formats become before anything is cleaned: the same records for RSS, Atom and JSON Feed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from pipeline.domain.article import Author, Enclosure, Origin, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """Text as it came; ``html`` tells whether it is markup.  ``base`` is what its links resolve against."""

    value: str
    html: bool = False
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """An RSS item, Atom entry or JSON Feed item.

    Nothing in it is clean: texts and addresses are as the feed has them, times are the raw strings.  ``base`` is the
    entry's own base URL where the document sets one (xml:base).  ``language`` is empty where it is said not to be the
    feed's.
    """

    id: str | None = None
    link: str | None = None
    title: RawText | None = None
    content: RawText | None = None
    summary: RawText | None = None
    published: str | None = None
    updated: str | None = None
    language: str | None = None
    authors: tuple[Author, ...] = ()
    topics: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    comments: str | None = None
    comments_feed: str | None = None
    origin: Origin | None = None
    base: str | None = None

    def digest(self) -> str:
        """A digest of all that was read: equal for an entry that did not change."""
        return hashlib.sha256(_ENCODER.encode(self).encode()).hexdigest()


def _fields(record: object) -> dict[str, object]:
    """What `dataclasses.asdict` would give of it, without copying it."""
    return {name: getattr(record, name) for name in record.__slots__}  # type: ignore[attr-defined]


_ENCODER = json.JSONEncoder(sort_keys=True, default=_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A document's entries.  ``flaw`` says what of it was lost, and why; ``remark`` what is odd though nothing was.

    ``title`` is the feed's own, as written.  ``home`` is the site's page; ``from_home`` tells that relative links
    start there, as in RSS and JSON Feed (Atom's start at the document).  ``unreadable`` are entries from which nothing
    could be taken: where they stand, and why.  ``previous`` is where older entries are, as the document has it.
    ``format`` is "atom", "rss" or "json", ``id`` the feed's own (Atom's), ``generator`` what made it.
    """

    entries: tuple[RawEntry, ...]
    title: str | None = None
    home: str | None = None
    from_home: bool = True
    language: str | None = None
    flaw: str | None = None
    remark: str | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    previous: str | None = None
    format: str = "rss"
    id: str | None = None
    generator: str | None = None
