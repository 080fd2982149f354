"""Figures for monitoring: each costs one look into an index or a small table, however large the store is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState
from pipeline.store.database import reading
from pipeline.store.tables import batch, issue, notice, provider_standing, source

_WAITING = (BatchState.READY, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.RETRY_WAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """``failures`` counts the polls in a row that failed."""

    last_success: datetime | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFigures:
    """``failures`` counts the calls in a row that it was not available for; ``error`` is what it said last."""

    failures: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Reads them; all of one kind at once."""

    engine: Engine

    def sources(self) -> Mapping[str, SourceFigures]:
        columns = (source.c.name, source.c.last_success_at, source.c.failures)
        with reading(self.engine) as tx:
            rows = tx.execute(select(*columns)).all()
        return {name: SourceFigures(last_success=last, failures=failures) for name, last, failures in rows}

    def issues(self) -> Mapping[tuple[str, str], int]:
        """How many issues there are, by newsletter and state."""
        counted = select(issue.c.newsletter, issue.c.state, func.count()).group_by(issue.c.newsletter, issue.c.state)
        with reading(self.engine) as tx:
            return {(newsletter, state): size for newsletter, state, size in tx.execute(counted)}

    def open_batches(self) -> Mapping[tuple[str, str], int]:
        """How many batches of open issues there are, by newsletter and state."""
        counted = (
            select(issue.c.newsletter, batch.c.state, func.count())
            .join(issue, issue.c.id == batch.c.issue_id)
            .where(issue.c.state == IssueState.OPEN)
            .group_by(issue.c.newsletter, batch.c.state)
        )
        with reading(self.engine) as tx:
            return {(newsletter, state): size for newsletter, state, size in tx.execute(counted)}

    def oldest_open(self) -> Mapping[str, datetime]:
        """When the oldest open issue of each newsletter was made."""
        oldest = select(issue.c.newsletter, func.min(issue.c.frozen_at)).where(issue.c.state == IssueState.OPEN)
        with reading(self.engine) as tx:
            return dict(tx.execute(oldest.group_by(issue.c.newsletter)).all())

    def notices(self) -> Mapping[str, int]:
        """How many messages about subscriptions there are, by state."""
        with reading(self.engine) as tx:
            return dict(tx.execute(select(notice.c.state, func.count()).group_by(notice.c.state)).all())

    def oldest_notice(self) -> datetime | None:
        """When the oldest message about a subscription was asked for that nobody has got yet."""
        waiting = select(func.min(notice.c.created_at)).where(notice.c.state.in_(_WAITING))
        with reading(self.engine) as tx:
            oldest: datetime | None = tx.execute(waiting).scalar_one()
        return oldest

    def providers(self) -> Mapping[str, ProviderFigures]:
        """How those stand that were not available for the last calls."""
        columns = (provider_standing.c.provider, provider_standing.c.failures, provider_standing.c.error)
        with reading(self.engine) as tx:
            rows = tx.execute(select(*columns).where(provider_standing.c.failures > 0)).all()
        return {name: ProviderFigures(failures=failures, error=error) for name, failures, error in rows}
