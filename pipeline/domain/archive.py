"""Which month of a feed's archives an article belongs to (RFC 5005), and which months are closed.

Months are those of UTC, written as numbers: 202601 is January 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.domain.article import ArticleId

_GRACE = timedelta(days=1)
"""How long after its end a month takes in what was published in it: collections take time."""


def month_of(time: datetime) -> int:
    utc = time.astimezone(UTC)
    return utc.year * 100 + utc.month


def first_open_month(now: datetime) -> int:
    """The months before it are closed: nothing that is new goes into them."""
    return month_of(now - _GRACE)


def archive_month(published: datetime, now: datetime, *, backlog: bool) -> int:
    """The month that an article is filed under, once and for all, when it is first seen.

    It is the month in which it was published; but what comes later than that month is open goes into the one that it
    comes in, so that a closed month stays as readers know it.  A source's ``backlog``, what was there before we came,
    is filed where it would have been.
    """
    month = month_of(min(published, now))
    return month if backlog or month >= first_open_month(now) else month_of(now)


def month_name(month: int) -> str:
    """As in addresses: 2026-01."""
    return f"{month // 100:04}-{month % 100:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveMonth:
    """The articles of a feed that are filed under one month, none of them retracted.

    ``digest`` says which articles in which revisions they are.
    """

    number: int
    articles: frozenset[ArticleId]
    digest: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """That an article was taken back, and when (aware, in UTC).  ``adopted`` is as in `Article`."""

    public_id: str
    when: datetime
    adopted: tuple[tuple[str, str], ...] = ()
