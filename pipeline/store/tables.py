"""The tables.  What must never happen twice is a UNIQUE constraint here, not a check elsewhere."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from pipeline.domain.ledger import BatchState
from pipeline.store.types import UtcTime, UuidText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("uid", UuidText, nullable=False),
    # The generation counts the times that this store began to mail; the file beside the store knows the last one.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    # The last release number given out; its row is the lock that makes the order of commits that of the numbers.
    Column("last_release", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)

source = Table(
    "source",
    metadata,
    Column("name", String(100), primary_key=True),
    # The configured address that all below was learnt at.
    Column("address", Text),
    # Where and with which validators its adapter asked last.
    Column("asked", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("moved_to", Text),
    Column("first_collected_at", UtcTime),
    Column("last_attempt_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("last_status", Integer),
    # None: at its next slot.
    Column("next_poll_at", UtcTime),
    # Until when its server asked to be left alone.
    Column("asked_until", UtcTime),
    Column("ended_at", UtcTime),
    Column("failing_since", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    # How many articles the last changed answer showed, and all of them together.
    Column("last_window", Integer, nullable=False, server_default="0"),
    Column("windows", BigInteger, nullable=False, server_default="0"),
    Column("shown", BigInteger, nullable=False, server_default="0"),
    # What its polls cost.
    Column("polls", BigInteger, nullable=False, server_default="0"),
    Column("unmodified", BigInteger, nullable=False, server_default="0"),
    Column("requests", BigInteger, nullable=False, server_default="0"),
    Column("received", BigInteger, nullable=False, server_default="0"),
)

# A time in which a source may have published articles that were never seen.
gap = Table(
    "gap",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(100), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("upto", UtcTime, nullable=False),
    Column("why", Text, nullable=False),
    # Whether asking again may close it.
    Column("retry", Boolean, nullable=False),
    Column("found_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Index(None, "source", "closed_at"),
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("settles_at", UtcTime, nullable=False),
    Column("retracted_at", UtcTime),
    # False for a new source's backlog: it goes to the feeds and never to mail.
    Column("mailable", Boolean, nullable=False),
    Column("release_number", BigInteger, unique=True),
    Column("released_at", UtcTime),
    Index(None, "published_at", "id"),
    Index(None, "mailable", "release_number", "settles_at"),
)

revision = Table(
    "revision",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recorded_at", UtcTime, nullable=False),
    Column("settles_at", UtcTime, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("content", Text, nullable=False),
    # Whose words these are: the source and its key; None in revisions from before schema 0002.
    Column("source", String(100)),
    Column("key", Text),
)

article_topic = Table(
    "article_topic",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Index(None, "article_id"),
)

alias = Table(
    "alias",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    # Several items of one answer had it, so that it tells none of them from another.
    Column("shared", Boolean, nullable=False, server_default=false()),
)

sighting = Table(
    "sighting",
    metadata,
    Column("source", String(100), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False, index=True),
    Column("raw_hash", String(64), nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    # Withdrawn by its source, or superseded by another key of the same source.
    Column("gone_at", UtcTime),
    # The topic keys that this source gives the article, sorted, as a JSON array; those of all sources count.
    Column("topics", Text, nullable=False, server_default="[]"),
)

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

newsletter = Table(
    "newsletter",
    metadata,
    # One row each, so that two machines that freeze issues of one newsletter have something to take turns on.
    Column("name", String(100), primary_key=True),
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

schedule = Table(
    "schedule",
    metadata,
    Column("job", Text, primary_key=True),
    Column("last_slot", UtcTime, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job", Text, nullable=False),
    # None for a run that a person started: only scheduled ones have a slot, and each slot once.
    Column("slot", UtcTime),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("outcome", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("problems", Text, nullable=False, server_default="[]"),
    UniqueConstraint("job", "slot"),
    CheckConstraint("outcome IN ('running', 'done', 'failed', 'skipped', 'missed', 'broken_off')", name="outcome"),
    Index(None, "started_at"),
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
    UniqueConstraint("newsletter", "cadence", "zone", "slot"),
    CheckConstraint("state IN ('open', 'finished', 'skipped', 'missed', 'cancelled')", name="state"),
    Index(None, "state"),
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
    # The rendered message; once it is there it never changes, so that every attempt carries the same bytes.
    Column("message", Text),
    UniqueConstraint("issue_id", "number"),
)

# Which subscriptions a variant was frozen for: those that stood at the cursor with this choice.
variant_group = Table(
    "variant_group",
    metadata,
    Column("variant_id", Id, ForeignKey("variant.id"), primary_key=True),
    Column("cursor", BigInteger, primary_key=True),
    Column("topic_set_id", Id, primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("owed", Text, primary_key=True),
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
    Index(None, "state", "issue_id"),
)

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
    ForeignKeyConstraint(["issue_id"], ["issue.id"]),
    ForeignKeyConstraint(["variant_id"], ["variant.id"]),
    CheckConstraint("outcome IN ('accepted', 'rejected', 'suppressed', 'cancelled')", name="outcome"),
    CheckConstraint("outcome IS NOT NULL OR sequence IS NOT NULL", name="to_do_has_batch"),
    Index(None, "variant_id", "sequence"),
    Index(None, "subscriber_id"),
    sqlite_with_rowid=False,
)
