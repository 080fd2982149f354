"""Articles, their revisions, and who showed them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

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
    # What was odd about its last changed answer, though nothing of it was lost.
    Column("remark", Text),
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
    # The month of the archives that it is filed under, as 202601: given once, whatever becomes of its dates.
    Column("archive_month", Integer, nullable=False, server_default="0"),
    Index(None, "published_at", "id"),
    Index(None, "archive_month", "published_at", "id"),
    Index(None, "mailable", "release_number", "settles_at"),
    Index(None, "retracted_at"),
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

# What the current revision carries, under the form that it is compared by; the label is how it is written there.
article_facet = Table(
    "article_facet",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Column("label", Text, nullable=False),
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
