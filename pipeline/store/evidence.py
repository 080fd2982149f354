"""What the store knows of a person and an article: the evidence for an explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, select, true

from pipeline.domain.article import ArticleId
from pipeline.domain.audience import ERASED, SubscriptionId, SubscriptionState, address_key
from pipeline.domain.event import EventCounts
from pipeline.domain.explanation import ArticleFacts, DeliveryFacts, Evidence, SlotFacts, SubscriptionFacts
from pipeline.domain.issue import IMMEDIATE, Issue, IssueState, Terms
from pipeline.domain.issue_evidence import IssueEvidence
from pipeline.domain.ledger import IssueId, SubscriberId
from pipeline.store.codec import load_content
from pipeline.store.composing import topics_of
from pipeline.store.database import reading
from pipeline.store.delivery_evidence import deliveries
from pipeline.store.groups import parted
from pipeline.store.issue_evidence import batch_facts, covered_upto, reason_facts, variant_facts
from pipeline.store.reading_subscriptions import subscriptions
from pipeline.store.selections import current_articles
from pipeline.store.standstills import standstill
from pipeline.store.suppressing import Digests, no_digests, suppressed
from pipeline.store.tables import (
    article,
    article_topic,
    issue,
    sighting,
    sign_up,
    subscriber,
    subscription,
    subscription_group,
)

_SLOTS = 10
_SKEW = timedelta(days=1)
"""How far the clocks of two machines may be apart, one that releases and one that freezes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBook:
    """Reads evidence from one store.  Nothing is changed."""

    engine: Engine
    digests: Digests = no_digests

    def evidence(self, address: str, id_: ArticleId, terms: Mapping[str, Terms]) -> Evidence:
        """All that is known of this address and an article that is there; ``terms`` are by newsletter."""
        key = address_key(address)
        with reading(self.engine) as tx:
            facts = _article(tx, id_)
            asked = (
                select(sign_up.c.newsletter, sign_up.c.asked_at)
                .where(sign_up.c.state.in_(("asked", "mailed")), func.lower(sign_up.c.address) == key)
                .order_by(sign_up.c.asked_at)
            )
            mine = tx.execute(
                subscriptions()
                .add_columns(subscription_group.c.cursor, subscription_group.c.owed)
                .where(subscriber.c.address_key == key, subscription.c.ended_how.is_distinct_from(ERASED))
                .order_by(subscription.c.id)
            ).all()
            return Evidence(
                article=facts,
                person=SubscriberId(mine[0].subscriber_id) if mine else None,
                suppression=suppressed(tx, [key], self.digests).get(key),
                asked=tuple((name, at) for name, at in tx.execute(asked)),
                subscriptions=tuple(_subscription(tx, row, facts, terms.get(row.newsletter)) for row in mine),
                standstill=standstill(tx),
            )

    def of_issue(self, found: Issue, events: EventCounts) -> IssueEvidence:
        """How an issue that is there came about, and what became of it."""
        with reading(self.engine) as tx:
            return IssueEvidence(
                issue=found,
                upto=covered_upto(tx, found.id),
                variants=variant_facts(tx, found.id),
                batches=batch_facts(tx, found.id),
                reasons=reason_facts(tx, found.id),
                events=events,
            )


def _article(tx: Connection, id_: ArticleId) -> ArticleFacts:
    row = tx.execute(current_articles().where(article.c.id == id_)).one()
    content = load_content(row.content)
    by = select(sighting.c.source).where(sighting.c.article_id == id_).distinct().order_by(sighting.c.source)
    return ArticleFacts(
        id=id_,
        title=content.title,
        url=content.url,
        revision=row.revision,
        collected=row.first_seen,
        sources=tuple(tx.execute(by).scalars()),
        settles=row.settles_at,
        mailable=row.mailable,
        release=row.release_number,
        released=row.released_at,
        retracted=row.retracted_at,
        topics=topics_of(tx, [id_])[id_],
    )


def _subscription(tx: Connection, row: Row[Any], facts: ArticleFacts, terms: Terms | None) -> SubscriptionFacts:
    topics: list[str] = json.loads(row.topics)
    owed = parted(row.owed)
    local = terms is not None and terms.local_time and row.cadence != IMMEDIATE
    zone = (row.timezone or terms.zone) if terms and local else None
    return SubscriptionFacts(
        id=SubscriptionId(row.id),
        newsletter=row.newsletter,
        cadence=row.cadence,
        timezone=row.timezone or None,
        language=row.language or None,
        state=SubscriptionState(row.state),
        since=row.created_at,
        confirmed=row.confirmed_at,
        changed=row.changed_at,
        ended_how=row.ended_how,
        paused_until=row.paused_until,
        topics=frozenset(topics),
        cursor=row.cursor,
        owed=facts.id in owed,
        debts=len(owed),
        ahead=_ahead(tx, row.cursor, facts.release, topics, terms) if terms else 0,
        deliveries=_deliveries(tx, row, facts),
        slots=_slots(tx, row, facts, zone),
    )


def _ahead(tx: Connection, cursor: int, release: int | None, topics: Sequence[str], terms: Terms) -> int:
    """How many articles that the subscription gets come before this one."""
    coming = [article.c.release_number > cursor]
    if release is not None:
        coming.append(article.c.release_number < release)
    for chosen in (terms.topics, topics):
        if chosen:
            having = select(article_topic.c.article_id).where(article_topic.c.topic.in_(chosen))
            coming.append(article.c.id.in_(having))
    number: int = tx.execute(select(func.count()).select_from(article).where(*coming)).scalar_one()
    return number


def _deliveries(tx: Connection, row: Row[Any], facts: ArticleFacts) -> tuple[DeliveryFacts, ...]:
    if facts.released is None:
        return ()
    return deliveries(
        tx, row.newsletter, SubscriberId(row.subscriber_id), row.group_id, facts.id, facts.released - _SKEW
    )


def _slots(tx: Connection, row: Row[Any], facts: ArticleFacts, zone: str | None) -> tuple[SlotFacts, ...]:
    """The newest slots of the subscription's that were missed or skipped after the release."""
    if facts.released is None:
        return ()
    ended = (
        select(issue.c.id, issue.c.slot, issue.c.state, issue.c.reason)
        .where(
            and_(issue.c.newsletter == row.newsletter, issue.c.cadence == row.cadence),
            issue.c.slot >= facts.released,
            true() if zone is None else issue.c.zone == zone,
            issue.c.state.in_((IssueState.SKIPPED, IssueState.MISSED)),
        )
        .order_by(issue.c.slot.desc())
        .limit(_SLOTS)
    )
    found = [
        SlotFacts(issue=IssueId(one.id), slot=one.slot, state=IssueState(one.state), reason=one.reason)
        for one in tx.execute(ended)
    ]
    return tuple(reversed(found))
