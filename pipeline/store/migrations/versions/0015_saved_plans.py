"""Issues that are saved plans"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

_CHECK = "CONSTRAINT ck_issue_hold CHECK (hold IN ('paused', 'canary', 'halted', 'cancelling', 'saved', 'slot'))"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE issue DROP CONSTRAINT ck_issue_hold")
        op.execute(f"ALTER TABLE issue ADD {_CHECK}")
        return
    # SQLite can't alter a constraint: the column is made anew, without copying the table that others refer to.
    op.execute("ALTER TABLE issue RENAME COLUMN hold TO held_before")
    op.execute(f"ALTER TABLE issue ADD COLUMN hold VARCHAR(20) {_CHECK}")
    op.execute("UPDATE issue SET hold = held_before")
    op.execute("ALTER TABLE issue DROP COLUMN held_before")
