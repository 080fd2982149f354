"""What providers may be given, and how they stand."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from pipeline.store.tables.base import metadata
from pipeline.store.types import UtcTime

# How many recipients were booked on a provider in an hour, a day, or a day of a sender domain's warm-up.
budget = Table(
    "budget",
    metadata,
    Column("provider", String(100), primary_key=True),
    # The sender's domain for a warm-up; empty for what counts for the whole account.
    Column("domain", String(255), primary_key=True),
    Column("period", String(10), primary_key=True),
    Column("start", UtcTime, primary_key=True),
    Column("used", Integer, nullable=False),
)

provider_standing = Table(
    "provider_standing",
    metadata,
    Column("provider", String(100), primary_key=True),
    # When its rate lets the next call begin.
    Column("free_at", UtcTime),
    # Calls in a row that it was not available for; while there are any, one trial call at a time.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("rests_until", UtcTime),
    Column("trial_until", UtcTime),
    Column("error", Text, nullable=False, server_default=""),
)
