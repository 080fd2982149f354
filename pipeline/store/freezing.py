"""How an issue's audience and articles are frozen: set-based, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    String,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from pipeline.compose.compose import Candidate, Composition, Group, compose
from pipeline.domain.article import ArticleId
from pipeline.domain.issue import IMMEDIATE, IssueKey, IssueState, Terms
from pipeline.domain.ledger import BatchState, IssueId, OutcomeKind, batch_id
from pipeline.store.statements import insert_new
from pipeline.store.tables import (
    article,
    article_topic,
    batch,
    delivery,
    instance,
    issue,
    newsletter,
    revision,
    subscriber,
    subscription,
    suppression,
    topic_set,
    variant,
    variant_group,
)


def freeze(tx: Connection, key: IssueKey, terms: Terms, now: datetime) -> IssueId | None:
    """Freeze an issue inside the caller's transaction; None where there is such an issue already."""
    _take_turn(tx, terms.newsletter)
    id_ = begin(tx, key, now)
    if id_ is None:
        return None
    _hold(tx, key, terms)
    upto = _last_release(tx)
    groups = _groups(tx, key, terms, upto)
    composition = compose(_candidates(tx, groups, upto, now), groups, terms.topics, upto)
    if composition.variants:
        _write_audience(tx, id_, key, terms, composition)
    else:
        reason = _why_empty(tx, key, terms, groups)
        skipped = {"state": IssueState.SKIPPED, "reason": reason, "finished_at": now}
        tx.execute(update(issue).where(issue.c.id == id_).values(skipped))
    # The furthest first: a group that is moved must not arrive where another still stands that is to be moved on.
    for share in sorted(composition.shares, key=lambda share: share.group.cursor, reverse=True):
        covered = update(subscription).where(_in_group(key, terms, share.group))
        tx.execute(covered.values(cursor=share.upto, owed=_joined(share.owed)))
    reached = upto if composition.upto is None else composition.upto
    tx.execute(update(issue).where(issue.c.id == id_).values(upto=reached))
    return id_


def _take_turn(tx: Connection, name: str) -> None:
    """Two machines must not freeze issues of one newsletter at once: both would see the same cursors."""
    tx.execute(insert_new(tx, newsletter).values(name=name).on_conflict_do_nothing())
    tx.execute(select(newsletter).where(newsletter.c.name == name).with_for_update())


def _hold(tx: Connection, key: IssueKey, terms: Terms) -> None:
    """Keep the audience as it is until the end: nobody changes a choice, ends, or is owed something meanwhile.

    SQLite's transaction keeps everybody out anyway.
    """
    if tx.dialect.name == "postgresql":
        held = select(subscription.c.id).where(_audience(key, terms)).order_by(subscription.c.id).with_for_update()
        tx.execute(select(func.count()).select_from(held.subquery()))


def begin(tx: Connection, key: IssueKey, now: datetime) -> IssueId | None:
    uid = key.uid(tx.execute(select(instance.c.uid)).scalar_one())
    values = {
        "uid": uid,
        "newsletter": key.newsletter,
        "cadence": key.cadence,
        "zone": key.zone,
        "slot": key.slot,
        "state": IssueState.OPEN,
        "upto": 0,
        "frozen_at": now,
    }
    begun = insert_new(tx, issue).values(values).on_conflict_do_nothing().returning(issue.c.id)
    id_ = tx.execute(begun).scalar_one_or_none()
    return None if id_ is None else IssueId(id_)


def _last_release(tx: Connection) -> int:
    last: int = tx.execute(select(func.coalesce(func.max(article.c.release_number), 0))).scalar_one()
    return last


def _language(terms: Terms) -> ColumnElement[str]:
    return func.coalesce(subscription.c.language, literal(terms.language, String))


def _audience(key: IssueKey, terms: Terms) -> ColumnElement[bool]:
    """Which subscriptions the issue is for."""
    zone = func.coalesce(subscription.c.timezone, literal(terms.zone, String))
    return and_(
        subscription.c.newsletter == key.newsletter,
        subscription.c.state == "active",
        subscription.c.cadence == key.cadence,
        zone == key.zone if terms.local_time and key.cadence != IMMEDIATE else true(),
    )


def _groups(tx: Connection, key: IssueKey, terms: Terms, upto: int) -> list[Group]:
    language = _language(terms).label("language")
    columns = (subscription.c.cursor, subscription.c.topic_set_id, language, subscription.c.owed)
    query = (
        select(*columns, topic_set.c.topics, func.count().label("size"))
        .join(topic_set, topic_set.c.id == subscription.c.topic_set_id)
        .where(_audience(key, terms), or_(subscription.c.cursor < upto, subscription.c.owed != ""))
        .group_by(*columns, topic_set.c.topics)
        .order_by(subscription.c.cursor, subscription.c.topic_set_id, language, subscription.c.owed)
    )
    return [
        Group(
            cursor=row.cursor,
            topics=frozenset(json.loads(row.topics)),
            topic_set=row.topic_set_id,
            language=row.language,
            owed=tuple(ArticleId(int(id_)) for id_ in row.owed.split(",") if id_),
            size=row.size,
        )
        for row in tx.execute(query)
    ]


def _candidates(tx: Connection, groups: Sequence[Group], upto: int, now: datetime) -> list[Candidate]:
    if not groups:
        return []
    settled = (
        select(func.max(revision.c.number))
        .where(revision.c.article_id == article.c.id, revision.c.settles_at <= now)
        .scalar_subquery()
    )
    owed = {id_ for group in groups for id_ in group.owed}
    query = (
        # No revision has settled by this clock if another machine's, which is ahead, released the article.
        select(
            article.c.id,
            article.c.release_number,
            article.c.retracted_at,
            func.coalesce(settled, article.c.revision).label("revision"),
        )
        .where(
            article.c.release_number <= upto,
            or_(article.c.release_number > min(group.cursor for group in groups), article.c.id.in_(owed)),
        )
        .order_by(article.c.release_number)
    )
    rows = tx.execute(query).all()
    topics: dict[int, set[str]] = {row.id: set() for row in rows}
    for id_, topic in tx.execute(
        select(article_topic.c.article_id, article_topic.c.topic).where(article_topic.c.article_id.in_(topics))
    ):
        topics[id_].add(topic)
    return [
        Candidate(
            article=ArticleId(row.id),
            release=row.release_number,
            revision=row.revision,
            topics=frozenset(topics[row.id]),
            retracted=row.retracted_at is not None,
        )
        for row in rows
    ]


def _why_empty(tx: Connection, key: IssueKey, terms: Terms, groups: Sequence[Group]) -> str:
    if groups:
        return "no new article has a topic that a subscriber chose"
    if tx.execute(select(exists().where(_audience(key, terms)))).scalar_one():
        return "no article was released since the last issue"
    return "it has no subscribers"


def _in_group(key: IssueKey, terms: Terms, group: Group) -> ColumnElement[bool]:
    return and_(
        _audience(key, terms),
        subscription.c.cursor == group.cursor,
        subscription.c.topic_set_id == group.topic_set,
        _language(terms) == group.language,
        subscription.c.owed == _joined(group.owed),
    )


def _joined(articles: Sequence[ArticleId]) -> str:
    return ",".join(map(str, articles))


def _write_audience(tx: Connection, id_: IssueId, key: IssueKey, terms: Terms, composition: Composition) -> None:
    """Write variants, deliveries and batches, without reading a single subscription."""
    for number, planned in enumerate(composition.variants, 1):
        values = {
            "issue_id": id_,
            "number": number,
            "language": planned.language,
            "articles": json.dumps(planned.articles),
        }
        variant_id = tx.execute(insert(variant).values(values).returning(variant.c.id)).scalar_one()
        groups = [
            {
                "variant_id": variant_id,
                "cursor": share.group.cursor,
                "topic_set_id": share.group.topic_set,
                "language": share.group.language,
                "owed": _joined(share.group.owed),
            }
            for share in planned.shares
        ]
        tx.execute(insert(variant_group), groups)
    tx.execute(_deliveries(id_, key, terms))
    # Without a row this would be INSERT … DEFAULT VALUES: everybody may be suppressed.
    if batches := _batches(tx, id_):
        tx.execute(insert(batch), batches)
    audience = select(func.count()).where(delivery.c.issue_id == id_).scalar_subquery()
    tx.execute(update(issue).where(issue.c.id == id_).values(audience=audience))


def _deliveries(id_: IssueId, key: IssueKey, terms: Terms) -> Insert:
    mailable = suppression.c.address_key.is_(None)
    place = func.row_number().over(
        partition_by=[variant_group.c.variant_id, mailable], order_by=subscription.c.subscriber_id
    )
    rows = (
        select(
            literal(id_, BigInteger),
            subscription.c.subscriber_id,
            subscription.c.id,
            variant_group.c.variant_id,
            case((mailable, (place - 1) // terms.batch_size + 1)),
            case((~mailable, literal(OutcomeKind.SUPPRESSED.value, String))),
            suppression.c.reason,
        )
        .select_from(subscription)
        .join(
            variant_group,
            and_(
                variant_group.c.cursor == subscription.c.cursor,
                variant_group.c.topic_set_id == subscription.c.topic_set_id,
                variant_group.c.language == _language(terms),
                variant_group.c.owed == subscription.c.owed,
            ),
        )
        .join(variant, and_(variant.c.id == variant_group.c.variant_id, variant.c.issue_id == id_))
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .outerjoin(suppression, suppression.c.address_key == subscriber.c.address_key)
        .where(_audience(key, terms))
    )
    columns = ["issue_id", "subscriber_id", "subscription_id", "variant_id", "sequence", "outcome", "reason"]
    return insert(delivery).from_select(columns, rows)


def _batches(tx: Connection, id_: IssueId) -> list[dict[str, object]]:
    uid = tx.execute(select(issue.c.uid).where(issue.c.id == id_)).scalar_one()
    query = (
        select(delivery.c.variant_id, variant.c.number, delivery.c.sequence)
        .join(variant, variant.c.id == delivery.c.variant_id)
        .where(delivery.c.issue_id == id_, delivery.c.sequence.is_not(None))
        .distinct()
    )
    return [
        {
            "id": batch_id(uid, row.number, row.sequence),
            "issue_id": id_,
            "variant_id": row.variant_id,
            "sequence": row.sequence,
            "state": BatchState.READY,
        }
        for row in tx.execute(query)
    ]
