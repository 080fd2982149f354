"""What readers do can be counted, for who doesn't mind"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("untracked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "tracked_link",
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "link", name=op.f("pk_tracked_link")),
    )
