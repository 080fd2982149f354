"""What is wrong, and who was told of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, false

from pipeline.store.tables.base import metadata
from pipeline.store.types import UtcTime

alert = Table(
    "alert",
    metadata,
    Column("cause", String(40), primary_key=True),
    Column("subject", String(300), primary_key=True),
    # The machine that has it for itself; empty for what all share.
    Column("host", String(300), primary_key=True),
    Column("what", Text, nullable=False),
    Column("mend", Text, nullable=False),
    # A cause that comes again after it was over has another beginning, and is another alert.
    Column("since", UtcTime, nullable=False),
    Column("tell_from", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("over_at", UtcTime),
)

# One row for an alert and a way to tell of it.
alert_told = Table(
    "alert_told",
    metadata,
    Column("cause", String(40), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("host", String(300), primary_key=True),
    Column("way", String(400), primary_key=True),
    # The beginning of the alert that was told of.
    Column("told_of", UtcTime),
    Column("told_at", UtcTime),
    Column("told_over", Boolean, nullable=False, server_default=false()),
    # Whoever is about to tell of it sets this first, so that nobody else does meanwhile; so does a failure.
    Column("not_before", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
)
