"""What `deliver` needs of the ledger in the store."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pipeline.deliver.lanes import Lane, Route
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
    untracked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBatch:
    """A batch with all that is needed to submit it.

    ``state`` is ``claimed`` or ``in_doubt``.  ``provider`` tried it last, at ``submitted_at``, with a payload of
    that hash, to that account of it; all None for a batch that was never submitted.  ``tries`` counts its submissions
    so far.  ``lane`` is where it is to go now, None for one in doubt; ``failures`` counts the calls in a row that this
    provider was not available for.  ``held_back`` tells that its issue holds, so that not
    even what is in doubt is submitted again.
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
    account: str | None = None
    submitted_at: datetime | None = None
    lane: Lane | None = None
    failures: int = 0
    held_back: bool = False


class Ledger(Protocol):
    """The ledger.  Each call is one transaction, and each checks that the batch still stands where it should."""

    def claim(self, routes: Mapping[str, Route], owner: str, now: datetime, lease: timedelta) -> HeldBatch | None:
        """Claim the next batch of these newsletters for the first of its lanes that is open; None if there is none.

        It has no more recipients than the lane takes now: what is too large is divided.  Deliveries whose address was
        suppressed or whose subscription ended since the issue was frozen are closed.
        """
        ...

    def give_back(self, batch: HeldBatch, owner: str) -> None:
        """Put a batch back untried, if it is still this owner's."""
        ...

    def intend(
        self, batch: HeldBatch, owner: str, lane: Lane, payload_hash: str, now: datetime, lease: timedelta
    ) -> HeldBatch | None:
        """Commit the intent to submit, and book its recipients; returns the batch as it stands then.

        None if somebody else has the batch by now, its issue is held, or the budget is used up: then nothing may be
        submitted.
        """
        ...

    def settle(self, batch: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
        """Write the provider's answer down.

        Deferred recipients go into a batch of their own, due at ``retry_at``, or are rejected where that is None.  An
        answer that comes after the lease counts, unless somebody else has submitted the batch since.
        """
        ...

    def wait(self, batch: HeldBatch, until: datetime, error: str, rest_until: datetime | None = None) -> None:
        """It was surely not accepted: to be tried again.  Its provider rests, where ``rest_until`` says so."""
        ...

    def reject(self, batch: HeldBatch, error: str) -> None:
        """It was surely not accepted and won't be tried again; its articles are given back."""
        ...

    def doubt(self, batch: HeldBatch, error: str, rest_until: datetime | None = None) -> None:
        """It may have been accepted.  Its provider rests, where ``rest_until`` says so."""
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

    def next_due(self, routes: Mapping[str, Route], now: datetime) -> datetime | None:
        """When the next waiting batch may be tried by an open lane; None if none waits."""
        ...
