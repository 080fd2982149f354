"""What people asked for through pages, the mail about it, and the feeds that only they know."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from pipeline.domain.ledger import BatchState
from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime, UuidText

# The words that people agreed to, each kept once, by their digest.
consent_text = Table(
    "consent_text",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

# What somebody asked for and has to confirm by mail.  Nothing is known of whoever it was until they have; then the
# address goes, and the row is the record of what they agreed to.
sign_up = Table(
    "sign_up",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("newsletter", String(100), nullable=False),
    # Whose address changes; once it is confirmed, the subscription that it made.
    Column("subscription_id", Id),
    Column("address", Text, nullable=False),
    # What mails are counted by: the address without what its owner may put behind a plus.
    Column("mailbox", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("cadence", String(100), nullable=False),
    # The labels that were chosen, as a JSON array.
    Column("topics", Text, nullable=False, server_default="[]"),
    Column("language", String(35), nullable=False, server_default=""),
    Column("timezone", String(64), nullable=False, server_default=""),
    # The language of the page: that of the mail.
    Column("spoken", String(35), nullable=False, server_default=""),
    Column("state", String(20), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    # The network that it came from, never an address: 203.0.113.0/24.
    Column("network", String(64), nullable=False, server_default=""),
    Column("consent", String(64), ForeignKey("consent_text.digest")),
    Column("confirmed_at", UtcTime),
    Column("confirmed_network", String(64), nullable=False, server_default=""),
    CheckConstraint("kind IN ('subscription', 'address')", name="kind"),
    CheckConstraint("state IN ('asked', 'mailed', 'confirmed')", name="state"),
    Index(None, "state", "asked_at"),
    Index(None, "subscription_id"),
    # A link is made of the number: none is given out again.
    sqlite_autoincrement=True,
)

# A message about a subscription, to one person.  It goes the way of a batch, and its id is as good a key.
notice = Table(
    "notice",
    metadata,
    Column("id", UuidText, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("newsletter", String(100), nullable=False),
    # Whom it is for: who asked, until they have confirmed it; from then on a subscription.
    Column("sign_up_id", Id),
    Column("subscription_id", Id),
    Column("mailbox", Text, nullable=False, server_default=""),
    Column("language", String(35), nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    # Rendered once; gone when it is settled, for it has an address and links.
    Column("message", Text),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", Text),
    Column("lease_until", UtcTime),
    Column("provider", String(100)),
    Column("account", String(16)),
    Column("payload_hash", String(64)),
    Column("submitted_at", UtcTime),
    Column("not_before", UtcTime),
    Column("provider_ref", Text),
    Column("error", Text, nullable=False, server_default=""),
    # Who confirms twice is welcomed once.
    UniqueConstraint("kind", "sign_up_id"),
    CheckConstraint("kind IN ('confirm', 'welcome', 'goodbye')", name="kind"),
    CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in BatchState)})", name="state"),
    CheckConstraint(
        "state NOT IN ('claimed', 'submitting') OR (owner IS NOT NULL AND lease_until IS NOT NULL)", name="lease"
    ),
    CheckConstraint(
        "state NOT IN ('submitting', 'in_doubt') OR (provider IS NOT NULL AND payload_hash IS NOT NULL)", name="intent"
    ),
    Index(None, "state", "created_at"),
    Index(None, "mailbox", "created_at"),
    Index(None, "subscription_id"),
)

# A feed of one subscription.  Its address is made of this number: a new row is a new address, and the old one is gone.
private_feed = Table(
    "private_feed",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscription_id", Id, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
