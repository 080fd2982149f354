"""When sources are polled, what that costs, and gaps in what they showed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "gap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("since", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("upto", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("retry", sa.Boolean(), nullable=False),
        sa.Column("found_at", pipeline.store.types.UtcTime(), nullable=False),
        sa.Column("closed_at", pipeline.store.types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gap_source_closed_at"), ["source", "closed_at"], unique=False)
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("last_status", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("next_poll_at", pipeline.store.types.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("asked_until", pipeline.store.types.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", pipeline.store.types.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("failing_since", pipeline.store.types.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("last_window", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("windows", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("shown", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("polls", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("unmodified", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("requests", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("received", sa.BigInteger(), server_default="0", nullable=False))
