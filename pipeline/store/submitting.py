"""The intent to submit a batch, with what it uses up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, case, or_, select, update

from pipeline.deliver.lanes import Lane
from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.issue import Hold, IssueState
from pipeline.domain.ledger import BatchState
from pipeline.store.budgets import book
from pipeline.store.tables import batch, issue

_ISSUE_THAT_GOES_ON = select(issue.c.id).where(
    issue.c.id == bindparam("issue"),
    issue.c.state == IssueState.OPEN,
    or_(issue.c.hold.is_(None), issue.c.hold.in_(bindparam("passing", expanding=True))),
)
_INTENDED = update(batch).where(
    batch.c.id == bindparam("which"),
    batch.c.state == bindparam("stood"),
    batch.c.attempt == bindparam("tries"),
    or_(batch.c.state == BatchState.IN_DOUBT, batch.c.owner == bindparam("holder")),
    batch.c.issue_id.in_(_ISSUE_THAT_GOES_ON),
)
_LAST_OF_CANARY = issue.c.canary <= bindparam("size")
_COUNTED = (
    update(issue)
    .where(issue.c.id == bindparam("which"), issue.c.canary > 0)
    .values(
        canary=case((_LAST_OF_CANARY, 0), else_=issue.c.canary - bindparam("size")),
        hold=case((_LAST_OF_CANARY, Hold.CANARY.value), else_=None),
    )
)


def intend(
    tx: Connection, held: HeldBatch, owner: str, lane: Lane, payload_hash: str, now: datetime, lease: timedelta
) -> bool:
    """Write the intent down and book what it takes.  Where this is False, roll back: nothing may be submitted."""
    doubtful = held.state is BatchState.IN_DOUBT
    still = {
        "which": held.id,
        "stood": held.state,
        "tries": held.tries,
        "holder": owner,
        "issue": held.issue,
        "passing": _passing(held),
    }
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
    if tx.execute(_INTENDED, {**still, **intended}).rowcount != 1:
        return False
    if not held.tries:
        # Count its recipients off the issue's canary; the last of them make it hold.
        tx.execute(_COUNTED, {"which": held.issue, "size": len(held.addressees)})
    # What is in doubt was booked when it was submitted first; that the provider is open now can't be waited for.
    return doubtful or book(tx, lane, len(held.addressees), now, lease)


def _passing(held: HeldBatch) -> list[Hold]:
    """What of that may hold an issue does not hold this batch.

    A canary's recipients go on until they are settled.  So do those in doubt of an issue that is being cancelled: they
    may have it already, and only the provider can tell.
    """
    passing = [Hold.CANARY] if held.tries else []
    return [*passing, Hold.CANCELLING] if held.state is BatchState.IN_DOUBT else passing
