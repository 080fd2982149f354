"""Budgets and standing of providers; issues that hold; whose account a batch was submitted to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0011"
down_revision = "0010"

_TIME = pipeline.store.types.UtcTime
_HOLD = (
    "ALTER TABLE issue ADD COLUMN hold VARCHAR(20)"
    " CONSTRAINT ck_issue_hold CHECK (hold IN ('paused', 'canary', 'halted', 'cancelling'))"
)


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("start", _TIME(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "domain", "period", "start", name=op.f("pk_budget")),
    )
    op.create_table(
        "provider_standing",
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("free_at", _TIME(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rests_until", _TIME(), nullable=True),
        sa.Column("trial_until", _TIME(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_standing")),
    )
    op.execute(_HOLD)
    op.add_column("issue", sa.Column("hold_until", _TIME(), nullable=True))
    op.add_column("issue", sa.Column("canary", sa.Integer(), nullable=True))
    op.add_column("batch", sa.Column("account", sa.String(length=16), nullable=True))
    op.drop_index(op.f("ix_batch_state_issue_id"), "batch")
    op.create_index(
        op.f("ix_batch_state_issue_id_variant_id_sequence"), "batch", ["state", "issue_id", "variant_id", "sequence"]
    )
