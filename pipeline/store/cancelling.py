"""How an issue is stopped that is being mailed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, select, update

from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, SubscriberId
from pipeline.store.owed import give_articles_back
from pipeline.store.tables import batch, delivery, issue

UNSETTLED = (BatchState.READY, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.RETRY_WAIT, BatchState.IN_DOUBT)
"""The states of a batch in which something is to do or in doubt."""

_STOPPED = (BatchState.READY, BatchState.RETRY_WAIT)
_PAGE = 1000


def cancel(tx: Connection, id_: IssueId, reason: str, now: datetime) -> int:
    """Cancel what of an issue waits to be submitted, and owe its articles again; returns how many deliveries."""
    waiting = select(batch.c.id).where(batch.c.issue_id == id_, batch.c.state.in_(_STOPPED)).order_by(batch.c.id)
    batches = list(tx.execute(waiting.with_for_update()).scalars())
    theirs = (
        select(delivery.c.subscriber_id)
        .join(batch, and_(batch.c.variant_id == delivery.c.variant_id, batch.c.sequence == delivery.c.sequence))
        .where(delivery.c.issue_id == id_, delivery.c.outcome.is_(None), batch.c.state.in_(_STOPPED))
    )
    people = [SubscriberId(person) for person in tx.execute(theirs).scalars()]
    for start in range(0, len(people), _PAGE):
        page = people[start : start + _PAGE]
        give_articles_back(tx, id_, page)
        ended = update(delivery).where(delivery.c.issue_id == id_, delivery.c.subscriber_id.in_(page))
        tx.execute(ended.values(outcome=OutcomeKind.CANCELLED, reason=reason))
    for start in range(0, len(batches), _PAGE):
        stopped = update(batch).where(batch.c.id.in_(batches[start : start + _PAGE]))
        tx.execute(stopped.values(state=BatchState.CANCELLED))
    going = exists().where(batch.c.issue_id == issue.c.id, batch.c.state.in_(UNSETTLED))
    over = update(issue).where(issue.c.id == id_, issue.c.state == IssueState.OPEN, ~going)
    tx.execute(over.values(state=IssueState.CANCELLED, reason=reason, finished_at=now))
    return len(people)
