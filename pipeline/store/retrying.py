"""Deliveries that were rejected for a cause that was not their address, tried again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, insert, select, update

from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, batch_id
from pipeline.store.groups import move, owing_no_more, parted, place_of, take_turn
from pipeline.store.tables import batch, delivery, issue, subscription, variant

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """``deliveries`` are to do again.  ``rejected`` were rejected in all: the others' cause was their address, or a
    later issue has carried their articles, or they left.
    """

    deliveries: int
    rejected: int


class _Share(NamedTuple):
    """The deliveries of one variant to one group."""

    issue_id: int
    issue_uid: uuid.UUID
    group_id: int
    variant_id: int
    number: int
    articles: str
    corrections: str


def retry_failed(tx: Connection, id_: IssueId) -> Retried:
    """Put the rejected deliveries of an issue back to do whose articles are still owed; these are owed no more.

    An article is either owed, to be carried by the next issue, or in a delivery that is to do: never both, because
    this is one transaction in which nobody else moves these subscriptions.
    """
    row = tx.execute(select(issue).where(issue.c.id == id_).with_for_update()).one()
    take_turn(tx, row.newsletter)
    rejected = and_(delivery.c.issue_id == id_, delivery.c.outcome == OutcomeKind.REJECTED)
    all_: int = tx.execute(select(func.count()).where(rejected)).scalar_one()
    if row.state not in (IssueState.OPEN, IssueState.FINISHED) or not all_:
        return Retried(deliveries=0, rejected=all_)
    query = (
        select(
            subscription.c.group_id, delivery.c.variant_id, variant.c.number, variant.c.articles, variant.c.corrections
        )
        .join(subscription, subscription.c.id == delivery.c.subscription_id)
        .join(variant, variant.c.id == delivery.c.variant_id)
        .where(rejected, subscription.c.state == "active")
        .distinct()
    )
    shares = [_Share(id_, row.uid, *rest) for rest in tx.execute(query).all()]
    count = sum(_retry(tx, share) for share in shares)
    if count:
        opened = {"state": IssueState.OPEN, "finished_at": None, "books": None}
        tx.execute(update(issue).where(issue.c.id == id_).values(opened))
    return Retried(deliveries=count, rejected=all_)


def _retry(tx: Connection, share: _Share) -> int:
    """Retry the deliveries of one variant in one group, if the group is owed all that the variant carries."""
    stands = place_of(tx, share.group_id)
    articles = {id_ for id_, _ in json.loads(share.articles)}
    corrections = set(json.loads(share.corrections))
    if not (articles or corrections) or not (
        articles <= parted(stands.owed) and corrections <= parted(stands.corrections)
    ):
        return 0
    theirs = and_(
        delivery.c.issue_id == share.issue_id,
        delivery.c.variant_id == share.variant_id,
        delivery.c.outcome == OutcomeKind.REJECTED,
    )
    members = (
        select(subscription.c.id, delivery.c.subscriber_id)
        .join(delivery, delivery.c.subscription_id == subscription.c.id)
        .where(theirs, subscription.c.group_id == share.group_id, subscription.c.state == "active")
        .order_by(delivery.c.subscriber_id)
    )
    people = tx.execute(members).all()
    for start in range(0, len(people), _AT_ONCE):
        some = people[start : start + _AT_ONCE]
        ids = select(subscription.c.id).where(subscription.c.id.in_([person.id for person in some]))
        move(tx, ids, share.group_id, owing_no_more(stands, articles, corrections))
        _to_do(tx, share, [person.subscriber_id for person in some])
    return len(people)


def _to_do(tx: Connection, share: _Share, people: Sequence[int]) -> None:
    tx.execute(select(variant.c.id).where(variant.c.id == share.variant_id).with_for_update())
    last: int = tx.execute(
        select(func.max(batch.c.sequence)).where(batch.c.variant_id == share.variant_id)
    ).scalar_one()
    values = {
        "id": batch_id(share.issue_uid, share.number, last + 1),
        "issue_id": share.issue_id,
        "variant_id": share.variant_id,
        "sequence": last + 1,
        "state": BatchState.READY,
    }
    tx.execute(insert(batch).values(values))
    back = {"outcome": None, "reason": None, "provider_ref": None, "sequence": last + 1}
    mine = and_(delivery.c.issue_id == share.issue_id, delivery.c.subscriber_id.in_(people))
    tx.execute(update(delivery).where(mine).values(back))
