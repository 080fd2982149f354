"""Subscribers, what they chose, and who gets no mail."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

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
    # Whether the person wants nothing counted of what they open and click.
    Column("untracked", Boolean, nullable=False, server_default=false()),
)

topic_set = Table(
    "topic_set",
    metadata,
    Column("id", Id, primary_key=True),
    # The topic keys, sorted, as a JSON array: an equal choice is an equal row.
    Column("topics", Text, nullable=False, unique=True),
)

# Subscriptions with the same choices that stand at the same place: an issue moves these rows, however many belong to
# each.  Equal rows may arise; the next issue makes one of them.
subscription_group = Table(
    "subscription_group",
    metadata,
    Column("id", Id, primary_key=True),
    Column("newsletter", String(100), nullable=False),
    Column("cadence", String(100), nullable=False),
    # Empty where it is left to the newsletter, as is the language.
    Column("timezone", String(64), nullable=False, server_default=""),
    Column("topic_set_id", Id, ForeignKey("topic_set.id"), nullable=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("cursor", BigInteger, nullable=False),
    # Articles that a failed delivery gave back, and corrections that wait for an issue: ids, ascending, with commas.
    Column("owed", Text, nullable=False, server_default=""),
    Column("corrections", Text, nullable=False, server_default=""),
    Index(None, "newsletter", "cadence", "topic_set_id"),
)

INACTIVE = text("state <> 'active'")
subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscriber.id"), nullable=False),
    Column("newsletter", String(100), nullable=False),
    Column("group_id", Id, ForeignKey("subscription_group.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # None while the person has not said yes: such a one can become pending, but never active by itself.
    Column("confirmed_at", UtcTime),
    Column("changed_at", UtcTime, nullable=False),
    Column("ended_how", Text),
    # The digest of the words on what they agreed to whom a list or the operator brought along.
    Column("consent", String(64)),
    # When a paused one goes on by itself.
    Column("paused_until", UtcTime),
    UniqueConstraint("subscriber_id", "newsletter"),
    CheckConstraint("state IN ('pending', 'active', 'paused', 'unsubscribed')", name="state"),
    # Lists in pages of those in a state; the active ones are most of all, and found without it.
    Index("ix_subscription_inactive", "newsletter", "state", "id", sqlite_where=INACTIVE, postgresql_where=INACTIVE),
    # All that freezing an issue reads of a subscription.
    Index("ix_subscription_group", "group_id", "state", "subscriber_id", "id"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
)
