"""The sources of one store: how their collections went, and how much they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from pipeline.store.database import reading
from pipeline.store.tables import sighting, source


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """How a source stands.

    ``failures`` counts the failed collections since the last that succeeded; ``error`` is what the last one failed of.
    ``articles`` counts those that it shows now.  ``moved_to`` is where permanent redirects led.  Times are aware, in
    UTC; they are None for what never happened.
    """

    name: str
    first_collected: datetime | None
    last_attempt: datetime | None
    last_success: datetime | None
    failures: int
    error: str | None
    moved_to: str | None
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources of one store."""

    engine: Engine

    def standings(self) -> Sequence[SourceStanding]:
        """Every source that was ever collected, by name; also those that are no longer configured."""
        shown = (
            select(sighting.c.source, func.count(sighting.c.article_id.distinct()).label("articles"))
            .where(sighting.c.gone_at.is_(None))
            .group_by(sighting.c.source)
            .subquery()
        )
        query = (
            select(source, func.coalesce(shown.c.articles, 0).label("articles"))
            .outerjoin(shown, shown.c.source == source.c.name)
            .order_by(source.c.name)
        )
        with reading(self.engine) as tx:
            return [
                SourceStanding(
                    name=row.name,
                    first_collected=row.first_collected_at,
                    last_attempt=row.last_attempt_at,
                    last_success=row.last_success_at,
                    failures=row.failures,
                    error=row.error,
                    moved_to=row.moved_to,
                    articles=row.articles,
                )
                for row in tx.execute(query)
            ]
