"""Events: what a provider told us later of a message that it had accepted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.domain.audience import SuppressionReason
from pipeline.domain.ledger import IssueId, SubscriberId


class EventKind(StrEnum):
    """What happened, in the one vocabulary that all providers' words are translated into."""

    ACCEPTED = "accepted"
    """The provider took it, which the ledger knows from its answer already."""
    DELIVERED = "delivered"
    """The recipient's server took it."""
    DEFERRED = "deferred"
    """The recipient's server said "later"; the provider goes on trying."""
    HARD_BOUNCE = "hard_bounce"
    """Finally refused, and the address is the cause: there is no such mailbox, or not any more."""
    SOFT_BOUNCE = "soft_bounce"
    """Given up for another cause: the mailbox is full, the message was too large, a filter refused it."""
    COMPLAINED = "complained"
    """The recipient called it spam."""
    UNSUBSCRIBED = "unsubscribed"
    """The recipient unsubscribed at the provider or by their mail program, not by our link."""
    OPENED = "opened"
    CLICKED = "clicked"
    REJECTED = "rejected"
    """The provider did not even try: its own list of suppressed addresses, its rules, an error."""
    UNKNOWN = "unknown"
    """A word that we don't know; it is kept as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one message.

    ``id`` is the provider's own id of the event; where it gives none, made of what the event says, so that the same
    event has the same id when it is told again.  ``at`` is aware, in UTC; None where the provider doesn't say.
    ``recipient`` is an address, "" where the subscriber is all that is known.  ``batch``, ``issue`` (its uid) or
    ``number`` (the issue's), and ``subscriber`` are those that our message carried, as far as the provider gives them
    back; ``message_id`` is the Message-ID without its angle brackets.  ``listed`` says that the address is on the
    provider's own list, and why.  ``raw`` is the event as it came, for those of an ``UNKNOWN`` kind.
    """

    id: str
    kind: EventKind
    at: datetime | None = None
    recipient: str = ""
    batch: uuid.UUID | None = None
    issue: uuid.UUID | None = None
    number: IssueId | None = None
    subscriber: SubscriberId | None = None
    message_id: str = ""
    reason: str = ""
    listed: SuppressionReason | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """What events lead to.

    An address that bounced softly in ``soft_limit`` issues within ``soft_within``, without a delivery since, is
    suppressed.  Events are kept for ``keep``; older ones are not taken, because they could not be told from those
    that were told before.
    """

    soft_limit: int = 5
    soft_within: timedelta = timedelta(days=30)
    keep: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """How many recipients of an issue had each kind of event, each counted once."""

    by_kind: Mapping[EventKind, int] = field(default_factory=dict)

    def of(self, *kinds: EventKind) -> int:
        return sum(self.by_kind.get(kind, 0) for kind in kinds)

    @property
    def bounced(self) -> int:
        """Hard and soft."""
        return self.of(EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE)

    @property
    def complained(self) -> int:
        return self.of(EventKind.COMPLAINED)
