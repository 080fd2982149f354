"""WebSub: what was told of each topic, who wants it, and who says so but hasn't confirmed it yet."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text

from pipeline.store.tables.base import metadata
from pipeline.store.types import UtcTime

websub_topic = Table(
    "websub_topic",
    metadata,
    Column("url", Text, primary_key=True),
    # What its document holds, and what a foreign hub was told of last.
    Column("digest", String(64), nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("pinged_digest", String(64)),
    Column("pinged_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("next_try_at", UtcTime),
    Column("claimed_by", Text),
    Column("claimed_until", UtcTime),
)

websub_request = Table(
    "websub_request",
    metadata,
    # A digest of topic and callback, which may be too long for an index.
    Column("key", String(64), primary_key=True),
    # Tells a request from the next one for the same topic and callback, which takes its place.
    Column("nonce", String(36), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("network", Text, nullable=False, server_default=""),
    Column("secret", Text),
    Column("lease_seconds", Integer, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcTime),
    CheckConstraint("mode IN ('subscribe', 'unsubscribe', 'denied')", name="mode"),
    Index(None, "host"),
    Index(None, "asked_at"),
)

websub_subscription = Table(
    "websub_subscription",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("network", Text, nullable=False, server_default=""),
    # Needed as it is: each distribution is signed with it.
    Column("secret", Text),
    Column("lease_until", UtcTime, nullable=False),
    Column("subscribed_at", UtcTime, nullable=False),
    # The content that it is done with: it has it, or it was tried for too long.
    Column("digest", String(64)),
    Column("delivered_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcTime),
    Column("error", Text, nullable=False, server_default=""),
    Column("next_try_at", UtcTime),
    Column("claimed_by", Text),
    Column("claimed_until", UtcTime),
    Index(None, "topic"),
    Index(None, "host"),
    Index(None, "lease_until"),
)
