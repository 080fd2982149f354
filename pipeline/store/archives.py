"""What the archives of feeds are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby

from sqlalchemy import Engine, func, select

from pipeline.domain.archive import ArchiveMonth, Retraction, first_open_month
from pipeline.domain.article import Article
from pipeline.domain.selection import EVERYTHING, Selection
from pipeline.store.adopted import adopted_so_far, ids_of
from pipeline.store.conditions import matching
from pipeline.store.database import reading
from pipeline.store.selections import current_articles, read_articles, selected
from pipeline.store.tables import adopted_id, article, instance

_REMEMBERED = timedelta(days=90)
_MOST_RETRACTIONS = 50
_VERSION = select(
    instance.c.articles_version,
    # An id that is taken over, too: it shows.
    select(func.count(adopted_id.c.article_id)).scalar_subquery(),
    select(func.max(adopted_id.c.id)).scalar_subquery(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedArchive:
    """The articles of one feed by the month that they are filed under, as of ``now``."""

    engine: Engine
    now: datetime
    chosen: Selection = EVERYTHING

    def version(self) -> str:
        """While it stays, so does all else here.  One query of one row."""
        with reading(self.engine) as tx:
            row = tx.execute(_VERSION).one()
        return f"{tuple(row)} {first_open_month(self.now)} {self._horizon:%Y%m%d}"

    def months(self) -> Sequence[ArchiveMonth]:
        """The months that have articles, oldest first; costs no article's content."""
        columns = select(article.c.archive_month, article.c.id, article.c.revision)
        query = selected(columns, self.chosen).order_by(None)
        with reading(self.engine) as tx:
            rows = tx.execute(query.order_by(article.c.archive_month, article.c.id)).all()
            adopted = adopted_so_far(tx)
        opened = first_open_month(self.now)
        months = []
        for number, found in groupby(rows, key=lambda row: row[0]):
            articles = [(id_, revision) for _, id_, revision in found]
            months.append(
                ArchiveMonth(
                    number=number,
                    articles=frozenset(id_ for id_, _ in articles),
                    digest=sha256(f"{adopted} {articles}".encode()).hexdigest(),
                    closed=number < opened,
                )
            )
        return months

    def articles(self, months: Sequence[int]) -> Iterator[Article]:
        """The articles of some months, newest first, streamed."""
        query = selected(current_articles().where(article.c.archive_month.in_(months)), self.chosen)
        with reading(self.engine) as tx:
            yield from read_articles(tx, query)

    def retractions(self) -> Sequence[Retraction]:
        """The articles that were taken back of late, the last of them first: at most 50 of 90 days."""
        columns = select(article.c.id, article.c.public_id, article.c.retracted_at)
        # Whoever showed it before: none of them does now.
        query = matching(columns.where(article.c.retracted_at >= self._horizon), self.chosen, gone=True)
        query = query.order_by(article.c.retracted_at.desc(), article.c.id.desc()).limit(_MOST_RETRACTIONS)
        with reading(self.engine) as tx:
            rows = tx.execute(query).all()
            adopted = ids_of(tx, [row.id for row in rows]) if rows else {}
        return [
            Retraction(public_id=row.public_id, when=row.retracted_at, adopted=adopted.get(row.id, ())) for row in rows
        ]

    @property
    def _horizon(self) -> datetime:
        """Whole days, so that the passing of time changes nothing more often than that."""
        return self.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - _REMEMBERED
