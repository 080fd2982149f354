"""WebSub: what was told of each topic, subscriptions to our own hub, and requests for them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "websub_topic",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("changed_at", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("pinged_digest", sa.String(length=64), nullable=True),
        sa.Column("pinged_at", pipeline.store.types.UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("next_try_at", pipeline.store.types.UtcTime(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", pipeline.store.types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_websub_topic")),
    )
    op.create_table(
        "websub_request",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=36), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("asked_at", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", pipeline.store.types.UtcTime(), nullable=True),
        sa.CheckConstraint("mode IN ('subscribe', 'unsubscribe', 'denied')", name=op.f("ck_websub_request_mode")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_websub_request")),
    )
    with op.batch_alter_table("websub_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_websub_request_host"), ["host"], unique=False)
        batch_op.create_index(batch_op.f("ix_websub_request_asked_at"), ["asked_at"], unique=False)
    op.create_table(
        "websub_subscription",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("lease_until", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("subscribed_at", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("delivered_at", pipeline.store.types.UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", pipeline.store.types.UtcTime(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("next_try_at", pipeline.store.types.UtcTime(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", pipeline.store.types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_websub_subscription")),
    )
    with op.batch_alter_table("websub_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_websub_subscription_topic"), ["topic"], unique=False)
        batch_op.create_index(batch_op.f("ix_websub_subscription_host"), ["host"], unique=False)
        batch_op.create_index(batch_op.f("ix_websub_subscription_lease_until"), ["lease_until"], unique=False)
