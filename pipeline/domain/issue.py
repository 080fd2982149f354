"""Issues: one mailing of one newsletter for one cadence and slot."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.ledger import Books, IssueId

IMMEDIATE = "immediate"
"""The cadence without a clock: its slots are the moments at which articles were released."""


class IssueState(StrEnum):
    """Where an issue stands.  Every slot ends in one of the last four."""

    OPEN = "open"
    FINISHED = "finished"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"


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
    """An issue with its books.  ``reason`` says why it was skipped, missed or cancelled."""

    id: IssueId
    uid: uuid.UUID
    key: IssueKey
    state: IssueState
    reason: str
    frozen_at: datetime
    finished_at: datetime | None
    books: Books


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator decided for a newsletter and the ledger must know.

    ``topics`` are the keys that it carries, empty for all.  ``batch_size`` counts recipients.
    """

    newsletter: str
    topics: frozenset[str]
    language: str
    zone: str
    local_time: bool
    batch_size: int
