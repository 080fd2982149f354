"""Who may use the API, and what it answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from pipeline.store.tables.base import Id, metadata
from pipeline.store.types import UtcTime

api_token = Table(
    "api_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    # Of the whole token, which has enough chance in it that nothing slower is needed; the token itself is nowhere.
    Column("digest", String(64), nullable=False, unique=True),
    # With spaces, sorted.
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("used_at", UtcTime),
)

# What a request with an Idempotency-Key was answered.
api_answer = Table(
    "api_answer",
    metadata,
    Column("token_id", Id, primary_key=True),
    Column("key", String(64), primary_key=True),
    # Of what was asked for: the same key with anything else is a mistake.
    Column("request", String(64), nullable=False),
    # None while it is being worked on, or where that was broken off.
    Column("status", Integer),
    Column("body", Text),
    Column("asked_at", UtcTime, nullable=False),
    Index(None, "asked_at"),
)
