"""The ledger of notices: the way of a batch, for a message to one person.

Each is a batch of its own, whose id is its key at the provider; states, intents, budgets and the fence are those of
issues.  What stays in doubt is left so: whoever missed it asks again, and nobody has to decide.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Case, Connection, Engine, and_, case, exists, func, or_, select, update

from pipeline.deliver.lanes import Lane, Route
from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.ledger import TRANSITIONS, BatchState, Outcome, OutcomeKind
from pipeline.domain.message import Message
from pipeline.domain.notice import Notice
from pipeline.domain.sign_up import CONFIRM_WITHIN
from pipeline.store.budgets import answered, book, give_back, rest, standings
from pipeline.store.codec import dump_message
from pipeline.store.database import reading, writing
from pipeline.store.fence import Fence
from pipeline.store.held_notices import held_notices, is_mailable, unrendered
from pipeline.store.standstills import standstill
from pipeline.store.tables import notice

_AT_ONCE = 500
_WAITING = (BatchState.READY, BatchState.RETRY_WAIT)
_HELD = (BatchState.CLAIMED, BatchState.SUBMITTING)
_CALLED = (BatchState.SUBMITTING, BatchState.IN_DOUBT)
_DOUBTFUL_FOR = timedelta(days=1)
_FREE = {"owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotices:
    """The notices of one store: what to render, and a `pipeline.deliver.ledger.Ledger`."""

    engine: Engine
    fence: Fence

    def unrendered(self) -> Sequence[Notice]:
        """The notices that have no message yet."""
        with reading(self.engine) as tx:
            return unrendered(tx)

    def keep_message(self, one: Notice, message: Message) -> None:
        """Store a notice's message.  The first one stays: every attempt carries the same bytes."""
        kept = update(notice).where(notice.c.id == one.id, notice.c.message.is_(None))
        with writing(self.engine) as tx:
            tx.execute(kept.values(message=dump_message(message)))

    def cancel(self, one: Notice, error: str) -> None:
        """Give a notice up that was never submitted."""
        with writing(self.engine) as tx:
            _move(tx, one.id, BatchState.CANCELLED, error=error, message=None)

    def give_up(self, now: datetime) -> None:
        """Give up what has waited for too long: by now its link is dead, or what it tells is no news."""
        late = and_(notice.c.state.in_(_WAITING), notice.c.created_at <= now - CONFIRM_WITHIN)
        lost = and_(notice.c.state == BatchState.IN_DOUBT, notice.c.created_at <= now - _DOUBTFUL_FOR)
        with writing(self.engine) as tx:
            tx.execute(update(notice).where(late).values(state=BatchState.CANCELLED, message=None, error="too late"))
            tx.execute(update(notice).where(lost).values(state=BatchState.REJECTED, message=None))

    def is_unsettled(self) -> bool:
        """Whether anything is to be submitted, or in doubt."""
        some = exists().where(notice.c.state.in_((*_WAITING, BatchState.IN_DOUBT)))
        with reading(self.engine) as tx:
            return bool(tx.execute(select(some)).scalar_one())

    def accepted(self, ids: Sequence[uuid.UUID]) -> Mapping[str, int]:
        """How many of these were accepted, by newsletter."""
        query = select(notice.c.newsletter, func.count()).where(notice.c.state == BatchState.ACCEPTED)
        found: Counter[str] = Counter()
        with reading(self.engine) as tx:
            for start in range(0, len(ids), _AT_ONCE):
                some = query.where(notice.c.id.in_(ids[start : start + _AT_ONCE]))
                found.update(dict(tx.execute(some.group_by(notice.c.newsletter)).all()))
        return found

    # The ledger

    def claim(self, routes: Mapping[str, Route], owner: str, now: datetime, lease: timedelta) -> HeldBatch | None:
        with writing(self.engine) as tx:
            if standstill(tx):
                return None
            found = standings(tx, {lane for route in routes.values() for lane in route.lanes}, now)
            ways = {
                name: way
                for name, route in routes.items()
                if (way := next((found[lane] for lane in route.lanes if found[lane].is_open(now)), None))
            }
            due = and_(
                notice.c.state.in_(_WAITING),
                notice.c.message.is_not(None),
                notice.c.newsletter.in_(ways),
                or_(notice.c.not_before.is_(None), notice.c.not_before <= now),
            )
            first = select(notice.c.id).where(due).order_by(notice.c.created_at, notice.c.id).limit(1)
            while (id_ := tx.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()) is not None:
                _move(tx, id_, BatchState.CLAIMED, owner=owner, lease_until=now + lease, not_before=None)
                (held,) = held_notices(tx, notice.c.id == id_)
                if is_mailable(tx, id_):
                    way = ways[held.newsletter]
                    return replace(held, lane=way.lane, failures=way.failures)
                _move(tx, id_, BatchState.CANCELLED, message=None, error="the address gets no mail", **_FREE)
        return None

    def give_back(self, batch: HeldBatch, owner: str) -> None:
        mine = (notice.c.id == batch.id, notice.c.state == BatchState.CLAIMED, notice.c.owner == owner)
        with writing(self.engine) as tx:
            tx.execute(update(notice).where(*mine).values(state=_unclaimed(), **_FREE))

    def intend(
        self, batch: HeldBatch, owner: str, lane: Lane, payload_hash: str, now: datetime, lease: timedelta
    ) -> HeldBatch | None:
        doubtful = batch.state is BatchState.IN_DOUBT
        still = [notice.c.id == batch.id, notice.c.state == batch.state, notice.c.attempt == batch.tries]
        if not doubtful:
            still.append(notice.c.owner == owner)
        intended = {
            "state": BatchState.SUBMITTING,
            "attempt": batch.tries + 1,
            "owner": owner,
            "lease_until": now + lease,
            "provider": lane.provider,
            "account": lane.account or None,
            "payload_hash": payload_hash,
            "submitted_at": now,
            "error": "",
        }
        with writing(self.engine) as tx:
            taken = tx.execute(update(notice).where(*still).values(intended)).rowcount == 1
            booked = taken and (doubtful or book(tx, lane, 1, now, lease))
            generation = self.fence.raise_(tx) if booked else None
            if generation is None:
                tx.rollback()
                return None
        self.fence.note(*generation)
        return replace(
            batch,
            state=BatchState.SUBMITTING,
            tries=batch.tries + 1,
            provider=lane.provider,
            account=lane.account or None,
            payload_hash=payload_hash,
            submitted_at=now,
            lane=lane,
        )

    def settle(self, batch: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
        with writing(self.engine) as tx:
            if not _is_mine(tx, batch):
                return
            if batch.provider:
                answered(tx, batch.provider)
            for one in outcomes:
                if one.kind is OutcomeKind.ACCEPTED:
                    ended = {"message": None, "provider_ref": one.provider_ref}
                    _move(tx, batch.id, BatchState.ACCEPTED, **ended, **_FREE)
                elif one.kind is OutcomeKind.UNCERTAIN:
                    _move(tx, batch.id, BatchState.IN_DOUBT, error=one.reason, **_FREE)
                elif one.kind is OutcomeKind.DEFERRED and retry_at is not None:
                    _move(tx, batch.id, BatchState.RETRY_WAIT, error=one.reason, not_before=retry_at, **_FREE)
                else:
                    _move(tx, batch.id, BatchState.REJECTED, message=None, error=one.reason, **_FREE)

    def wait(self, batch: HeldBatch, until: datetime, error: str, rest_until: datetime | None = None) -> None:
        with writing(self.engine) as tx:
            if not _is_mine(tx, batch):
                return
            _move(tx, batch.id, BatchState.RETRY_WAIT, error=error, not_before=until, **_FREE)
            if batch.state is BatchState.SUBMITTING and batch.lane is not None and batch.submitted_at is not None:
                give_back(tx, batch.lane, 1, batch.submitted_at)
                if rest_until is not None:
                    rest(tx, batch.lane.provider, batch.submitted_at, rest_until, error)

    def reject(self, batch: HeldBatch, error: str) -> None:
        refused = [Outcome(subscriber=a.subscriber, kind=OutcomeKind.REJECTED, reason=error) for a in batch.addressees]
        self.settle(batch, refused, None)

    def doubt(self, batch: HeldBatch, error: str, rest_until: datetime | None = None) -> None:  # noqa: ARG002
        with writing(self.engine) as tx:
            if _is_mine(tx, batch):
                _move(tx, batch.id, BatchState.IN_DOUBT, error=error, **_FREE)

    def in_doubt(self) -> Sequence[HeldBatch]:
        with reading(self.engine) as tx:
            return held_notices(tx, notice.c.state == BatchState.IN_DOUBT)

    def expire(self, now: datetime, dead: Collection[str]) -> int:
        over = and_(notice.c.state.in_(_HELD), or_(notice.c.lease_until <= now, notice.c.owner.in_(dead)))
        after = case((notice.c.state == BatchState.CLAIMED, _unclaimed()), else_=BatchState.IN_DOUBT.value)
        with writing(self.engine) as tx:
            return tx.execute(update(notice).where(over).values(state=after, **_FREE)).rowcount

    def owners(self) -> Sequence[str]:
        held = select(notice.c.owner).where(notice.c.state.in_(_HELD)).distinct()
        with reading(self.engine) as tx:
            return [owner for owner in tx.execute(held).scalars() if owner]

    def next_due(self, routes: Mapping[str, Route], now: datetime) -> datetime | None:
        due = func.min(func.coalesce(notice.c.not_before, notice.c.created_at, type_=notice.c.created_at.type))
        waiting = and_(notice.c.state.in_(_WAITING), notice.c.message.is_not(None), notice.c.newsletter.in_(routes))
        with reading(self.engine) as tx:
            found = standings(tx, {lane for route in routes.values() for lane in route.lanes}, now)
            opens = [standing.opens or now for standing in found.values()]
            soonest: datetime | None = tx.execute(select(due).where(waiting)).scalar_one()
        return None if soonest is None or not opens else max(soonest, min(opens))


def _unclaimed() -> Case[str]:
    return case((notice.c.attempt > 0, BatchState.RETRY_WAIT.value), else_=BatchState.READY.value)


def _move(tx: Connection, id_: object, after: BatchState, **values: Any) -> None:  # noqa: ANN401  (column values)
    before = [state for state, following in TRANSITIONS.items() if after in following]
    moved = update(notice).where(notice.c.id == id_, notice.c.state.in_(before))
    if tx.execute(moved.values(state=after, **values)).rowcount != 1:
        msg = f"notice {id_} can't become {after}: that is allowed only from {', '.join(before)}"
        raise AssertionError(msg)


def _is_mine(tx: Connection, batch: HeldBatch) -> bool:
    """Whether the answer belongs to the newest attempt; a worker that slept past its lease may come too late."""
    mine = select(notice.c.state).where(notice.c.id == batch.id, notice.c.attempt == batch.tries).with_for_update()
    return tx.execute(mine).scalar_one_or_none() in _CALLED
