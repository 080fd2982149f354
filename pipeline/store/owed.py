"""Articles that come back to a subscription because a delivery failed and its address was not the cause."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, Select, func, select

from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.store.groups import join_turn, move, owing, place_of
from pipeline.store.tables import delivery, issue, subscription, variant


def give_articles_back(tx: Connection, issue_id: IssueId, people: Sequence[SubscriberId]) -> None:
    """Owe these people the articles of their variant again: the next issue carries them."""
    if people:
        theirs = select(delivery.c.subscriber_id, delivery.c.subscription_id, delivery.c.variant_id).where(
            delivery.c.issue_id == issue_id, delivery.c.subscriber_id.in_(people)
        )
        owe_again(tx, issue_id, theirs)


def owe_again(tx: Connection, issue_id: IssueId, deliveries: Select[tuple[int, int, int]]) -> None:
    """Owe what these deliveries of an issue (subscriber, subscription and variant) carried again."""
    name: str = tx.execute(select(issue.c.newsletter).where(issue.c.id == issue_id)).scalar_one()
    join_turn(tx, name)
    back = deliveries.subquery()
    # Held in one order, so that two that give back to the same people neither lose a debt nor wait for each other.
    held = select(subscription.c.id).where(subscription.c.id.in_(select(back.c.subscription_id)))
    tx.execute(select(func.count()).select_from(held.order_by(subscription.c.id).with_for_update().subquery()))
    standing = (
        select(subscription.c.group_id, back.c.variant_id, variant.c.articles, variant.c.corrections)
        .join(back, back.c.subscription_id == subscription.c.id)
        .join(variant, variant.c.id == back.c.variant_id)
        .distinct()
    )
    for group_id, variant_id, articles, corrections in tx.execute(standing).all():
        place = place_of(tx, group_id)
        owed = owing(place, [id_ for id_, _ in json.loads(articles)], json.loads(corrections))
        theirs = select(back.c.subscription_id).where(back.c.variant_id == variant_id)
        move(tx, theirs, group_id, owed)
