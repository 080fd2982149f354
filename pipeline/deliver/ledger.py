"""What `deliver` needs of the ledger in the store."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pipeline.domain.ledger import BatchState, IssueId, Outcome, SubscriberId
from pipeline.domain.message import Message


class Addressee(NamedTuple):
    """One recipient as the ledger knows it, before its merge fields are worked out.

    Like all that is made for each recipient it is a named tuple: that takes a third of the time.
    """

    subscriber: SubscriberId
    subscription: int
    address: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBatch:
    """A batch with all that is needed to submit it.

    ``state`` is ``claimed`` or ``in_doubt``.  ``provider`` tried it last, at ``submitted_at``, with a payload of
    that hash; all None for a batch that was never submitted.  ``tries`` counts its submissions so far.
    """

    id: uuid.UUID
    issue: IssueId
    issue_uid: uuid.UUID
    newsletter: str
    sequence: int
    state: BatchState
    tries: int
    date: datetime
    language: str
    message: Message
    addressees: tuple[Addressee, ...]
    provider: str | None = None
    payload_hash: str | None = None
    submitted_at: datetime | None = None


class Ledger(Protocol):
    """The ledger.  Each call is one transaction, and each checks that the batch still stands where it should."""

    def claim(self, newsletters: Collection[str], owner: str, now: datetime, lease: timedelta) -> HeldBatch | None:
        """Claim the next batch that is ready or has waited long enough; None if there is none.

        Deliveries whose address was suppressed or whose subscription ended since the issue was frozen are closed.
        """
        ...

    def give_back(self, batch: HeldBatch, owner: str) -> None:
        """Put a batch back untried, if it is still this owner's."""
        ...

    def intend(
        self, batch: HeldBatch, owner: str, provider: str, payload_hash: str, now: datetime, lease: timedelta
    ) -> HeldBatch | None:
        """Commit the intent to submit; returns the batch as it stands then.

        None if somebody else has the batch by now: then nothing may be submitted.
        """
        ...

    def settle(self, batch: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
        """Write the provider's answer down.

        Deferred recipients go into a batch of their own, due at ``retry_at``, or are rejected where that is None.
        """
        ...

    def wait(self, batch: HeldBatch, until: datetime, error: str) -> None:
        """It was surely not accepted: to be tried again."""
        ...

    def reject(self, batch: HeldBatch, error: str) -> None:
        """It was surely not accepted and won't be tried again; its articles are given back."""
        ...

    def doubt(self, batch: HeldBatch, error: str) -> None:
        """It may have been accepted."""
        ...

    def in_doubt(self) -> Sequence[HeldBatch]:
        """The batches in doubt of all open issues."""
        ...

    def expire(self, now: datetime, dead: Collection[str]) -> int:
        """Take batches from owners whose lease ran out or who are dead; returns how many.

        ``claimed`` becomes ``ready``; ``submitting`` becomes ``in_doubt``.
        """
        ...

    def owners(self) -> Sequence[str]:
        """Who holds batches."""
        ...

    def next_due(self, newsletters: Collection[str]) -> datetime | None:
        """When the next waiting batch may be tried; None if none waits."""
        ...
