"""How an issue is stopped that is being mailed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select, tuple_, update

from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind
from pipeline.store.owed import owe_again
from pipeline.store.tables import batch, delivery, issue

UNSETTLED = (BatchState.READY, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.RETRY_WAIT, BatchState.IN_DOUBT)
"""The states of a batch in which something is to do or in doubt."""

_STOPPED = (BatchState.READY, BatchState.RETRY_WAIT)


def cancel(tx: Connection, id_: IssueId, reason: str, now: datetime) -> int:
    """Cancel what of an issue waits to be submitted, and owe its articles again; returns how many deliveries."""
    stopped = and_(batch.c.issue_id == id_, batch.c.state.in_(_STOPPED))
    # Held, so that none of them is claimed meanwhile.
    waiting = select(batch.c.id).where(stopped).order_by(batch.c.id).with_for_update()
    tx.execute(select(func.count()).select_from(waiting.subquery()))
    places = select(batch.c.variant_id, batch.c.sequence).where(stopped)
    theirs = and_(
        delivery.c.issue_id == id_,
        delivery.c.outcome.is_(None),
        tuple_(delivery.c.variant_id, delivery.c.sequence).in_(places),
    )
    columns = (delivery.c.subscriber_id, delivery.c.subscription_id, delivery.c.variant_id)
    owe_again(tx, id_, select(*columns).where(theirs))
    ended = update(delivery).where(theirs).values(outcome=OutcomeKind.CANCELLED, reason=reason)
    cancelled = tx.execute(ended).rowcount
    tx.execute(update(batch).where(stopped).values(state=BatchState.CANCELLED))
    going = exists().where(batch.c.issue_id == issue.c.id, batch.c.state.in_(UNSETTLED))
    over = update(issue).where(issue.c.id == id_, issue.c.state == IssueState.OPEN, ~going)
    tx.execute(over.values(state=IssueState.CANCELLED, reason=reason, finished_at=now))
    return cancelled
