"""The sources of one store: how their polls went, how much they show, and what may be missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, func, or_, select

from pipeline.domain.polling import Poll
from pipeline.store.database import reading
from pipeline.store.tables import article, gap, sighting, source

_LATELY = timedelta(days=30)
_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=1)
_FEW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGap:
    """A time in which articles may have been published that were never seen; ``closed`` when they were fetched."""

    since: datetime
    upto: datetime
    why: str
    found: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """How a source stands.

    ``poll`` tells when it is asked next.  ``failures`` counts the failed polls since ``failing_since``; ``error`` is
    what the last one failed of, ``remark`` what is odd about what it shows, ``status`` the HTTP status of the last
    answer.  ``articles`` counts those it shows now.
    ``moved_to`` is where permanent redirects led.  ``window`` is the average number of articles in a changed answer,
    ``per_day`` how many it published a day lately; each is None where it isn't known.  ``polls`` counts all polls,
    ``unmodified`` those with nothing new (304); ``requests`` and ``received`` (bytes) are what the answered ones cost.
    Times are aware, in UTC; they are None for what never happened.
    """

    name: str
    poll: Poll
    first_collected: datetime | None
    last_attempt: datetime | None
    last_success: datetime | None
    failing_since: datetime | None
    failures: int
    error: str | None
    remark: str | None
    status: int | None
    moved_to: str | None
    articles: int
    window: float | None
    per_day: float | None
    polls: int
    unmodified: int
    requests: int
    received: int
    gaps: Sequence[SourceGap]

    @property
    def open_gaps(self) -> Sequence[SourceGap]:
        return [found for found in self.gaps if found.closed is None]

    @property
    def window_days(self) -> float | None:
        """How long a window lasts: whoever polls more seldom loses articles.  None where that isn't known."""
        return self.window / self.per_day if self.window and self.per_day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources of one store."""

    engine: Engine

    def polls(self, names: Sequence[str], now: datetime) -> Mapping[str, Poll]:
        """When these sources are polled next, and all those whose server asked to be left alone until after ``now``."""
        query = select(
            source.c.name,
            source.c.address,
            source.c.next_poll_at,
            source.c.failures,
            source.c.asked_until,
            source.c.ended_at,
        )
        if len(names) <= _FEW:
            query = query.where(or_(source.c.name.in_(names), source.c.asked_until > now))
        with reading(self.engine) as tx:
            return {row.name: _poll(row) for row in tx.execute(query)}

    def standings(self, now: datetime) -> Sequence[SourceStanding]:
        """Every source that was ever polled, by name; also those that are no longer configured."""
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
        rates, gaps = self._rates(now), self._gaps()
        with reading(self.engine) as tx:
            return [
                SourceStanding(
                    name=row.name,
                    poll=_poll(row),
                    first_collected=row.first_collected_at,
                    last_attempt=row.last_attempt_at,
                    last_success=row.last_success_at,
                    failing_since=row.failing_since,
                    failures=row.failures,
                    error=row.error,
                    remark=row.remark,
                    status=row.last_status,
                    moved_to=row.moved_to,
                    articles=row.articles,
                    window=row.shown / row.windows if row.windows else None,
                    per_day=rates.get(row.name),
                    polls=row.polls,
                    unmodified=row.unmodified,
                    requests=row.requests,
                    received=row.received,
                    gaps=gaps.get(row.name, ()),
                )
                for row in tx.execute(query)
            ]

    def _rates(self, now: datetime) -> Mapping[str, float]:
        """How many articles a day each source published in the last month, or since the oldest one that is known."""
        query = (
            select(
                sighting.c.source,
                func.count(article.c.id.distinct()).label("articles"),
                func.min(article.c.published_at).label("oldest"),
            )
            .join(article, article.c.id == sighting.c.article_id)
            .where(article.c.published_at > now - _LATELY, article.c.published_at <= now)
            .group_by(sighting.c.source)
        )
        with reading(self.engine) as tx:
            return {
                row.source: row.articles / (max(now - row.oldest, _SHORTEST) / _DAY)
                for row in tx.execute(query)
                if row.articles > 1
            }

    def _gaps(self) -> Mapping[str, Sequence[SourceGap]]:
        found: dict[str, list[SourceGap]] = defaultdict(list)
        with reading(self.engine) as tx:
            for row in tx.execute(select(gap).order_by(gap.c.source, gap.c.id)):
                found[row.source].append(
                    SourceGap(since=row.since, upto=row.upto, why=row.why, found=row.found_at, closed=row.closed_at)
                )
        return found


def _poll(row: Row[*tuple[Any, ...]]) -> Poll:
    return Poll(
        address=row.address,
        next=row.next_poll_at,
        failures=row.failures,
        asked_until=row.asked_until,
        ended=row.ended_at,
    )
