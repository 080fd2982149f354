"""The books of issues: how many deliveries stand where, and whether they balance."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, and_, case, func, or_, select, update

from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, Books, IssueId, OutcomeKind
from pipeline.store.tables import batch, delivery, issue

_OVER = (BatchState.ACCEPTED, BatchState.REJECTED, BatchState.CANCELLED)
_PLACE = and_(batch.c.variant_id == delivery.c.variant_id, batch.c.sequence == delivery.c.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How many deliveries of an issue a provider accepted."""

    provider: str
    deliveries: int


def books(tx: Connection, ids: Sequence[int]) -> dict[int, Books]:
    """The books of each issue; those of issues that have ended were counted once (`keep_books`)."""
    kept = select(issue.c.id, issue.c.books).where(issue.c.id.in_(ids), issue.c.books.is_not(None))
    found = {id_: Books(**json.loads(text)) for id_, text in tx.execute(kept)}
    return found | _counted(tx, [id_ for id_ in ids if id_ not in found])


def keep_books(tx: Connection, ids: Sequence[int]) -> None:
    """Write the books of issues down that have ended."""
    for id_, counted in _counted(tx, ids).items():
        tx.execute(update(issue).where(issue.c.id == id_).values(books=json.dumps(asdict(counted))))


def _counted(tx: Connection, ids: Sequence[int]) -> dict[int, Books]:
    """A delivery without an outcome is in doubt or to do, as its batch is."""
    doubtful = and_(delivery.c.outcome.is_(None), batch.c.state == BatchState.IN_DOUBT)
    place = case((doubtful, "in_doubt"), else_=func.coalesce(delivery.c.outcome, "to_do"))
    counted = (
        select(delivery.c.issue_id, place.label("place"), func.count().label("count"))
        .outerjoin(batch, _PLACE)
        .where(delivery.c.issue_id.in_(ids))
        .group_by(delivery.c.issue_id, place)
    )
    audience = select(issue.c.id, issue.c.audience).where(issue.c.id.in_(ids))
    found: dict[int, dict[str, int]] = {id_: {"audience": size} for id_, size in tx.execute(audience)}
    for id_, place_name, size in tx.execute(counted) if ids else ():
        found[id_][place_name] = size
    return {id_: Books(**counts) for id_, counts in found.items()}


def unbalanced(tx: Connection, ids: Collection[IssueId] | None = None) -> dict[IssueId, str]:
    """The issues whose books do not balance, each with what is wrong; of all issues, or of these.

    A delivery without an outcome must lie in a batch that is still to be settled, and there only while its issue is
    open; and an issue must have as many deliveries as its audience.
    """
    of = delivery.c.issue_id.in_(ids) if ids is not None else delivery.c.issue_id == delivery.c.issue_id
    stranded = (
        select(delivery.c.issue_id, func.count())
        .outerjoin(batch, _PLACE)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(of, delivery.c.outcome.is_(None))
        .where(or_(batch.c.id.is_(None), batch.c.state.in_(_OVER), issue.c.state != IssueState.OPEN))
        .group_by(delivery.c.issue_id)
    )
    wrong = {IssueId(id_): f"{many} deliveries are neither settled nor to do." for id_, many in tx.execute(stranded)}
    counted = select(delivery.c.issue_id, func.count().label("size")).where(of).group_by(delivery.c.issue_id).subquery()
    size = func.coalesce(counted.c.size, 0)
    short = (
        select(issue.c.id, issue.c.audience, size)
        .outerjoin(counted, counted.c.issue_id == issue.c.id)
        .where(issue.c.audience != size)
    )
    if ids is not None:
        short = short.where(issue.c.id.in_(ids))
    for id_, audience, found in tx.execute(short):
        wrong[IssueId(id_)] = f"its audience is {audience}, and there are {found} deliveries."
    return wrong


def carried(tx: Connection, id_: IssueId) -> tuple[Carried, ...]:
    """Which provider accepted how much of an issue."""
    counted = (
        select(batch.c.provider, func.count())
        .select_from(delivery)
        .join(batch, _PLACE)
        .where(delivery.c.issue_id == id_, delivery.c.outcome == OutcomeKind.ACCEPTED, batch.c.provider.is_not(None))
        .group_by(batch.c.provider)
        .order_by(batch.c.provider)
    )
    return tuple(Carried(provider=name, deliveries=many) for name, many in tx.execute(counted))
