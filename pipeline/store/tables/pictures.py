"""Pictures that articles show, and our copies of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

picture = Table(
    "picture",
    metadata,
    Column("id", Id, primary_key=True),
    # Addresses may be too long for an index.
    Column("url_digest", String(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    # left: where it is; it can't be copied, or shall not be.
    Column("state", String(10), nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    # Width, height and name of each file.
    Column("sizes", Text, nullable=False, server_default="[]"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", UtcTime),
    Column("error", Text, nullable=False, server_default=""),
    Column("noted_at", UtcTime, nullable=False),
    Column("copied_at", UtcTime),
    Column("unused_since", UtcTime),
    CheckConstraint("state IN ('wanted', 'copied', 'left')", name="state"),
    Index(None, "state", "next_try_at"),
    Index(None, "unused_since"),
)

article_picture = Table(
    "article_picture",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Column("picture_id", Id, ForeignKey("picture.id"), primary_key=True),
    Index(None, "picture_id"),
)

# The revision of an article that was looked through for pictures last.
picture_scan = Table(
    "picture_scan",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
)
