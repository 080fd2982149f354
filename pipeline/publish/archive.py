"""A feed's archives (RFC 5005): a part of the feed for each month, so that readers can get all there ever was.

The documents that readers subscribe to hold the newest articles.  Each points to the newest part of the archives, and
that to the one before it.  A closed month is one part under one address.  Of the months that are still open there is
a part only while the subscription documents can't hold all of their articles; its address names what is in it, since
a reader that knows an address does not read it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from pipeline.domain.archive import ArchiveMonth, Retraction, month_name
from pipeline.domain.article import Article, ArticleId

ARCHIVE = "archive"
"""The directory of the archives in that of the feed."""

_DIGEST_LENGTH = 12


def is_archived(name: str) -> bool:
    """Whether the name of a document, below the directory of feeds, is that of a part of archives."""
    # alle/archive/2026-01/atom.xml, but not themen/archive/atom.xml, which is the feed of a topic called "archive".
    return ARCHIVE in name.split("/")[1:-2]


class Archive(Protocol):
    """What the store knows of a feed's articles by the month that they are filed under."""

    def version(self) -> str:
        """While it stays, so does all else, and all that the feed is made of."""
        ...

    def months(self) -> Sequence[ArchiveMonth]:
        """The months that have articles, oldest first."""
        ...

    def articles(self, months: Sequence[int]) -> Iterable[Article]:
        """The articles of some months, newest first."""
        ...

    def retractions(self) -> Sequence[Retraction]:
        """The articles that were taken back of late."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a feed's archives.  ``name`` is its directory in the feed's; ``made_from`` says what is in it.

    ``previous`` and ``following`` are the names of its neighbours, "" where there is none.
    """

    name: str
    months: tuple[int, ...]
    articles: frozenset[ArticleId]
    made_from: str
    previous: str = ""
    following: str = ""


def closed_parts(months: Sequence[ArchiveMonth]) -> Sequence[Part]:
    """The parts for the months that are closed, oldest first."""
    closed = [month for month in months if month.closed]
    names = ["", *(f"{ARCHIVE}/{month_name(month.number)}" for month in closed), ""]
    return [
        Part(
            name=name,
            months=(month.number,),
            articles=month.articles,
            made_from=month.digest,
            previous=previous,
            following=following,
        )
        for month, previous, name, following in zip(closed, names, names[1:], names[2:], strict=False)
    ]


def open_part(months: Sequence[ArchiveMonth]) -> Part | None:
    """The part for the months that are open; None if there is nothing in them."""
    opened = [month for month in months if not month.closed]
    if not opened:
        return None
    closed = closed_parts(months)
    previous = closed[-1].name if closed else ""
    made_from = sha256(repr([month.digest for month in opened]).encode()).hexdigest()
    return Part(
        name=f"{ARCHIVE}/{month_name(opened[-1].number)}-{made_from[:_DIGEST_LENGTH]}",
        months=tuple(month.number for month in opened),
        articles=frozenset().union(*(month.articles for month in opened)),
        made_from=made_from,
        previous=previous,
    )
