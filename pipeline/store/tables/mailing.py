"""Issues and the ledger."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pipeline.domain.issue import Hold
from pipeline.domain.ledger import BatchState
from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime, UuidText

newsletter = Table(
    "newsletter",
    metadata,
    # One row each, so that two machines that freeze issues of one newsletter have something to take turns on.
    Column("name", String(100), primary_key=True),
)

issue = Table(
    "issue",
    metadata,
    Column("id", Id, primary_key=True),
    Column("uid", UuidText, nullable=False, unique=True),
    Column("newsletter", String(100), nullable=False),
    Column("cadence", String(100), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("slot", UtcTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # The last release number that this issue covered.
    Column("upto", BigInteger, nullable=False),
    Column("audience", Integer, nullable=False, server_default="0"),
    Column("frozen_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    # Why nothing more of it is handed over, while something holds it; and until when, where that is known.
    Column("hold", String(20)),
    Column("hold_until", UtcTime),
    # How many recipients are still to be handed over before it holds; None before the first one is.
    Column("canary", Integer),
    # The books as JSON once it has ended: then they are not counted again.
    Column("books", Text),
    UniqueConstraint("newsletter", "cadence", "zone", "slot"),
    CheckConstraint("state IN ('open', 'finished', 'skipped', 'missed', 'cancelled')", name="state"),
    CheckConstraint(f"hold IN ({', '.join(repr(hold.value) for hold in Hold)})", name="hold"),
    Index(None, "state"),
    Index(None, "slot", "id"),
)

variant = Table(
    "variant",
    metadata,
    Column("id", Id, primary_key=True),
    Column("issue_id", Id, ForeignKey("issue.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("language", String(35), nullable=False),
    # [[article id, revision], …] in the order of the issue.
    Column("articles", Text, nullable=False),
    # The topic key that each stands under: [key, …]; empty where they are not grouped.
    Column("sections", Text, nullable=False, server_default="[]"),
    # The corrections that it tells of: [id, …].
    Column("corrections", Text, nullable=False, server_default="[]"),
    # The rendered message; once it is there it never changes, so that every attempt carries the same bytes.
    Column("message", Text),
    UniqueConstraint("issue_id", "number"),
)

# Which subscriptions a variant was made for, and where they stood: the evidence.
variant_group = Table(
    "variant_group",
    metadata,
    Column("variant_id", Id, ForeignKey("variant.id"), primary_key=True),
    Column("group_id", Id, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("topic_set_id", Id, nullable=False),
    Column("owed", Text, nullable=False),
    Column("corrections", Text, nullable=False),
)

# That an article which was mailed has been retracted, or was wrong.  It is released as articles are.
correction = Table(
    "correction",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("retracted", Boolean, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_at", UtcTime, nullable=False),
    Column("release_number", BigInteger, unique=True),
    Index(None, "article_id"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", UuidText, primary_key=True),
    Column("issue_id", Id, ForeignKey("issue.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("variant_id", Id, ForeignKey("variant.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", Text),
    Column("lease_until", UtcTime),
    Column("provider", String(100)),
    Column("payload_hash", String(64)),
    # A digest of the provider's address and account at that time.
    Column("account", String(16)),
    Column("submitted_at", UtcTime),
    Column("not_before", UtcTime),
    Column("error", Text, nullable=False, server_default=""),
    UniqueConstraint("variant_id", "sequence"),
    CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in BatchState)})", name="state"),
    CheckConstraint(
        "state NOT IN ('claimed', 'submitting') OR (owner IS NOT NULL AND lease_until IS NOT NULL)", name="lease"
    ),
    CheckConstraint(
        "state NOT IN ('submitting', 'in_doubt') OR (provider IS NOT NULL AND payload_hash IS NOT NULL)", name="intent"
    ),
    Index(None, "state", "issue_id", "variant_id", "sequence"),
)

_NOT_ACCEPTED = text("outcome IN ('rejected', 'suppressed', 'cancelled')")
delivery = Table(
    "delivery",
    metadata,
    Column("issue_id", Id, primary_key=True),
    Column("subscriber_id", Id, primary_key=True),
    Column("subscription_id", Id, nullable=False),
    Column("variant_id", Id, nullable=False),
    # None for a delivery that never gets into a batch, because its address was suppressed when the issue was frozen.
    Column("sequence", Integer),
    # None while it is to do or in doubt, which its batch tells.
    Column("outcome", String(20)),
    Column("reason", Text),
    Column("provider_ref", Text),
    # No foreign keys: rows come from one statement that joins what they refer to, and checking a million of them again
    # takes longer than writing them.  No index of subscribers either: the primary key finds one, issue by issue.
    CheckConstraint("outcome IN ('accepted', 'rejected', 'suppressed', 'cancelled')", name="outcome"),
    CheckConstraint("outcome IS NOT NULL OR sequence IS NOT NULL", name="to_do_has_batch"),
    Index(None, "variant_id", "sequence"),
    # What was not accepted is asked for, and is little of a large issue.
    Index(
        "ix_delivery_not_accepted", "issue_id", "outcome", sqlite_where=_NOT_ACCEPTED, postgresql_where=_NOT_ACCEPTED
    ),
    sqlite_with_rowid=False,
)
