"""Ids taken over from feeds that ours replace."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

adopted_id = Table(
    "adopted_id",
    metadata,
    Column("id", Id, primary_key=True),
    # Which of our formats shows it: that of the feed that it comes from.
    Column("format", String(20), nullable=False),
    Column("value", Text, nullable=False),
    # None: its article was not collected yet.
    Column("article_id", Id, ForeignKey("article.id")),
    # Only an article of this source gets it; None: of any.
    Column("source", String(100)),
    Column("feed", Text, nullable=False),
    Column("adopted_at", UtcTime, nullable=False),
    UniqueConstraint("format", "value"),
    UniqueConstraint("article_id", "format"),
)

adopted_name = Table(
    "adopted_name",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("adopted_id", Id, ForeignKey("adopted_id.id"), primary_key=True),
    Index(None, "adopted_id"),
)
