"""What a provider answered, written down: final outcomes, who waits, who is in doubt."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select

from pipeline.deliver.ledger import HeldBatch
from pipeline.domain.ledger import BatchState, IssueId, Outcome, OutcomeKind
from pipeline.store.budgets import answered, end_trials, give_back, rest
from pipeline.store.dividing import set_apart
from pipeline.store.held_batches import batches, held_batches
from pipeline.store.outcomes import accept_whole, all_accepted_alike, close_deliveries
from pipeline.store.owed import give_articles_back
from pipeline.store.tables import batch, delivery
from pipeline.store.transitions import is_mine, move

# Also where it was given up as lost meanwhile, but not tried again yet.
_ANSWERABLE = (BatchState.SUBMITTING, BatchState.IN_DOUBT, BatchState.RETRY_WAIT, BatchState.CLAIMED)


def settle(tx: Connection, held: HeldBatch, outcomes: Sequence[Outcome], retry_at: datetime | None) -> None:
    if not is_mine(tx, held, _ANSWERABLE):
        return
    if all_accepted_alike(held, outcomes):
        accept_whole(tx, held, outcomes[0])
        _took(tx, held)
        move(tx, held.id, BatchState.ACCEPTED, owner=None, lease_until=None, not_before=None)
        return
    final: list[Outcome] = []
    deferred: list[Outcome] = []
    uncertain: list[Outcome] = []
    for one in outcomes:
        if one.kind is OutcomeKind.DEFERRED and retry_at is not None:
            deferred.append(one)
        elif one.kind is OutcomeKind.DEFERRED:
            final.append(one._replace(kind=OutcomeKind.REJECTED))
        elif one.kind is OutcomeKind.UNCERTAIN:
            uncertain.append(one)
        else:
            final.append(one)
    if deferred and retry_at is not None:
        set_apart(tx, held, [one.subscriber for one in deferred], retry_at, deferred[0].reason)
    close_deliveries(tx, held.issue, final)
    fault = [one.subscriber for one in final if one.kind is OutcomeKind.REJECTED and not one.address_fault]
    give_articles_back(tx, held.issue, fault)
    _took(tx, held)
    if uncertain:
        move(tx, held.id, BatchState.IN_DOUBT, owner=None, lease_until=None, error=uncertain[0].reason)
    elif any(one.kind is OutcomeKind.ACCEPTED for one in final) or not final:
        move(tx, held.id, BatchState.ACCEPTED, owner=None, lease_until=None, not_before=None)
    else:
        move(tx, held.id, BatchState.REJECTED, owner=None, lease_until=None, not_before=None, error=final[0].reason)


def _took(tx: Connection, held: HeldBatch) -> None:
    if held.provider:
        answered(tx, held.provider)


def wait(tx: Connection, held: HeldBatch, until: datetime, error: str, rest_until: datetime | None) -> None:
    if not is_mine(tx, held):
        return
    again(tx, held, until, error)
    if held.state is BatchState.SUBMITTING and held.lane is not None and held.submitted_at is not None:
        give_back(tx, held.lane, len(held.addressees), held.submitted_at)
        _rest(tx, held, rest_until, error)


def doubt(tx: Connection, held: HeldBatch, error: str, rest_until: datetime | None) -> None:
    if is_mine(tx, held):
        move(tx, held.id, BatchState.IN_DOUBT, owner=None, lease_until=None, error=error)
        _rest(tx, held, rest_until, error)


def _rest(tx: Connection, held: HeldBatch, until: datetime | None, error: str) -> None:
    """Let the provider of this call rest, or at least be tried by somebody else."""
    if held.lane is None or held.submitted_at is None:
        return
    if until is None:
        end_trials(tx, [held.lane.provider])
    else:
        rest(tx, held.lane.provider, held.submitted_at, until, error)


def decide(tx: Connection, issue_id: IssueId, meant: Collection[uuid.UUID], *, accepted: bool, now: datetime) -> int:
    """A person's decision on batches in doubt; returns how many deliveries it was on."""
    doubtful = batches().where(
        batch.c.state == BatchState.IN_DOUBT, batch.c.issue_id == issue_id, batch.c.id.in_(meant)
    )
    held = held_batches(tx, doubtful.with_for_update(of=batch))
    for one in held:
        if accepted:
            taken = [Outcome(a.subscriber, OutcomeKind.ACCEPTED, "decided by a person") for a in one.addressees]
            close_deliveries(tx, issue_id, taken)
            move(tx, one.id, BatchState.ACCEPTED)
        else:
            again(tx, one, now, "decided by a person")
    return sum(len(one.addressees) for one in held)


def again(tx: Connection, held: HeldBatch, until: datetime, error: str) -> None:
    """Let what is left of a batch be tried again.

    Where a part of it was accepted, the rest gets a batch of its own: the old id is the key for that part.
    """
    taken = exists().where(
        delivery.c.variant_id == batch.c.variant_id,
        delivery.c.sequence == batch.c.sequence,
        delivery.c.outcome == OutcomeKind.ACCEPTED,
    )
    if tx.execute(select(taken).where(batch.c.id == held.id)).scalar_one():
        set_apart(tx, held, [one.subscriber for one in held.addressees], until, error)
        move(tx, held.id, BatchState.ACCEPTED, owner=None, lease_until=None)
    else:
        move(tx, held.id, BatchState.RETRY_WAIT, owner=None, lease_until=None, not_before=until, error=error)
