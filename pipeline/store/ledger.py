"""The ledger: every transition of a batch is one transaction that checks where the batch stands."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, case, func, insert, or_, select, update

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import TRANSITIONS, BatchState, IssueId, Outcome, OutcomeKind, batch_id
from pipeline.store.database import reading, writing
from pipeline.store.fence import Fence
from pipeline.store.held_batches import batches, held_batches, mailable_batch
from pipeline.store.outcomes import close_deliveries
from pipeline.store.owed import give_articles_back
from pipeline.store.tables import batch, delivery, issue, variant

_WAITING = (BatchState.READY, BatchState.RETRY_WAIT)
_HELD = (BatchState.CLAIMED, BatchState.SUBMITTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLedger:
    """The ledger of one store (see `pipeline.deliver.ledger.Ledger`)."""

    engine: Engine
    fence: Fence

    def claim(self, newsletters: Collection[str], owner: str, now: datetime, lease: timedelta) -> HeldBatch | None:
        due = and_(
            batch.c.state.in_(_WAITING),
            or_(batch.c.not_before.is_(None), batch.c.not_before <= now),
            issue.c.state == IssueState.OPEN,
            issue.c.newsletter.in_(newsletters),
            variant.c.message.is_not(None),
        )
        joined = batch.join(issue, issue.c.id == batch.c.issue_id).join(variant, variant.c.id == batch.c.variant_id)
        pick = (
            select(batch.c.id)
            .select_from(joined)
            .where(due)
            .order_by(batch.c.issue_id, batch.c.variant_id, batch.c.sequence)
        )
        with writing(self.engine) as tx:
            while (
                id_ := tx.execute(pick.limit(1).with_for_update(of=batch, skip_locked=True)).scalar_one_or_none()
            ) is not None:
                _move(tx, id_, BatchState.CLAIMED, owner=owner, lease_until=now + lease, not_before=None)
                held, unmailable = mailable_batch(tx, id_)
                close_deliveries(tx, held.issue, unmailable)
                if held.addressees:
                    return held
                _move(tx, id_, BatchState.CANCELLED, owner=None, lease_until=None)
        return None

    def give_back(self, held: HeldBatch, owner: str) -> None:
        mine = (batch.c.id == held.id, batch.c.state == BatchState.CLAIMED, batch.c.owner == owner)
        with writing(self.engine) as tx:
            tx.execute(update(batch).where(*mine).values(state=BatchState.READY, owner=None, lease_until=None))

    def intend(
        self, held: HeldBatch, owner: str, provider: str, payload_hash: str, now: datetime, lease: timedelta
    ) -> HeldBatch | None:
        still = [batch.c.id == held.id, batch.c.state == held.state, batch.c.attempt == held.tries]
        if held.state is BatchState.CLAIMED:
            still.append(batch.c.owner == owner)
        intended = {
            "state": BatchState.SUBMITTING,
            "attempt": held.tries + 1,
            "owner": owner,
            "lease_until": now + lease,
            "provider": provider,
            "payload_hash": payload_hash,
            "submitted_at": now,
            "error": "",
        }
        with writing(self.engine) as tx:
            if tx.execute(update(batch).where(*still).values(intended)).rowcount != 1:
                return None
            generation = self.fence.raise_(tx)
        # Before the call: a copy of the store that was made until now must not submit this batch again.
        self.fence.note(*generation)
        return replace(
            held,
            state=BatchState.SUBMITTING,
            tries=held.tries + 1,
            provider=provider,
            payload_hash=payload_hash,
            submitted_at=now,
        )

    def settle(self, held: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
        final = [outcome for outcome in outcomes if outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED)]
        deferred = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.DEFERRED]
        uncertain = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.UNCERTAIN]
        with writing(self.engine) as tx:
            if not _is_mine(tx, held):
                return
            if deferred and retry_at is None:
                final += [
                    Outcome(subscriber=o.subscriber, kind=OutcomeKind.REJECTED, reason=o.reason) for o in deferred
                ]
            elif deferred and retry_at is not None:
                _defer(tx, held, deferred, retry_at)
            close_deliveries(tx, held.issue, final)
            fault = [o.subscriber for o in final if o.kind is OutcomeKind.REJECTED and not o.address_fault]
            give_articles_back(tx, held.issue, fault)
            if uncertain:
                _move(tx, held.id, BatchState.IN_DOUBT, owner=None, lease_until=None, error=uncertain[0].reason)
            elif any(outcome.kind is OutcomeKind.ACCEPTED for outcome in final) or not final:
                _move(tx, held.id, BatchState.ACCEPTED, owner=None, lease_until=None)
            else:
                _move(tx, held.id, BatchState.REJECTED, owner=None, lease_until=None, error=final[0].reason)

    def wait(self, held: HeldBatch, until: datetime, error: str) -> None:
        with writing(self.engine) as tx:
            if _is_mine(tx, held):
                _move(tx, held.id, BatchState.RETRY_WAIT, owner=None, lease_until=None, not_before=until, error=error)

    def reject(self, held: HeldBatch, error: str) -> None:
        refused = [Outcome(subscriber=a.subscriber, kind=OutcomeKind.REJECTED, reason=error) for a in held.addressees]
        self.settle(held, refused, None)

    def doubt(self, held: HeldBatch, error: str) -> None:
        with writing(self.engine) as tx:
            if _is_mine(tx, held):
                _move(tx, held.id, BatchState.IN_DOUBT, owner=None, lease_until=None, error=error)

    def in_doubt(self) -> Sequence[HeldBatch]:
        doubtful = batches().where(batch.c.state == BatchState.IN_DOUBT, issue.c.state == IssueState.OPEN)
        with reading(self.engine) as tx:
            return held_batches(tx, doubtful.order_by(batch.c.submitted_at))

    def expire(self, now: datetime, dead: Collection[str]) -> int:
        over = and_(batch.c.state.in_(_HELD), or_(batch.c.lease_until <= now, batch.c.owner.in_(dead)))
        after = case((batch.c.state == BatchState.CLAIMED, BatchState.READY.value), else_=BatchState.IN_DOUBT.value)
        freed = {"state": after, "owner": None, "lease_until": None}
        with writing(self.engine) as tx:
            return tx.execute(update(batch).where(over).values(freed)).rowcount

    def owners(self) -> Sequence[str]:
        held = select(batch.c.owner).where(batch.c.state.in_(_HELD)).distinct()
        with reading(self.engine) as tx:
            return [owner for owner in tx.execute(held).scalars() if owner]

    def next_due(self, newsletters: Collection[str]) -> datetime | None:
        soonest = (
            select(func.min(func.coalesce(batch.c.not_before, issue.c.frozen_at, type_=batch.c.not_before.type)))
            .join(issue, issue.c.id == batch.c.issue_id)
            .join(variant, variant.c.id == batch.c.variant_id)
            .where(batch.c.state.in_(_WAITING), variant.c.message.is_not(None))
            .where(issue.c.state == IssueState.OPEN, issue.c.newsletter.in_(newsletters))
        )
        with reading(self.engine) as tx:
            due: datetime | None = tx.execute(soonest).scalar_one_or_none()
        return due

    def decide(self, issue_id: IssueId, meant: Collection[uuid.UUID], *, accepted: bool, now: datetime) -> int:
        """A person's decision on batches of an issue that are in doubt; returns how many deliveries it was on."""
        with writing(self.engine) as tx:
            doubtful = batches().where(
                batch.c.state == BatchState.IN_DOUBT, batch.c.issue_id == issue_id, batch.c.id.in_(meant)
            )
            held = held_batches(tx, doubtful.with_for_update(of=batch))
            for one in held:
                if accepted:
                    taken = [
                        Outcome(subscriber=a.subscriber, kind=OutcomeKind.ACCEPTED, reason="decided by a person")
                        for a in one.addressees
                    ]
                    close_deliveries(tx, issue_id, taken)
                    _move(tx, one.id, BatchState.ACCEPTED)
                else:
                    _move(tx, one.id, BatchState.RETRY_WAIT, not_before=now)
        return sum(len(one.addressees) for one in held)


def _move(tx: Connection, id_: uuid.UUID, after: BatchState, **values: Any) -> None:  # noqa: ANN401  (column values)
    before = [state for state, following in TRANSITIONS.items() if after in following]
    moved = update(batch).where(batch.c.id == id_, batch.c.state.in_(before)).values(state=after, **values)
    if tx.execute(moved).rowcount != 1:
        msg = f"batch {id_} can't become {after}: the ledger allows that only from {', '.join(before)}"
        raise AssertionError(msg)


def _is_mine(tx: Connection, held: HeldBatch) -> bool:
    """Whether the answer belongs to the newest attempt; a worker that slept past its lease may come too late."""
    mine = select(batch.c.state).where(batch.c.id == held.id, batch.c.attempt == held.tries).with_for_update()
    return tx.execute(mine).scalar_one_or_none() in (BatchState.SUBMITTING, BatchState.IN_DOUBT)


def _defer(tx: Connection, held: HeldBatch, deferred: Sequence[Outcome], retry_at: datetime) -> None:
    """Move the deferred deliveries into a new batch: the old one's key stands for what was accepted under it."""
    row = tx.execute(
        select(batch.c.variant_id, variant.c.number)
        .join(variant, variant.c.id == batch.c.variant_id)
        .where(batch.c.id == held.id)
    ).one()
    last: int = tx.execute(select(func.max(batch.c.sequence)).where(batch.c.variant_id == row.variant_id)).scalar_one()
    fresh = {
        "id": batch_id(held.issue_uid, row.number, last + 1),
        "issue_id": held.issue,
        "variant_id": row.variant_id,
        "sequence": last + 1,
        "state": BatchState.RETRY_WAIT,
        "attempt": held.tries,
        "provider": held.provider,
        "not_before": retry_at,
        "error": deferred[0].reason,
    }
    tx.execute(insert(batch).values(fresh))
    people = [outcome.subscriber for outcome in deferred]
    moved = update(delivery).where(delivery.c.issue_id == held.issue, delivery.c.subscriber_id.in_(people))
    tx.execute(moved.values(sequence=last + 1))
