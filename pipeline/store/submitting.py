"""The intent to submit a batch, with what it uses up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, case, or_, select, update

from pipeline.deliver.lanes import Lane
from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.issue import Hold, IssueState
from pipeline.domain.ledger import BatchState
from pipeline.store.budgets import book
from pipeline.store.tables import batch, issue


def intend(
    tx: Connection, held: HeldBatch, owner: str, lane: Lane, payload_hash: str, now: datetime, lease: timedelta
) -> bool:
    """Write the intent down and book what it takes.  Where this is False, roll back: nothing may be submitted."""
    doubtful = held.state is BatchState.IN_DOUBT
    still = [batch.c.id == held.id, batch.c.state == held.state, batch.c.attempt == held.tries]
    if not doubtful:
        still.append(batch.c.owner == owner)
    intended = {
        "state": BatchState.SUBMITTING,
        "attempt": held.tries + 1,
        "owner": owner,
        "lease_until": now + lease,
        "provider": lane.provider,
        "payload_hash": payload_hash,
        "account": lane.account or None,
        "submitted_at": now,
        "error": "",
    }
    if tx.execute(update(batch).where(*still, batch.c.issue_id.in_(_goes_on(held))).values(intended)).rowcount != 1:
        return False
    if not held.tries:
        _count_canary(tx, held)
    # What is in doubt was booked when it was submitted first; that the provider is open now can't be waited for.
    return doubtful or book(tx, lane, len(held.addressees), now, lease)


def _goes_on(held: HeldBatch) -> Select[int]:
    """The batch's issue, if nothing holds it.

    A canary's recipients go on until they are settled.  So do those in doubt of an issue that is being cancelled: they
    may have it already, and only the provider can tell.
    """
    passing: list[Hold] = [Hold.CANARY] if held.tries else []
    passing += [Hold.CANCELLING] if held.state is BatchState.IN_DOUBT else []
    free = or_(issue.c.hold.is_(None), issue.c.hold.in_(passing))
    return select(issue.c.id).where(issue.c.id == held.issue, issue.c.state == IssueState.OPEN, free)


def _count_canary(tx: Connection, held: HeldBatch) -> None:
    """Count the batch's recipients off the issue's canary; the last of them make it hold."""
    size = len(held.addressees)
    last = issue.c.canary <= size
    counted = update(issue).where(issue.c.id == held.issue, issue.c.canary > 0)
    left = case((last, 0), else_=issue.c.canary - size)
    tx.execute(counted.values(canary=left, hold=case((last, Hold.CANARY.value), else_=None)))
