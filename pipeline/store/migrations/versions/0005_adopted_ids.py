"""Ids taken over from feeds that ours replace"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "adopted_id",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(length=100), nullable=True),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("adopted_at", pipeline.store.types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_adopted_id_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopted_id")),
        sa.UniqueConstraint("format", "value", name=op.f("uq_adopted_id_format_value")),
        sa.UniqueConstraint("article_id", "format", name=op.f("uq_adopted_id_article_id_format")),
    )
    op.create_table(
        "adopted_name",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("adopted_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["adopted_id"], ["adopted_id.id"], name=op.f("fk_adopted_name_adopted_id")),
        sa.PrimaryKeyConstraint("kind", "value", "adopted_id", name=op.f("pk_adopted_name")),
    )
    with op.batch_alter_table("adopted_name", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adopted_name_adopted_id"), ["adopted_id"], unique=False)
