"""Pictures that articles show, and our copies of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = pipeline.store.types.UtcTime


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("id", _ID, nullable=False),
        sa.Column("url_digest", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sizes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", _TIME(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_at", _TIME(), nullable=False),
        sa.Column("copied_at", _TIME(), nullable=True),
        sa.Column("unused_since", _TIME(), nullable=True),
        sa.CheckConstraint("state IN ('wanted', 'copied', 'left')", name=op.f("ck_picture_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
        sa.UniqueConstraint("url_digest", name=op.f("uq_picture_url_digest")),
    )
    op.create_index(op.f("ix_picture_state_next_try_at"), "picture", ["state", "next_try_at"])
    op.create_index(op.f("ix_picture_unused_since"), "picture", ["unused_since"])
    op.create_table(
        "article_picture",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("picture_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_picture_article_id")),
        sa.ForeignKeyConstraint(["picture_id"], ["picture.id"], name=op.f("fk_article_picture_picture_id")),
        sa.PrimaryKeyConstraint("article_id", "picture_id", name=op.f("pk_article_picture")),
    )
    op.create_index(op.f("ix_article_picture_picture_id"), "article_picture", ["picture_id"])
    op.create_table(
        "picture_scan",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_picture_scan_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_picture_scan")),
    )
