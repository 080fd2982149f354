"""Tokens and answers of the API; the books of issues that have ended are written down"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.types import UtcTime

revision = "0018"
down_revision = "0017"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NOT_ACCEPTED = sa.text("outcome IN ('rejected', 'suppressed', 'cancelled')")

_INACTIVE = sa.text("state <> 'active'")


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
    )
    op.create_table(
        "api_answer",
        sa.Column("token_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_api_answer")),
    )
    op.create_index("ix_api_answer_asked_at", "api_answer", ["asked_at"])
    op.add_column("issue", sa.Column("books", sa.Text(), nullable=True))
    op.create_index("ix_issue_slot_id", "issue", ["slot", "id"])
    op.create_index(
        "ix_delivery_not_accepted",
        "delivery",
        ["issue_id", "outcome"],
        sqlite_where=_NOT_ACCEPTED,
        postgresql_where=_NOT_ACCEPTED,
    )
    op.create_index(
        "ix_subscription_inactive",
        "subscription",
        ["newsletter", "state", "id"],
        sqlite_where=_INACTIVE,
        postgresql_where=_INACTIVE,
    )
