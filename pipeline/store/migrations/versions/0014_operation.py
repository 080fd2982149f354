"""Mailing can be on hold; runs say what started them, and keep an excerpt of their log"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_since", pipeline.store.types.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("held_reason", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("started_by", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("log", sa.Text(), server_default="[]", nullable=False))
