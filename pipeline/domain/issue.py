"""Issues: one mailing of one newsletter for one cadence and slot."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.article import Article
from pipeline.domain.ledger import Books, IssueId

IMMEDIATE = "immediate"
"""The cadence without a clock: its slots are the moments at which articles were released."""

MOST = 50
"""The most articles that an issue carries; the older ones come first, the others in the issues after it."""


class Order(StrEnum):
    """Which of an issue's articles come first, by the time of their release."""

    NEWEST = "newest"
    OLDEST = "oldest"


class IssueState(StrEnum):
    """Where an issue stands.  Every slot ends in one of the last four."""

    OPEN = "open"
    FINISHED = "finished"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Hold(StrEnum):
    """Why nothing more of an open issue is handed over."""

    PAUSED = "paused"
    """A person said so."""
    CANARY = "canary"
    """The first recipients have it; what comes back from them is waited for."""
    HALTED = "halted"
    """Too much came back from the first recipients."""
    CANCELLING = "cancelling"
    """A person cancelled it while batches were under way or in doubt."""
    SAVED = "saved"
    """It is a saved plan: a person has yet to say that it goes out."""
    SLOT = "slot"
    """It is a saved plan that goes out as soon as its slot has come."""


UNSENT = (Hold.SAVED, Hold.SLOT)
"""The holds of a saved plan: nothing of it has been handed over to anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """What makes an issue the same: there is never a second one.  ``slot`` is aware, in UTC."""

    newsletter: str
    cadence: str
    zone: str
    slot: datetime

    def uid(self, instance: uuid.UUID) -> uuid.UUID:
        """The issue's name beyond this store: equal after every crash, different in every installation."""
        return uuid.uuid5(instance, f"{self.newsletter}/{self.cadence}/{self.zone}/{self.slot.isoformat()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue with its books.

    ``reason`` says why it was skipped, missed or cancelled, or why it holds.  ``hold_until`` is known for a canary's
    recipients once all of them are settled; a saved plan that has not gone out by then is cancelled.
    """

    id: IssueId
    uid: uuid.UUID
    key: IssueKey
    state: IssueState
    reason: str
    frozen_at: datetime
    finished_at: datetime | None
    books: Books
    hold: Hold | None = None
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """That an article which an issue ``carried`` at that time (aware, UTC) was retracted, or was wrong.

    ``note`` is what the operator says about it, "" for nothing.
    """

    article: Article
    retracted: bool
    note: str
    carried: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueContents:
    """What a variant carries, in order.  ``sections`` is empty, or the topic key that each article stands under."""

    articles: tuple[Article, ...]
    sections: tuple[str, ...] = ()
    corrections: tuple[Corrected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator decided for a newsletter and the store must know.

    ``topics`` are the keys that it carries, empty for all.  ``batch_size`` counts recipients.  ``most`` is how many
    articles an issue carries at all, ``shown`` how many of them it shows (None: all); the others are links.  ``order``
    tells which come first; one with the topic ``lead`` stands before them.  ``sections`` are topic keys in the order
    of their headings, others following; None where articles are not grouped.  ``corrections`` tells whether an issue
    says what became of articles that earlier ones carried.
    """

    newsletter: str
    topics: frozenset[str]
    language: str
    zone: str
    local_time: bool
    batch_size: int
    most: int = MOST
    shown: int | None = None
    order: Order = Order.NEWEST
    lead: str = ""
    sections: tuple[str, ...] | None = None
    corrections: bool = True
