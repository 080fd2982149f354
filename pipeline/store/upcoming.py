"""The articles that the next issue would carry, for previews and tests.  Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from pipeline.compose.arrange import arrange
from pipeline.domain.article import ArticleId
from pipeline.domain.issue import IssueContents, Terms
from pipeline.store.articles import revisions
from pipeline.store.composing import topics_of
from pipeline.store.tables import article, article_topic, issue, revision, subscription, subscription_group

_SAMPLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """What an issue would carry.  ``due`` is false for a sample, taken because nothing new has come."""

    contents: IssueContents
    due: bool


def next_articles(tx: Connection, terms: Terms, cadence: str, now: datetime) -> Upcoming:
    """What the next issue would carry for a subscriber who chose every topic of the newsletter.

    These are the articles with one of its topics that came after its last issue of that cadence, released or to be
    released by the next run; if there are none, the newest five, whether mail may carry them or not.
    """
    carried = _carried(terms)
    fresh: ColumnElement[bool] = and_(
        article.c.mailable, article.c.release_number.is_(None), article.c.settles_at <= now
    )
    covered = _covered(tx, terms, cadence)
    if covered is not None:
        settled = (
            select(func.max(revision.c.number))
            .where(revision.c.article_id == article.c.id, revision.c.settles_at <= now)
            .scalar_subquery()
        )
        due = (
            select(article.c.id, func.coalesce(settled, article.c.revision))
            .where(article.c.retracted_at.is_(None), carried, or_(article.c.release_number > covered, fresh))
            .order_by(article.c.release_number.is_(None), article.c.release_number)
            .order_by(article.c.published_at, article.c.id)
            .limit(terms.most)
        )
        wanted = [(ArticleId(id_), number) for id_, number in tx.execute(due)]
        if wanted:
            return Upcoming(contents=_contents(tx, wanted, terms), due=True)
    newest = (
        select(article.c.id, article.c.revision)
        .where(article.c.retracted_at.is_(None), carried)
        .order_by(article.c.published_at.desc(), article.c.id.desc())
        .limit(_SAMPLE)
    )
    sample = [(ArticleId(id_), number) for id_, number in tx.execute(newest)]
    return Upcoming(contents=_contents(tx, sample[::-1], terms), due=False)


def _contents(tx: Connection, due: Sequence[tuple[ArticleId, int]], terms: Terms) -> IssueContents:
    topics = {ArticleId(id_): keys for id_, keys in topics_of(tx, [id_ for id_, _ in due]).items()}
    arranged = arrange(due, topics, terms.topics, terms)
    return IssueContents(articles=revisions(tx, arranged.articles) if due else (), sections=arranged.sections)


def _carried(terms: Terms) -> ColumnElement[bool]:
    if not terms.topics:
        return true()
    return article.c.id.in_(select(article_topic.c.article_id).where(article_topic.c.topic.in_(terms.topics)))


def _covered(tx: Connection, terms: Terms, cadence: str) -> int | None:
    """The last release number that the cadence's subscribers have had; None if there never was an issue or anybody."""
    covered: int | None = tx.execute(
        select(func.max(issue.c.upto)).where(issue.c.newsletter == terms.newsletter, issue.c.cadence == cadence)
    ).scalar_one()
    if covered is not None:
        return covered
    first: int | None = tx.execute(
        select(func.min(subscription_group.c.cursor))
        .join(subscription, subscription.c.group_id == subscription_group.c.id)
        .where(
            subscription_group.c.newsletter == terms.newsletter,
            subscription_group.c.cadence == cadence,
            subscription.c.state == "active",
        )
    ).scalar_one()
    return first
