"""The month that an article is filed under in archives, and a count of what changed articles"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("articles_version", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.add_column(sa.Column("archive_month", sa.Integer(), server_default="0", nullable=False))
    # What was there before is filed under the month that it was published in.
    article = sa.table(
        "article", sa.column("archive_month", sa.Integer()), sa.column("published_at", pipeline.store.types.UtcTime())
    )
    if op.get_bind().dialect.name == "postgresql":
        utc = sa.func.timezone("UTC", article.c.published_at)
        month = sa.cast(sa.func.to_char(utc, "YYYYMM"), sa.Integer())
    else:
        text = sa.type_coerce(article.c.published_at, sa.String())
        month = sa.cast(sa.func.substr(text, 1, 4).concat(sa.func.substr(text, 6, 2)), sa.Integer())
    op.execute(sa.update(article).values(archive_month=month))
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_archive_month_published_at_id"),
            ["archive_month", "published_at", "id"],
            unique=False,
        )
