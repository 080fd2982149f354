"""Corrections: what became of articles after they had been mailed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from pipeline.domain.article import ArticleId
from pipeline.domain.issue import Corrected
from pipeline.store.articles import revisions
from pipeline.store.composing import carried_at
from pipeline.store.tables import article, correction


def corrected(tx: Connection, newsletter: str, ids: Sequence[int]) -> tuple[Corrected, ...]:
    """These corrections, in the order of their numbers."""
    if not ids:
        return ()
    query = (
        select(correction, article.c.revision)
        .join(article, article.c.id == correction.c.article_id)
        .where(correction.c.id.in_(ids))
        .order_by(correction.c.release_number)
    )
    rows = tx.execute(query).all()
    found = {one.id: one for one in revisions(tx, [(ArticleId(row.article_id), row.revision) for row in rows])}
    return tuple(
        Corrected(
            article=found[ArticleId(row.article_id)],
            retracted=row.retracted,
            note=row.note,
            carried=carried_at(tx, newsletter, row.article_id, row.made_at) or row.made_at,
        )
        for row in rows
    )
