"""Notices come into being in the transaction that they tell of."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from pipeline.domain.audience import Subscription
from pipeline.domain.ledger import BatchState
from pipeline.domain.notice import NoticeKind
from pipeline.domain.sign_up import SignUpId
from pipeline.store.statements import insert_new
from pipeline.store.tables import notice

_QUIET = timedelta(days=1)


def note(
    tx: Connection,
    kind: NoticeKind,
    newsletter: str,
    now: datetime,
    *,
    language: str,
    mailbox: str = "",
    sign_up: SignUpId | None = None,
    subscription: int | None = None,
) -> None:
    """Let a notice be mailed; once for each sign-up.

    ``mailbox`` counts what is mailed because somebody gave its address, who may be anybody.
    """
    row = {
        "id": uuid.uuid4(),
        "kind": kind,
        "newsletter": newsletter,
        "sign_up_id": sign_up,
        "subscription_id": subscription,
        "mailbox": mailbox,
        "language": language,
        "created_at": now,
        "state": BatchState.READY,
    }
    tx.execute(insert_new(tx, notice).values(row).on_conflict_do_nothing())


def say_goodbye(tx: Connection, subscription: Subscription, now: datetime) -> None:
    """Confirm that a subscription has ended; not again when somebody tries out how often that works."""
    lately = exists().where(
        notice.c.subscription_id == subscription.id,
        notice.c.kind == NoticeKind.GOODBYE,
        notice.c.created_at > now - _QUIET,
    )
    if tx.execute(select(lately)).scalar_one():
        return
    note(
        tx,
        NoticeKind.GOODBYE,
        subscription.newsletter,
        now,
        language=subscription.language or "",
        subscription=subscription.id,
    )
