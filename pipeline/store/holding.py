"""Issues that hold: paused by a person, or by their first recipients until it is known what comes back from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from pipeline.domain.canary import CanaryLimits, Reactions, too_much
from pipeline.domain.event import EventKind
from pipeline.domain.issue import UNSENT, Hold, IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind
from pipeline.store.tables import batch, delivery, event, issue

_GOING = (BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.RETRY_WAIT, BatchState.IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """An issue that holds because too much came back, and what."""

    issue: IssueId
    why: str


def gone_out() -> ColumnElement[bool]:
    """Whether an issue is more than a saved plan."""
    return func.coalesce(issue.c.hold, "").not_in(UNSENT)


def pause(tx: Connection, id_: IssueId) -> bool:
    """Hand over nothing more of an issue.  False where it is not open, or has not gone out, or is held already."""
    running = and_(issue.c.id == id_, issue.c.state == IssueState.OPEN)
    free = func.coalesce(issue.c.hold, "").not_in((Hold.PAUSED, Hold.CANCELLING, *UNSENT))
    paused = {"hold": Hold.PAUSED, "hold_until": None, "reason": "paused by a person"}
    return tx.execute(update(issue).where(running, free).values(paused)).rowcount == 1


def resume(tx: Connection, id_: IssueId) -> bool:
    """Let an issue go on, whatever holds it; a canary that is not out yet still goes ahead."""
    held = issue.c.hold.in_((Hold.PAUSED, Hold.CANARY, Hold.HALTED))
    going = update(issue).where(issue.c.id == id_, issue.c.state == IssueState.OPEN, held)
    return tx.execute(going.values(hold=None, hold_until=None, reason="")).rowcount == 1


def review_canaries(tx: Connection, limits: Callable[[str], CanaryLimits], now: datetime) -> Sequence[Halted]:
    """Look at each issue that waits for what comes back from its first recipients.

    The wait begins when all of them are settled.  Too much halts the issue at once; returns those that this call
    halted.
    """
    halted = []
    waiting = select(issue.c.id, issue.c.newsletter, issue.c.hold_until).where(
        issue.c.state == IssueState.OPEN, issue.c.hold == Hold.CANARY
    )
    for row in tx.execute(waiting.order_by(issue.c.id).with_for_update()).all():
        mine, own = update(issue).where(issue.c.id == row.id), limits(row.newsletter)
        if why := too_much(reactions(tx, row.id), own):
            tx.execute(mine.values(hold=Hold.HALTED, hold_until=None, reason=why))
            halted.append(Halted(issue=IssueId(row.id), why=why))
        elif row.hold_until is None and not _going(tx, row.id):
            tx.execute(mine.values(hold_until=now + own.wait))
        elif row.hold_until is not None and row.hold_until <= now:
            tx.execute(mine.values(hold=None, hold_until=None))
    return halted


def reactions(tx: Connection, id_: int) -> Reactions:
    """What came back from an issue so far: what the provider refused at once, and what events told since."""
    handed = select(delivery.c.outcome, func.count()).where(
        delivery.c.issue_id == id_, delivery.c.outcome.in_((OutcomeKind.ACCEPTED, OutcomeKind.REJECTED))
    )
    outcomes: dict[str, int] = dict(tx.execute(handed.group_by(delivery.c.outcome)).all())
    told = select(event.c.kind, func.count(func.distinct(event.c.subscriber_id))).where(
        event.c.issue_id == id_, event.c.kind.in_((EventKind.HARD_BOUNCE, EventKind.COMPLAINED))
    )
    kinds: dict[str, int] = dict(tx.execute(told.group_by(event.c.kind)).all())
    refused = outcomes.get(OutcomeKind.REJECTED, 0)
    return Reactions(
        handed_over=outcomes.get(OutcomeKind.ACCEPTED, 0) + refused,
        bounced=refused + kinds.get(EventKind.HARD_BOUNCE, 0),
        complained=kinds.get(EventKind.COMPLAINED, 0),
    )


def _going(tx: Connection, id_: int) -> bool:
    """Whether one of the canary's batches is not settled; nothing else of the issue has been tried."""
    going = exists().where(batch.c.issue_id == id_, batch.c.state.in_(_GOING))
    return bool(tx.execute(select(going)).scalar_one())
