"""Lists in pages: each begins behind the last row of the one before, so that the last costs what the first does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Engine, and_, or_, select

from pipeline.domain.article import Article
from pipeline.domain.audience import ERASED, Subscription, SubscriptionId, SubscriptionState, address_key
from pipeline.domain.issue import Issue, IssueState
from pipeline.domain.ledger import IssueId
from pipeline.domain.run import Run
from pipeline.domain.selection import EVERYTHING, Selection
from pipeline.store.database import reading
from pipeline.store.issues import Issues
from pipeline.store.reading_subscriptions import subscriptions, to_subscription
from pipeline.store.runs import to_run
from pipeline.store.selections import current_articles, read_articles, selected
from pipeline.store.tables import article, issue, run, subscriber, subscription
from pipeline.store.tables.audience import INACTIVE

Behind = tuple[datetime, int]
"""The time and the number of the last row of the page before."""


def _before(moment: Column[datetime], number: Column[int], behind: Behind) -> ColumnElement[bool]:
    """Whether a row stands behind that one, the newest first; in a form that both databases find in an index."""
    at, id_ = behind
    return and_(moment <= at, or_(moment < at, number < id_))


_THERE = subscription.c.ended_how.is_distinct_from(ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """The lists of one store."""

    engine: Engine

    def articles(
        self, *, limit: int, behind: Behind | None = None, chosen: Selection = EVERYTHING
    ) -> Sequence[Article]:
        """Current articles, the newest first."""
        query = selected(current_articles(), chosen).limit(limit)
        if behind is not None:
            query = query.where(_before(article.c.published_at, article.c.id, behind))
        with reading(self.engine) as tx:
            return list(read_articles(tx, query))

    def subscriptions(
        self,
        *,
        limit: int,
        behind: SubscriptionId | None = None,
        newsletter: str | None = None,
        state: SubscriptionState | None = None,
    ) -> Sequence[Subscription]:
        """Subscriptions in the order of their making; ``state`` only together with ``newsletter``, for the index."""
        ids = select(subscription.c.id).where(_THERE, subscription.c.id > (behind or 0))
        if newsletter is not None:
            ids = ids.where(subscription.c.newsletter == newsletter)
        if state is not None:
            ids = ids.where(subscription.c.state == state)
            if state is not SubscriptionState.ACTIVE:
                # Said once more for the index, which has only these.
                ids = ids.where(INACTIVE)
        page = ids.order_by(subscription.c.id).limit(limit).subquery()
        query = subscriptions().where(subscription.c.id.in_(select(page.c.id))).order_by(subscription.c.id)
        with reading(self.engine) as tx:
            return [to_subscription(row) for row in tx.execute(query)]

    def subscriptions_of(self, address: str) -> Sequence[Subscription]:
        """All subscriptions of whoever has this address."""
        mine = subscriptions().where(subscriber.c.address_key == address_key(address), _THERE)
        with reading(self.engine) as tx:
            return [to_subscription(row) for row in tx.execute(mine.order_by(subscription.c.id))]

    def issues(
        self,
        *,
        limit: int,
        behind: Behind | None = None,
        newsletter: str | None = None,
        state: IssueState | None = None,
    ) -> Sequence[Issue]:
        """Issues with their books, the newest slot first."""
        ids = select(issue.c.id).order_by(issue.c.slot.desc(), issue.c.id.desc()).limit(limit)
        if behind is not None:
            ids = ids.where(_before(issue.c.slot, issue.c.id, behind))
        if newsletter is not None:
            ids = ids.where(issue.c.newsletter == newsletter)
        if state is not None:
            ids = ids.where(issue.c.state == state)
        with reading(self.engine) as tx:
            found = [IssueId(id_) for id_ in tx.execute(ids).scalars()]
        return Issues(engine=self.engine).shown(found, limit=limit) if found else []

    def runs(self, *, limit: int, behind: Behind | None = None, job: str | None = None) -> Sequence[Run]:
        """Runs, the newest first."""
        query = select(run).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(limit)
        if behind is not None:
            query = query.where(_before(run.c.started_at, run.c.id, behind))
        if job is not None:
            query = query.where(run.c.job == job)
        with reading(self.engine) as tx:
            return [to_run(row) for row in tx.execute(query)]
