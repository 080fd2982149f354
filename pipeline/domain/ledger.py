"""The ledger's words: batches, outcomes, and which transition may follow which.

A batch goes ``ready → claimed → submitting → accepted | rejected | retry_wait | in_doubt``.  ``submitting`` is
committed before the provider is called; a lease that runs out takes ``claimed`` back to ``ready`` but
``submitting`` to ``in_doubt``, because the provider may have accepted it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType

IssueId = NewType("IssueId", int)
SubscriberId = NewType("SubscriberId", int)


class BatchState(StrEnum):
    """Where a batch stands."""

    READY = "ready"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    RETRY_WAIT = "retry_wait"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


# Also after a worker slept, and its batch was taken from it: its answer counts while nobody has tried again.
_ANSWERED = frozenset({BatchState.ACCEPTED, BatchState.REJECTED, BatchState.IN_DOUBT})
TRANSITIONS: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.READY: frozenset({BatchState.CLAIMED, BatchState.CANCELLED}),
    BatchState.CLAIMED: frozenset(
        {BatchState.READY, BatchState.RETRY_WAIT, BatchState.SUBMITTING, BatchState.CANCELLED, *_ANSWERED}
    ),
    BatchState.SUBMITTING: frozenset({BatchState.RETRY_WAIT, *_ANSWERED}),
    BatchState.RETRY_WAIT: frozenset({BatchState.CLAIMED, BatchState.CANCELLED, *_ANSWERED}),
    # Out of doubt: the same payload and key again, the provider's own log, or a person's decision.  It may stay there.
    BatchState.IN_DOUBT: frozenset({BatchState.SUBMITTING, BatchState.RETRY_WAIT, *_ANSWERED}),
    BatchState.ACCEPTED: frozenset(),
    BatchState.REJECTED: frozenset(),
    BatchState.CANCELLED: frozenset(),
}


class OutcomeKind(StrEnum):
    """What became of one delivery.  None in the ledger means: still to do, or in doubt with its batch."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"


class Recipient(NamedTuple):
    """One recipient of a batch.  ``fields`` are the values of the merge fields, unescaped."""

    subscriber: SubscriberId
    address: str
    name: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The deliveries that one provider call carries.  ``id`` is its idempotency key and its tag.

    ``date`` is the issue's slot or freezing time: the Date header, equal in every attempt.
    """

    id: uuid.UUID
    issue: IssueId
    issue_uid: uuid.UUID
    sequence: int
    newsletter: str
    attempt: int
    date: datetime
    recipients: tuple[Recipient, ...]
    test: bool = False


class Outcome(NamedTuple):
    """What the provider said of one recipient.

    ``ACCEPTED``: it took responsibility.  ``REJECTED``: finally refused; ``address_fault`` tells whether the address
    was the cause (else the articles are given back).  ``DEFERRED``: surely not accepted, try again.
    ``UNCERTAIN``: may have been accepted.  ``provider_ref`` is the provider's id of the message, if it gave one that is
    not our own Message-ID.
    """

    subscriber: SubscriberId
    kind: OutcomeKind
    reason: str = ""
    address_fault: bool = False
    provider_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """An issue's books: they balance when the audience is the sum of the rest."""

    audience: int = 0
    accepted: int = 0
    rejected: int = 0
    suppressed: int = 0
    cancelled: int = 0
    in_doubt: int = 0
    to_do: int = 0

    @property
    def balanced(self) -> bool:
        parts = (self.accepted, self.rejected, self.suppressed, self.cancelled, self.in_doubt, self.to_do)
        return self.audience == sum(parts)

    @property
    def finished(self) -> bool:
        return self.balanced and self.in_doubt == 0 and self.to_do == 0


def batch_id(issue_uid: uuid.UUID, variant: int, sequence: int) -> uuid.UUID:
    """The batch's name, by the numbers of its variant and its place in it: the same after every crash."""
    return uuid.uuid5(issue_uid, f"{variant}.{sequence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a batch that was surely not accepted is tried again: ``first · factor^(attempt-1)``, at most ``longest``."""

    first: timedelta = field(default=timedelta(seconds=2))
    factor: float = 2.0
    longest: timedelta = field(default=timedelta(minutes=15))
    attempts: int = 12

    def wait(self, attempt: int, asked: timedelta | None = None) -> timedelta | None:
        """How long to wait after that attempt (from 1), None when it was the last; never less than was asked for."""
        if attempt >= self.attempts:
            return None
        return self.pause(attempt, asked)

    def pause(self, failures: int, asked: timedelta | None = None) -> timedelta:
        """How long a provider rests that was not available so many times in a row; never less than was asked for."""
        # The exponent is bounded because a float is.
        own = min(self.first * self.factor ** min(failures - 1, 64), self.longest)
        return max(own, asked) if asked else own
