"""The ledger: every transition of a batch is one transaction that checks where the batch stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Case, Engine, and_, case, or_, select, update

from pipeline.deliver.lanes import Lane, Route
from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, IssueId, Outcome, OutcomeKind
from pipeline.store import settling
from pipeline.store.budgets import Standing, end_trials, forget, standings
from pipeline.store.claiming import Claim, claim, next_due
from pipeline.store.database import reading, writing
from pipeline.store.fence import Fence
from pipeline.store.held_batches import batches, held_batches
from pipeline.store.standstills import standstill
from pipeline.store.submitting import intend
from pipeline.store.tables import batch, issue

_HELD = (BatchState.CLAIMED, BatchState.SUBMITTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLedger:
    """The ledger of one store (see `pipeline.deliver.ledger.Ledger`).

    Only an intent waits for the disk, before its call.  A claim that a power failure undoes was no submission, and an
    answer that it undoes leaves its batch in doubt, as if it had failed a moment earlier.
    """

    engine: Engine
    fence: Fence

    def claim(self, routes: Mapping[str, Route], owner: str, now: datetime, lease: timedelta) -> HeldBatch | None:
        with writing(self.engine, durable=False) as tx:
            if standstill(tx):
                return None
            return claim(tx, routes, Claim(owner=owner, now=now, lease=lease))

    def give_back(self, held: HeldBatch, owner: str) -> None:
        mine = (batch.c.id == held.id, batch.c.state == BatchState.CLAIMED, batch.c.owner == owner)
        back = {"state": _unclaimed(), "owner": None, "lease_until": None}
        with writing(self.engine, durable=False) as tx:
            tx.execute(update(batch).where(*mine).values(back))

    def intend(
        self, held: HeldBatch, owner: str, lane: Lane, payload_hash: str, now: datetime, lease: timedelta
    ) -> HeldBatch | None:
        with writing(self.engine) as tx:
            generation = self.fence.raise_(tx) if intend(tx, held, owner, lane, payload_hash, now, lease) else None
            if generation is None:
                tx.rollback()
                return None
        # Before the call: a copy of the store that was made until now must not submit this batch again.
        self.fence.note(*generation)
        return replace(
            held,
            state=BatchState.SUBMITTING,
            tries=held.tries + 1,
            provider=lane.provider,
            payload_hash=payload_hash,
            account=lane.account or None,
            submitted_at=now,
            lane=lane,
        )

    def settle(self, held: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
        with writing(self.engine, durable=False) as tx:
            settling.settle(tx, held, outcomes, retry_at)

    def wait(self, held: HeldBatch, until: datetime, error: str, rest_until: datetime | None = None) -> None:
        with writing(self.engine, durable=False) as tx:
            settling.wait(tx, held, until, error, rest_until)

    def reject(self, held: HeldBatch, error: str) -> None:
        refused = [Outcome(subscriber=a.subscriber, kind=OutcomeKind.REJECTED, reason=error) for a in held.addressees]
        # Without its provider, which has not answered.
        self.settle(replace(held, provider=None), refused, None)

    def doubt(self, held: HeldBatch, error: str, rest_until: datetime | None = None) -> None:
        with writing(self.engine, durable=False) as tx:
            settling.doubt(tx, held, error, rest_until)

    def in_doubt(self) -> Sequence[HeldBatch]:
        doubtful = batches().where(batch.c.state == BatchState.IN_DOUBT, issue.c.state == IssueState.OPEN)
        with reading(self.engine) as tx:
            return held_batches(tx, doubtful.order_by(batch.c.submitted_at))

    def expire(self, now: datetime, dead: Collection[str]) -> int:
        over = and_(batch.c.state.in_(_HELD), or_(batch.c.lease_until <= now, batch.c.owner.in_(dead)))
        after = case((batch.c.state == BatchState.CLAIMED, _unclaimed()), else_=BatchState.IN_DOUBT.value)
        freed = {"state": after, "owner": None, "lease_until": None}
        calling = select(batch.c.provider).where(over, batch.c.state == BatchState.SUBMITTING).distinct()
        with writing(self.engine) as tx:
            forget(tx, now)
            end_trials(tx, [name for name in tx.execute(calling).scalars() if name])
            return tx.execute(update(batch).where(over).values(freed)).rowcount

    def owners(self) -> Sequence[str]:
        held = select(batch.c.owner).where(batch.c.state.in_(_HELD)).distinct()
        with reading(self.engine) as tx:
            return [owner for owner in tx.execute(held).scalars() if owner]

    def next_due(self, routes: Mapping[str, Route], now: datetime) -> datetime | None:
        with reading(self.engine) as tx:
            return None if standstill(tx) else next_due(tx, routes, now)

    def standings(self, lanes: Collection[Lane], now: datetime) -> Mapping[Lane, Standing]:
        """How providers stand, and what is left of their budgets."""
        with reading(self.engine) as tx:
            return standings(tx, lanes, now)

    def decide(self, issue_id: IssueId, meant: Collection[uuid.UUID], *, accepted: bool, now: datetime) -> int:
        """A person's decision on batches of an issue that are in doubt; returns how many deliveries it was on."""
        with writing(self.engine) as tx:
            return settling.decide(tx, issue_id, meant, accepted=accepted, now=now)


def _unclaimed() -> Case[str]:
    """What a batch becomes that was claimed and not tried: what was tried before waits, and is no new one."""
    return case((batch.c.attempt > 0, BatchState.RETRY_WAIT.value), else_=BatchState.READY.value)
