"""Articles that come back to a subscription because a delivery failed and its address was not the cause."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.store.tables import delivery, subscription, variant


def give_articles_back(tx: Connection, issue_id: IssueId, people: Sequence[SubscriberId]) -> None:
    """Owe these people the articles of their variant again: the next issue carries them."""
    if not people:
        return
    theirs = select(delivery.c.subscription_id).where(
        delivery.c.issue_id == issue_id, delivery.c.subscriber_id.in_(people)
    )
    # Held in one order, so that two that give back to the same people neither lose a list nor wait for each other.
    held = select(subscription.c.id).where(subscription.c.id.in_(theirs)).order_by(subscription.c.id)
    tx.execute(held.with_for_update())
    standing = (
        select(subscription.c.owed, delivery.c.variant_id, variant.c.articles)
        .join(delivery, delivery.c.subscription_id == subscription.c.id)
        .join(variant, variant.c.id == delivery.c.variant_id)
        .where(delivery.c.issue_id == issue_id, delivery.c.subscriber_id.in_(people))
        .distinct()
    )
    for owed, variant_id, articles in tx.execute(standing).all():
        back = {int(id_) for id_ in owed.split(",") if id_} | {id_ for id_, _ in json.loads(articles)}
        theirs = select(delivery.c.subscription_id).where(
            delivery.c.issue_id == issue_id, delivery.c.subscriber_id.in_(people), delivery.c.variant_id == variant_id
        )
        again = update(subscription).where(subscription.c.id.in_(theirs), subscription.c.owed == owed)
        tx.execute(again.values(owed=",".join(map(str, sorted(back)))))
