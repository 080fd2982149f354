"""How an issue is stopped that is being mailed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select, tuple_, update

from pipeline.domain.issue import Hold, IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind
from pipeline.store.books import keep_books, unbalanced
from pipeline.store.owed import owe_again
from pipeline.store.tables import batch, delivery, issue

UNSETTLED = (BatchState.READY, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.RETRY_WAIT, BatchState.IN_DOUBT)
"""The states of a batch in which something is to do or in doubt."""
_UNSETTLED = exists().where(batch.c.issue_id == issue.c.id, batch.c.state.in_(UNSETTLED))

# What is only claimed can't be submitted any more: the intent finds that it is not there.
_STOPPED = (BatchState.READY, BatchState.CLAIMED, BatchState.RETRY_WAIT)


def cancel(tx: Connection, id_: IssueId, reason: str, now: datetime) -> int:
    """Cancel what of an issue waits to be submitted, and owe its articles again; returns how many deliveries.

    What is under way or in doubt is held until it is known: it is either accepted, or cancelled by `finish`.
    """
    open_ = and_(issue.c.id == id_, issue.c.state == IssueState.OPEN)
    tx.execute(update(issue).where(open_).values(hold=Hold.CANCELLING, hold_until=None, reason=reason))
    cancelled = stop(tx, id_, reason)
    end(tx, id_, now)
    return cancelled


def stop(tx: Connection, id_: IssueId, reason: str) -> int:
    """Cancel what of an issue waits, and owe its articles again."""
    stopped = and_(batch.c.issue_id == id_, batch.c.state.in_(_STOPPED))
    # Held, so that none of them is claimed or submitted meanwhile.
    waiting = select(batch.c.id).where(stopped).order_by(batch.c.id).with_for_update()
    if not tx.execute(select(func.count()).select_from(waiting.subquery())).scalar_one():
        # Its deliveries, who may be a million, need not be looked through each time.
        return 0
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
    gone = {"state": BatchState.CANCELLED, "owner": None, "lease_until": None, "not_before": None}
    tx.execute(update(batch).where(stopped).values(gone))
    return cancelled


def end(tx: Connection, id_: IssueId, now: datetime) -> None:
    """End an issue that is being cancelled, if nothing of it is under way or in doubt any more."""
    over = update(issue).where(issue.c.id == id_, issue.c.hold == Hold.CANCELLING, ~_UNSETTLED)
    ended = over.values(state=IssueState.CANCELLED, hold=None, finished_at=now).returning(issue.c.id)
    keep_books(tx, tx.execute(ended).scalars().all())


def finish(tx: Connection, now: datetime) -> Sequence[IssueId]:
    """Finish open issues whose books balance with nothing to do or in doubt; end those that are being cancelled."""
    cancelling = select(issue.c.id, issue.c.reason).where(issue.c.hold == Hold.CANCELLING)
    for row in tx.execute(cancelling).all():
        # What was under way when it was cancelled, and came back to be tried again.
        stop(tx, IssueId(row.id), row.reason)
        end(tx, IssueId(row.id), now)
    settled = select(issue.c.id).where(issue.c.state == IssueState.OPEN, ~_UNSETTLED)
    ids = [IssueId(id_) for id_ in tx.execute(settled).scalars()]
    wrong = unbalanced(tx, ids) if ids else {}
    balanced = [id_ for id_ in ids if id_ not in wrong]
    done = {"state": IssueState.FINISHED, "hold": None, "hold_until": None, "finished_at": now}
    tx.execute(update(issue).where(issue.c.id.in_(balanced), ~_UNSETTLED).values(done))
    keep_books(tx, balanced)
    return balanced
