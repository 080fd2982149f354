"""Subscriptions stand in groups, which issues move; deliveries without foreign keys; corrections"""

from __future__ import annotations

# ruff: noqa: S608  (the statements are made of constants)
import sqlalchemy as sa
from alembic import op

import pipeline.store.types

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = pipeline.store.types.UtcTime


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "subscription_group",
        sa.Column("id", _ID, nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("cadence", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("topic_set_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.Text(), server_default="", nullable=False),
        sa.Column("corrections", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["topic_set_id"], ["topic_set.id"], name=op.f("fk_subscription_group_topic_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_group")),
    )
    op.create_index(
        op.f("ix_subscription_group_newsletter_cadence_topic_set_id"),
        "subscription_group",
        ["newsletter", "cadence", "topic_set_id"],
    )
    op.create_table(
        "correction",
        sa.Column("id", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("retracted", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        sa.Column("release_number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_correction_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("release_number", name=op.f("uq_correction_release_number")),
    )
    op.create_index(op.f("ix_correction_article_id"), "correction", ["article_id"])
    op.create_index(op.f("ix_article_retracted_at"), "article", ["retracted_at"])
    op.add_column("variant", sa.Column("sections", sa.Text(), server_default="[]", nullable=False))
    op.add_column("variant", sa.Column("corrections", sa.Text(), server_default="[]", nullable=False))
    # It says for what groups variants were made, which were no rows then.
    op.drop_table("variant_group")
    op.create_table(
        "variant_group",
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("topic_set_id", _ID, nullable=False),
        sa.Column("owed", sa.Text(), nullable=False),
        sa.Column("corrections", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_variant_group_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", "group_id", name=op.f("pk_variant_group")),
    )
    op.execute(
        "INSERT INTO subscription_group (newsletter, cadence, timezone, topic_set_id, language, cursor, owed)"
        " SELECT DISTINCT newsletter, cadence, coalesce(timezone, ''), topic_set_id, coalesce(language, ''), cursor, owed"
        " FROM subscription"
    )
    _subscriptions(on_sqlite=on_sqlite)
    op.create_index("ix_subscription_group", "subscription", ["group_id", "state", "subscriber_id", "id"])
    _deliveries(on_sqlite=on_sqlite)


def _subscriptions(*, on_sqlite: bool) -> None:
    theirs = (
        "SELECT id FROM subscription_group WHERE subscription_group.newsletter = subscription.newsletter"
        " AND subscription_group.cadence = subscription.cadence"
        " AND subscription_group.timezone = coalesce(subscription.timezone, '')"
        " AND subscription_group.topic_set_id = subscription.topic_set_id"
        " AND subscription_group.language = coalesce(subscription.language, '')"
        " AND subscription_group.cursor = subscription.cursor AND subscription_group.owed = subscription.owed"
    )
    op.drop_index("ix_subscription_group", "subscription")
    if not on_sqlite:
        op.add_column("subscription", sa.Column("group_id", _ID, nullable=True))
        op.execute(f"UPDATE subscription SET group_id = ({theirs})")
        op.alter_column("subscription", "group_id", nullable=False)
        op.create_foreign_key(
            op.f("fk_subscription_group_id"), "subscription", "subscription_group", ["group_id"], ["id"]
        )
        for gone in ("cadence", "topic_set_id", "language", "timezone", "cursor", "owed"):
            op.drop_column("subscription", gone)
        return
    # SQLite can't take away what a constraint names: the table is copied.
    op.create_table(
        "subscription_new",
        sa.Column("id", _ID, nullable=False),
        sa.Column("subscriber_id", _ID, nullable=False),
        sa.Column("newsletter", sa.String(length=100), nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", _TIME(), nullable=False),
        sa.Column("confirmed_at", _TIME(), nullable=True),
        sa.Column("changed_at", _TIME(), nullable=False),
        sa.Column("ended_how", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'active', 'unsubscribed')", name=op.f("ck_subscription_state")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscription_subscriber_id")),
        sa.ForeignKeyConstraint(["group_id"], ["subscription_group.id"], name=op.f("fk_subscription_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("subscriber_id", "newsletter", name=op.f("uq_subscription_subscriber_id_newsletter")),
    )
    kept = "subscriber_id, newsletter, state, created_at, confirmed_at, changed_at, ended_how"
    copied = f"INSERT INTO subscription_new (id, group_id, {kept}) SELECT subscription.id, ({theirs}), {kept}"
    op.execute(f"{copied} FROM subscription")
    op.drop_table("subscription")
    op.rename_table("subscription_new", "subscription")


def _deliveries(*, on_sqlite: bool) -> None:
    if not on_sqlite:
        op.drop_constraint("fk_delivery_issue_id", "delivery", type_="foreignkey")
        op.drop_constraint("fk_delivery_variant_id", "delivery", type_="foreignkey")
        op.drop_index("ix_delivery_subscriber_id", "delivery")
        return
    op.create_table(
        "delivery_new",
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("subscriber_id", _ID, nullable=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("variant_id", _ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'rejected', 'suppressed', 'cancelled')", name=op.f("ck_delivery_outcome")
        ),
        sa.CheckConstraint("outcome IS NOT NULL OR sequence IS NOT NULL", name=op.f("ck_delivery_to_do_has_batch")),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_delivery")),
        sqlite_with_rowid=False,
    )
    columns = "issue_id, subscriber_id, subscription_id, variant_id, sequence, outcome, reason, provider_ref"
    op.execute(f"INSERT INTO delivery_new ({columns}) SELECT {columns} FROM delivery")
    op.drop_table("delivery")
    op.rename_table("delivery_new", "delivery")
    op.create_index("ix_delivery_variant_id_sequence", "delivery", ["variant_id", "sequence"])
