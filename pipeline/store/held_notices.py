"""Notices as they are rendered and submitted: with the person that each is for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from pipeline.deliver.ledger import Addressee, HeldBatch
from pipeline.domain.audience import SubscriptionState, address_key
from pipeline.domain.ledger import BatchState, IssueId, SubscriberId
from pipeline.domain.notice import Notice, NoticeKind
from pipeline.domain.sign_up import LIFTED_BY_CONFIRMING
from pipeline.store.codec import load_message
from pipeline.store.tables import notice, sign_up, subscriber, subscription, subscription_group, suppression

_AT_ONCE = 200
_NO_ISSUE = IssueId(0)


def unrendered(tx: Connection) -> Sequence[Notice]:
    """The oldest notices without a message, some at once."""
    waiting = _notices().where(notice.c.message.is_(None), notice.c.state == BatchState.READY)
    return [
        Notice(
            id=row.id,
            kind=NoticeKind(row.kind),
            newsletter=row.newsletter,
            cadence=row.cadence or "",
            language=row.language,
            created=row.created_at,
            name=_name(row),
            sign_up=row.sign_up_id,
            subscription=row.subscription_id,
        )
        for row in tx.execute(waiting.order_by(notice.c.created_at).limit(_AT_ONCE))
    ]


def held_notices(tx: Connection, which: ColumnElement[bool]) -> list[HeldBatch]:
    """Notices as the ledger hands them out."""
    return [
        HeldBatch(
            id=row.id,
            issue=_NO_ISSUE,
            issue_uid=row.id,
            newsletter=row.newsletter,
            sequence=1,
            state=BatchState(row.state),
            tries=row.attempt,
            date=row.created_at,
            language=row.language,
            message=load_message(row.message),
            addressees=(Addressee(SubscriberId(row.person or 0), 0, row.address, _name(row)),),
            provider=row.provider,
            payload_hash=row.payload_hash,
            account=row.account,
            submitted_at=row.submitted_at,
        )
        for row in tx.execute(_notices().where(which, notice.c.message.is_not(None)).order_by(notice.c.created_at))
    ]


def is_mailable(tx: Connection, id_: uuid.UUID) -> bool:
    """Whether a notice may still be mailed: it has an address, and that is not suppressed.

    A request for confirmation also goes to an address whose suppression the confirmation would lift.
    """
    row = tx.execute(_notices().where(notice.c.id == id_)).one()
    if not row.address:
        return False
    if row.kind == NoticeKind.WELCOME and row.subscription_state == SubscriptionState.UNSUBSCRIBED:
        return False
    query = select(suppression.c.reason).where(suppression.c.address_key == address_key(row.address))
    reason = tx.execute(query).scalar_one_or_none()
    return reason is None or (row.kind == NoticeKind.CONFIRM and reason in LIFTED_BY_CONFIRMING)


def _notices() -> Select[Any]:
    """With the address that each goes to: that of who asked, or that of the subscription."""
    return (
        select(notice, subscriber.c.id.label("person"), subscriber.c.name)
        .add_columns(subscription.c.state.label("subscription_state"))
        .add_columns(func.coalesce(subscriber.c.address, sign_up.c.address).label("address"))
        .add_columns(func.coalesce(subscription_group.c.cadence, sign_up.c.cadence).label("cadence"))
        .outerjoin(sign_up, sign_up.c.id == notice.c.sign_up_id)
        .outerjoin(subscription, subscription.c.id == notice.c.subscription_id)
        .outerjoin(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .outerjoin(subscription_group, subscription_group.c.id == subscription.c.group_id)
    )


def _name(row: Any) -> str:  # noqa: ANN401  (a row of _notices)
    """What somebody wrote who may be anybody is not mailed to the owner of an address."""
    return "" if row.kind == NoticeKind.CONFIRM else row.name or ""
