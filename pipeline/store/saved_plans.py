"""Saved plans: issues that are frozen and rendered, and of which nothing goes out until a person says so.

Until then nobody knows of such an issue, so it may still be taken back as if it had never been.  It waits for a while
only; then it ends as any issue that is cancelled, and what it carried is owed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, null, select, update

from pipeline.domain.issue import UNSENT, Hold, IssueKey, IssueState, Terms
from pipeline.domain.ledger import IssueId
from pipeline.store.cancelling import cancel
from pipeline.store.composing import groups_of
from pipeline.store.freezing import begin, composed, write
from pipeline.store.groups import last_release, take_turn, tidy
from pipeline.store.owed import owe_again
from pipeline.store.tables import batch, delivery, issue, variant, variant_group

_NOT_SENT = "its plan was not sent in time"
_TOO_LATE = "no run came in time for its slot"


def save(tx: Connection, key: IssueKey, terms: Terms, now: datetime, wait: timedelta) -> IssueId | None:
    """Freeze an issue that is not handed over before it is `let_go`.

    None where there is such an issue already, or nobody would get anything: then the slot stays as it is.  It waits
    for so long after its slot, or after now if that is later.
    """
    take_turn(tx, terms.newsletter)
    upto = last_release(tx)
    composition = composed(tx, groups_of(tx, key, terms, upto), terms, upto, now)
    id_ = begin(tx, key, now) if composition.variants else None
    if id_ is None:
        return None
    write(tx, id_, terms, composition, upto)
    tidy(tx, key.newsletter, key.cadence)
    held = {"hold": Hold.SAVED, "hold_until": max(key.slot, now) + wait, "reason": "a saved plan"}
    tx.execute(update(issue).where(issue.c.id == id_).values(held))
    return id_


def let_go(tx: Connection, id_: IssueId, now: datetime) -> bool:
    """Let a saved plan go out, at its slot where that is still to come.

    False where it is none, or has waited for too long, or where a message is missing: nobody has seen that one.
    """
    missing = exists().where(variant.c.issue_id == issue.c.id, variant.c.message.is_(None))
    mine = and_(issue.c.id == id_, issue.c.hold == Hold.SAVED, issue.c.hold_until >= now, ~missing)
    early = issue.c.slot > now
    going = {
        "hold": case((early, Hold.SLOT.value)),
        "hold_until": case((early, issue.c.hold_until), else_=null()),
        "reason": case((early, "goes out at its slot"), else_=""),
    }
    return tx.execute(update(issue).where(mine).values(going)).rowcount == 1


def review(tx: Connection, now: datetime) -> Sequence[IssueId]:
    """Let those go whose slot has come, and cancel those that have waited for too long; returns these."""
    unsent = issue.c.hold.in_(UNSENT)
    late = select(issue.c.id, issue.c.hold).where(unsent, issue.c.hold_until < now).order_by(issue.c.id)
    over = tx.execute(late.with_for_update()).all()
    for row in over:
        cancel(tx, IssueId(row.id), _NOT_SENT if row.hold == Hold.SAVED else _TOO_LATE, now)
    come = and_(issue.c.hold == Hold.SLOT, issue.c.slot <= now)
    tx.execute(update(issue).where(come).values(hold=None, hold_until=None, reason=""))
    return [IssueId(row.id) for row in over]


def take_back(tx: Connection, id_: IssueId) -> bool:
    """Make a saved plan undone: its articles are owed again, and its slot is as if there had been no issue.

    False where it is none, or no longer.
    """
    name = tx.execute(select(issue.c.newsletter).where(_unsent(id_))).scalar_one_or_none()
    if name is None:
        return False
    take_turn(tx, name)
    # Held, so that it isn't let go meanwhile; and looked at again, because it may have been while we waited.
    if tx.execute(select(issue.c.id).where(_unsent(id_)).with_for_update()).one_or_none() is None:
        return False
    columns = (delivery.c.subscriber_id, delivery.c.subscription_id, delivery.c.variant_id)
    # Also who is suppressed: that may be over when the slot comes.
    owe_again(tx, id_, select(*columns).where(delivery.c.issue_id == id_))
    mine = select(variant.c.id).where(variant.c.issue_id == id_)
    tx.execute(delete(delivery).where(delivery.c.issue_id == id_))
    tx.execute(delete(batch).where(batch.c.issue_id == id_))
    tx.execute(delete(variant_group).where(variant_group.c.variant_id.in_(mine)))
    tx.execute(delete(variant).where(variant.c.issue_id == id_))
    tx.execute(delete(issue).where(issue.c.id == id_))
    return True


def _unsent(id_: IssueId) -> ColumnElement[bool]:
    return and_(issue.c.id == id_, issue.c.state == IssueState.OPEN, issue.c.hold.in_(UNSENT))
