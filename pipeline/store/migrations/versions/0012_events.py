"""Events: what providers told us of messages that they had accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.types import UtcTime

revision = "0012"
down_revision = "0011"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = "'accepted', 'delivered', 'deferred', 'hard_bounce', 'soft_bounce', 'complained', 'unsubscribed', 'opened', 'clicked', 'rejected', 'unknown'"


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("issue_id", _ID, nullable=True),
        sa.Column("subscriber_id", _ID, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_event_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("provider", "event_id", name=op.f("uq_event_provider_event_id")),
    )
    op.create_index("ix_event_issue_id_kind_subscriber_id", "event", ["issue_id", "kind", "subscriber_id"])
    op.create_index("ix_event_subscriber_id_kind_at", "event", ["subscriber_id", "kind", "at"])
    op.create_table(
        "event_count",
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "kind", name=op.f("pk_event_count")),
    )
    op.create_table(
        "webhook_token",
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("token", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "token", name=op.f("pk_webhook_token")),
    )
    op.create_index("ix_webhook_token_until", "webhook_token", ["until"])
    op.create_table(
        "event_poll",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("read_until", UtcTime(), nullable=True),
        sa.Column("polled_at", UtcTime(), nullable=True),
        sa.Column("failing_since", UtcTime(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_poll")),
    )
