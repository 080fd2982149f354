"""What providers told us of messages that they had accepted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, UniqueConstraint

from pipeline.domain.event import EventKind
from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider", String(100), nullable=False),
    # The provider's own id, or one made of what it says: whatever is told twice is kept once.
    Column("event_id", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", UtcTime, nullable=False),
    # Of a delivery of ours both are there; no foreign keys, since what happened outlives both.
    Column("issue_id", Id),
    Column("subscriber_id", Id),
    Column("reason", Text, nullable=False, server_default=""),
    # As it came, where its kind is not known.
    Column("raw", Text),
    UniqueConstraint("provider", "event_id"),
    CheckConstraint(f"kind IN ({', '.join(repr(kind.value) for kind in EventKind)})", name="kind"),
    # All that counting an issue's recipients by kind reads, and all that a soft bounce asks of its subscriber.
    Index(None, "issue_id", "kind", "subscriber_id"),
    Index(None, "subscriber_id", "kind", "at"),
)

# What is left of the events of an issue when they are too old to be kept: how many recipients had each kind.
event_count = Table(
    "event_count",
    metadata,
    Column("issue_id", Id, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("recipients", Integer, nullable=False),
)

# Parts of requests that come once only, until nobody could use them any more.
webhook_token = Table(
    "webhook_token",
    metadata,
    Column("provider", String(100), primary_key=True),
    Column("token", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("until", UtcTime, nullable=False),
    Index(None, "until"),
)

# How far a provider's log or a mailbox has been read.
event_poll = Table(
    "event_poll",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("read_until", UtcTime),
    Column("polled_at", UtcTime),
    Column("failing_since", UtcTime),
    Column("error", Text, nullable=False, server_default=""),
)
