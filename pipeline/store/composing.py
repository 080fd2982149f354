"""What composition goes by, as the store has it: groups of subscriptions, articles, and corrections."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, String, and_, case, exists, func, literal, or_, select, true

from pipeline.compose.compose import Candidate, Group, Notice
from pipeline.domain.article import ArticleId
from pipeline.domain.issue import IMMEDIATE, IssueKey, IssueState, Terms
from pipeline.store.groups import parted
from pipeline.store.tables import (
    article,
    article_topic,
    correction,
    issue,
    revision,
    subscription,
    subscription_group,
    topic_set,
    variant,
)

_REMEMBERED = timedelta(days=90)
"""How long after an issue readers are told of corrections to what it carried."""


def audience_of(key: IssueKey, terms: Terms) -> ColumnElement[bool]:
    """Which groups the issue is for."""
    zone = case((subscription_group.c.timezone == "", literal(terms.zone, String)), else_=subscription_group.c.timezone)
    return and_(
        subscription_group.c.newsletter == key.newsletter,
        subscription_group.c.cadence == key.cadence,
        zone == key.zone if terms.local_time and key.cadence != IMMEDIATE else true(),
    )


def groups_of(tx: Connection, key: IssueKey, terms: Terms, upto: int) -> list[Group]:
    """The groups with active subscriptions that the issue is for, but those for whom nothing can have come."""
    behind = or_(
        subscription_group.c.cursor < upto, subscription_group.c.owed != "", subscription_group.c.corrections != ""
    )
    sizes = (
        select(subscription.c.group_id, func.count().label("size"))
        .join(subscription_group, subscription_group.c.id == subscription.c.group_id)
        .where(audience_of(key, terms), behind, subscription.c.state == "active")
        .group_by(subscription.c.group_id)
        .subquery()
    )
    query = (
        select(subscription_group, topic_set.c.topics, sizes.c.size)
        .join(sizes, sizes.c.group_id == subscription_group.c.id)
        .join(topic_set, topic_set.c.id == subscription_group.c.topic_set_id)
        .order_by(subscription_group.c.id)
    )
    return [
        Group(
            id=row.id,
            cursor=row.cursor,
            topics=frozenset(json.loads(row.topics)),
            topic_set=row.topic_set_id,
            language=row.language or terms.language,
            owed=parted(row.owed),
            corrections=parted(row.corrections),
            size=row.size,
        )
        for row in tx.execute(query)
    ]


def why_empty(tx: Connection, key: IssueKey, terms: Terms, groups: Sequence[Group]) -> str:
    """Why nobody gets anything, for people."""
    if groups:
        return "no new article has a topic that a subscriber chose"
    member = exists().where(subscription.c.group_id == subscription_group.c.id, subscription.c.state == "active")
    if tx.execute(select(exists().where(audience_of(key, terms), member))).scalar_one():
        return "no article was released since the last issue"
    return "it has no subscribers"


def candidates(
    tx: Connection, groups: Sequence[Group], upto: int, now: datetime, *, foreseen: Sequence[ArticleId] = ()
) -> list[Candidate]:
    """The articles that one of the groups may get, in the order of their release.

    ``foreseen`` are articles that will have been released by then, in order: with the numbers up to ``upto``.
    """
    if not groups:
        return []
    settled = (
        select(func.max(revision.c.number))
        .where(revision.c.article_id == article.c.id, revision.c.settles_at <= now)
        .scalar_subquery()
    )
    wanted = {id_ for group in groups for id_ in group.owed} | set(foreseen)
    query = (
        # No revision has settled by this clock if another machine's, which is ahead, released the article.
        select(
            article.c.id,
            article.c.release_number,
            article.c.retracted_at,
            func.coalesce(settled, article.c.revision).label("revision"),
        )
        .where(
            or_(
                article.c.release_number.between(min(group.cursor for group in groups) + 1, upto),
                article.c.id.in_(wanted),
            )
        )
        .order_by(article.c.release_number)
    )
    rows = tx.execute(query).all()
    topics = topics_of(tx, [row.id for row in rows])
    numbers = {id_: number for number, id_ in enumerate(foreseen, upto - len(foreseen) + 1)}
    found = [
        Candidate(
            article=ArticleId(row.id),
            release=numbers.get(row.id, row.release_number),
            revision=row.revision,
            topics=topics[row.id],
            retracted=row.retracted_at is not None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.release)


def notices(tx: Connection, groups: Sequence[Group], terms: Terms, upto: int) -> list[Notice]:
    """What happened to articles that the newsletter carried: what one of the groups may have to be told, in order."""
    if not groups or not terms.corrections:
        return []
    waiting = {id_ for group in groups for id_ in group.corrections}
    since = min(group.cursor for group in groups)
    query = (
        select(correction, article.c.release_number.label("carried"))
        .join(article, article.c.id == correction.c.article_id)
        .where(
            correction.c.release_number <= upto,
            or_(correction.c.release_number > since, correction.c.id.in_(waiting)),
            # What has come back since was not retracted.
            or_(~correction.c.retracted, article.c.retracted_at.is_not(None)),
        )
        .order_by(correction.c.release_number)
    )
    rows = [row for row in tx.execute(query).all() if carried_at(tx, terms.newsletter, row.article_id, row.made_at)]
    topics = topics_of(tx, [row.article_id for row in rows])
    return [
        Notice(
            correction=row.id,
            release=row.release_number,
            article=ArticleId(row.article_id),
            carried=row.carried,
            topics=topics[row.article_id],
        )
        for row in rows
    ]


def carried_at(tx: Connection, name: str, article_id: int, before: datetime) -> datetime | None:
    """The slot of the newsletter's last issue that carried the article before a time; None if none did lately."""
    last = (
        select(func.max(issue.c.slot, type_=issue.c.slot.type))
        .join(variant, variant.c.issue_id == issue.c.id)
        .where(
            issue.c.newsletter == name,
            issue.c.slot >= before - _REMEMBERED,
            issue.c.slot <= before,
            issue.c.state.in_((IssueState.OPEN, IssueState.FINISHED)),
            # As `freezing` writes it: the id opens a pair.
            variant.c.articles.like(f"%[{article_id}, %"),
        )
    )
    found: datetime | None = tx.execute(last).scalar_one()
    return found


def topics_of(tx: Connection, ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The topic keys of each of these articles."""
    topics: dict[int, set[str]] = {id_: set() for id_ in ids}
    for id_, topic in tx.execute(
        select(article_topic.c.article_id, article_topic.c.topic).where(article_topic.c.article_id.in_(ids))
    ):
        topics[id_].add(topic)
    return {id_: frozenset(some) for id_, some in topics.items()}
