"""The articles that the next issue would carry, for previews and tests.  Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from pipeline.compose.compose import MOST
from pipeline.domain.article import Article, ArticleId
from pipeline.domain.issue import Terms
from pipeline.store.articles import revisions
from pipeline.store.tables import article, article_topic, issue, revision, subscription

_SAMPLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """Articles in the order of an issue.  ``due`` is false for a sample, taken because nothing new has come."""

    articles: tuple[Article, ...]
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
            .limit(MOST)
        )
        wanted = [(ArticleId(id_), number) for id_, number in tx.execute(due)]
        if wanted:
            # As in `compose`: the oldest come first where there are too many, and the newest of them leads.
            return Upcoming(articles=revisions(tx, wanted[::-1]), due=True)
    newest = (
        select(article.c.id, article.c.revision)
        .where(article.c.retracted_at.is_(None), carried)
        .order_by(article.c.published_at.desc(), article.c.id.desc())
        .limit(_SAMPLE)
    )
    sample = [(ArticleId(id_), number) for id_, number in tx.execute(newest)]
    return Upcoming(articles=revisions(tx, sample) if sample else (), due=False)


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
        select(func.min(subscription.c.cursor)).where(
            subscription.c.newsletter == terms.newsletter,
            subscription.c.cadence == cadence,
            subscription.c.state == "active",
        )
    ).scalar_one()
    return first
