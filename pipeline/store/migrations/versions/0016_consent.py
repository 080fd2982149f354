"""What people agreed to whom a list or the operator brought along"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("subscription", sa.Column("consent", sa.String(64), nullable=True))
