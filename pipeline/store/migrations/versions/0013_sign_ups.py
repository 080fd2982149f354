"""Sign-ups, notices, private feeds; subscriptions that pause"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.types import UtcTime, UuidText

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BATCH_STATES = "'ready', 'claimed', 'submitting', 'retry_wait', 'in_doubt', 'accepted', 'rejected', 'cancelled'"
_SUBSCRIPTION_STATES = "state IN ('pending', 'active', 'paused', 'unsubscribed')"


def upgrade() -> None:
    op.create_table(
        "consent_text",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "sign_up",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("subscription_id", _ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("cadence", sa.String(length=100), nullable=False),
        sa.Column("topics", sa.Text(), server_default="[]", nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("spoken", sa.String(length=35), server_default="", nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("network", sa.String(length=64), server_default="", nullable=False),
        sa.Column("consent", sa.String(length=64), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("confirmed_network", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('subscription', 'address')", name=op.f("ck_sign_up_kind")),
        sa.CheckConstraint("state IN ('asked', 'mailed', 'confirmed')", name=op.f("ck_sign_up_state")),
        sa.ForeignKeyConstraint(["consent"], ["consent_text.digest"], name=op.f("fk_sign_up_consent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sign_up_state_asked_at"), "sign_up", ["state", "asked_at"])
    op.create_index(op.f("ix_sign_up_subscription_id"), "sign_up", ["subscription_id"])
    op.create_table(
        "notice",
        sa.Column("id", UuidText(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("sign_up_id", _ID, nullable=True),
        sa.Column("subscription_id", _ID, nullable=True),
        sa.Column("mailbox", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("provider", sa.String(length=100), nullable=True),
        sa.Column("account", sa.String(length=16), nullable=True),
        sa.Column("payload_hash", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("not_before", UtcTime(), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('confirm', 'welcome', 'goodbye')", name=op.f("ck_notice_kind")),
        sa.CheckConstraint(f"state IN ({_BATCH_STATES})", name=op.f("ck_notice_state")),
        sa.CheckConstraint(
            "state NOT IN ('claimed', 'submitting') OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_notice_lease"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('submitting', 'in_doubt') OR (provider IS NOT NULL AND payload_hash IS NOT NULL)",
            name=op.f("ck_notice_intent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("kind", "sign_up_id", name=op.f("uq_notice_kind_sign_up_id")),
    )
    op.create_index(op.f("ix_notice_state_created_at"), "notice", ["state", "created_at"])
    op.create_index(op.f("ix_notice_mailbox_created_at"), "notice", ["mailbox", "created_at"])
    op.create_index(op.f("ix_notice_subscription_id"), "notice", ["subscription_id"])
    op.create_table(
        "private_feed",
        sa.Column("id", _ID, nullable=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_feed")),
        sa.UniqueConstraint("subscription_id", name=op.f("uq_private_feed_subscription_id")),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        # SQLite can't change a constraint in place: the table is copied, and what it checks is said anew.
        with op.batch_alter_table("subscription", recreate="always") as table:
            table.add_column(sa.Column("paused_until", UtcTime(), nullable=True))
            table.create_check_constraint(op.f("ck_subscription_state"), _SUBSCRIPTION_STATES)
    else:
        op.add_column("subscription", sa.Column("paused_until", UtcTime(), nullable=True))
        op.drop_constraint(op.f("ck_subscription_state"), "subscription", type_="check")
        op.create_check_constraint(op.f("ck_subscription_state"), "subscription", _SUBSCRIPTION_STATES)
