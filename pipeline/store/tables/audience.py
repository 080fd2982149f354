"""Subscribers, what they chose, and who gets no mail."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
)

topic_set = Table(
    "topic_set",
    metadata,
    Column("id", Id, primary_key=True),
    # The topic keys, sorted, as a JSON array: an equal choice is an equal row.
    Column("topics", Text, nullable=False, unique=True),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscriber.id"), nullable=False),
    Column("newsletter", String(100), nullable=False),
    Column("cadence", String(100), nullable=False),
    Column("topic_set_id", Id, ForeignKey("topic_set.id"), nullable=False),
    Column("language", String(35)),
    Column("timezone", String(64)),
    Column("state", String(20), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    # Articles that a failed delivery gave back: their ids, ascending, joined by commas.
    Column("owed", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    # None while the person has not said yes: such a one can become pending, but never active by itself.
    Column("confirmed_at", UtcTime),
    Column("changed_at", UtcTime, nullable=False),
    Column("ended_how", Text),
    UniqueConstraint("subscriber_id", "newsletter"),
    CheckConstraint("state IN ('pending', 'active', 'unsubscribed')", name="state"),
    Index("ix_subscription_group", "newsletter", "state", "cadence", "timezone", "cursor", "topic_set_id", "language"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
)
