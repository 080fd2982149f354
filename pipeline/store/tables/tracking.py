"""What readers did with an issue, in numbers."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from pipeline.store.tables.base import Id, metadata

# No person is in it.  ``link`` is a digest of the address, "open" for openings, "sum" for the clicks of an issue that
# is too old for its links to be told apart.
tracked_link = Table(
    "tracked_link",
    metadata,
    Column("issue_id", Id, primary_key=True),
    Column("link", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("times", Integer, nullable=False),
)
