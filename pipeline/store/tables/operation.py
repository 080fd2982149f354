"""This installation, its schedules and its runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text, UniqueConstraint

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime, UuidText

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("uid", UuidText, nullable=False),
    # The generation counts the batches that were about to be submitted; the file beside the store knows the last.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    # The last release number given out; its row is the lock that makes the order of commits that of the numbers.
    Column("last_release", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    # Counts the answers of sources that changed anything of an article: while it stands still, so do the feeds.
    Column("articles_version", BigInteger, nullable=False, server_default="0"),
    # Since when nothing is mailed, by an operator's decision.  It stands in this row because each intent to submit
    # passes here to count its generation: so a hold and an intent come one after the other.
    Column("held_since", UtcTime),
    Column("held_reason", Text, nullable=False, server_default=""),
    CheckConstraint("id = 1", name="only_one"),
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
    Column("started_by", String(20), nullable=False, server_default=""),
    # The last lines that were logged in it, as JSON.
    Column("log", Text, nullable=False, server_default="[]"),
    UniqueConstraint("job", "slot"),
    CheckConstraint("outcome IN ('running', 'done', 'failed', 'skipped', 'missed', 'broken_off')", name="outcome"),
    Index(None, "started_at"),
)
