"""Which batch is handed over next: an open issue's, by a lane that takes some, within the issue's canary."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from pipeline.deliver.lanes import Route
from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.issue import Hold, IssueState
from pipeline.domain.ledger import BatchState
from pipeline.store.budgets import Standing, standings
from pipeline.store.dividing import divide
from pipeline.store.held_batches import mailable_batch
from pipeline.store.outcomes import close_deliveries
from pipeline.store.tables import batch, issue, variant
from pipeline.store.transitions import move

# New ones first: while a provider fails, its trials don't use up the tries of always the same batch.
_WAITING = (BatchState.READY, BatchState.RETRY_WAIT)

_OPEN = (
    select(issue.c.id, issue.c.newsletter, issue.c.hold, issue.c.canary)
    .where(
        issue.c.state == IssueState.OPEN,
        or_(issue.c.hold.is_(None), issue.c.hold == Hold.CANARY),
        issue.c.newsletter.in_(bindparam("newsletters", expanding=True)),
    )
    .order_by(issue.c.id)
)
_DUE = (
    select(batch.c.id)
    .join(variant, variant.c.id == batch.c.variant_id)
    .where(batch.c.state == bindparam("state"), batch.c.issue_id == bindparam("issue"), variant.c.message.is_not(None))
    .where(or_(batch.c.not_before.is_(None), batch.c.not_before <= bindparam("now")))
    .order_by(batch.c.variant_id, batch.c.sequence)
    .limit(1)
    .with_for_update(of=batch, skip_locked=True)
)


class _OpenIssue(NamedTuple):
    newsletter: str
    hold: str | None
    canary: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose claim it is, and how long it lasts."""

    owner: str
    now: datetime
    lease: timedelta


def claim(tx: Connection, routes: Mapping[str, Route], terms: Claim) -> HeldBatch | None:
    """Claim the next batch; None if none can be handed over now."""
    ways = _open_ways(tx, routes, terms.now)
    if not ways:
        return None
    for state, issues in _open_issues(tx, list(ways)):
        for id_, issue_id in _next(tx, state, issues, terms.now):
            newsletter = issues[issue_id].newsletter
            canary = 0 if issues[issue_id].canary == 0 else _canary(tx, issue_id, routes[newsletter].canary)
            if canary is None:
                continue
            if held := _take(tx, id_, ways[newsletter], canary, terms):
                return held
    return None


def next_due(tx: Connection, routes: Mapping[str, Route], now: datetime) -> datetime | None:
    """When the next batch can be claimed, by time and by lane; None if none waits."""
    found = standings(tx, {lane for route in routes.values() for lane in route.lanes}, now)
    times = []
    for newsletter, route in routes.items():
        opens = [found[lane].opens or now for lane in route.lanes]
        due = _due(tx, newsletter)
        if due is not None and opens:
            times.append(max(due, min(opens)))
    return min(times, default=None)


def _open_ways(tx: Connection, routes: Mapping[str, Route], now: datetime) -> dict[str, Standing]:
    """The first lane of each newsletter that takes something now."""
    found = standings(tx, {lane for route in routes.values() for lane in route.lanes}, now)
    ways = {}
    for newsletter, route in routes.items():
        way = next((found[lane] for lane in route.lanes if found[lane].is_open(now)), None)
        if way is not None:
            ways[newsletter] = way
    return ways


def _open_issues(tx: Connection, newsletters: Sequence[str]) -> Iterator[tuple[BatchState, Mapping[int, _OpenIssue]]]:
    """The issues with something to hand over, by the state of the batches that may be.

    What a canary has tried is tried again while it holds; nothing else is.
    """
    rows = {id_: _OpenIssue(*rest) for id_, *rest in tx.execute(_OPEN, {"newsletters": newsletters})}
    if rows:
        yield BatchState.READY, {id_: row for id_, row in rows.items() if row.hold is None}
        yield BatchState.RETRY_WAIT, rows


def _next(
    tx: Connection, state: BatchState, issues: Mapping[int, object], now: datetime
) -> Iterator[tuple[uuid.UUID, int]]:
    """Batches in this state that are due, the first of each issue until it has none."""
    for issue_id in issues:
        due = {"state": state, "issue": issue_id, "now": now}
        seen = None
        while (id_ := tx.execute(_DUE, due).scalar_one_or_none()) not in (None, seen):
            yield id_, issue_id
            seen = id_


def _canary(tx: Connection, issue_id: int, size: int) -> int | None:
    """How many recipients the issue's canary has left, 0 where it has none; None where it has to wait.

    A canary's batches go one after the other, so that together they are not more than it.
    """
    row = tx.execute(select(issue.c.canary, issue.c.hold).where(issue.c.id == issue_id).with_for_update()).one()
    if row.canary is None:
        tx.execute(update(issue).where(issue.c.id == issue_id).values(canary=size))
    left = size if row.canary is None else row.canary
    if left == 0:
        return None if row.hold else 0
    going = select(func.count()).where(batch.c.issue_id == issue_id, batch.c.state == BatchState.CLAIMED)
    return None if tx.execute(going).scalar_one() else left


def _take(tx: Connection, id_: uuid.UUID, way: Standing, canary: int, terms: Claim) -> HeldBatch | None:
    """Claim this batch as far as it fits, and close what of it may not be mailed any more."""
    until = terms.now + terms.lease
    move(tx, id_, BatchState.CLAIMED, owner=terms.owner, lease_until=until, not_before=None)
    held, unmailable = mailable_batch(tx, id_)
    close_deliveries(tx, held.issue, unmailable)
    if not held.addressees:
        move(tx, id_, BatchState.CANCELLED, owner=None, lease_until=None)
        return None
    most = way.most
    fits = min(most, canary) if canary and not held.tries else most
    if len(held.addressees) > fits:
        held = divide(
            tx,
            held,
            fits,
            min(way.lane.most, way.lane.budget.burst or way.lane.most),
            terms.owner,
            terms.now,
            terms.lease,
        )
    return replace(held, lane=way.lane, failures=way.failures)


def _due(tx: Connection, newsletter: str) -> datetime | None:
    """When the newsletter's next batch may be handed over, by its own time."""
    due = func.coalesce(batch.c.not_before, issue.c.frozen_at, type_=batch.c.not_before.type)
    ready = and_(batch.c.state == BatchState.READY, issue.c.hold.is_(None))
    again = and_(batch.c.state == BatchState.RETRY_WAIT, or_(issue.c.hold.is_(None), issue.c.hold == Hold.CANARY))
    soonest = (
        select(func.min(due))
        .join(issue, issue.c.id == batch.c.issue_id)
        .join(variant, variant.c.id == batch.c.variant_id)
        .where(issue.c.state == IssueState.OPEN, issue.c.newsletter == newsletter)
        .where(or_(ready, again), variant.c.message.is_not(None))
    )
    found: datetime | None = tx.execute(soonest).scalar_one_or_none()
    return found
