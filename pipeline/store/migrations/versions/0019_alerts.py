"""Alerts, and who was told of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.types import UtcTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("tell_from", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("over_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("cause", "subject", "host", name=op.f("pk_alert")),
    )
    op.create_table(
        "alert_told",
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("way", sa.String(length=400), nullable=False),
        sa.Column("told_of", UtcTime(), nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.Column("told_over", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("not_before", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("cause", "subject", "host", "way", name=op.f("pk_alert_told")),
    )
