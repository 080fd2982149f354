"""Selections of current articles: what feeds and listings are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from pipeline.domain.article import Article, ArticleId
from pipeline.domain.selection import Selection
from pipeline.store.adopted import ids_of
from pipeline.store.codec import load_content
from pipeline.store.conditions import matching
from pipeline.store.tables import article, revision, sighting

PAGE = 200


def current_articles() -> Select[Any]:
    """All articles with the content of their current revision."""
    current = and_(revision.c.article_id == article.c.id, revision.c.number == article.c.revision)
    return select(article, revision.c.content).join(revision, current)


def selected(query: Select[Any], chosen: Selection) -> Select[Any]:
    """Those of the selected articles that were not retracted; newest first."""
    current = matching(query, chosen).where(article.c.retracted_at.is_(None))
    return current.order_by(article.c.published_at.desc(), article.c.id.desc())


def read_articles(tx: Connection, query: Select[Any]) -> Iterator[Article]:
    """The articles of a query of `current_articles`, in pages, so that many need the memory of a few."""
    with tx.execution_options(yield_per=PAGE).execute(query) as rows:
        for page in rows.partitions(PAGE):
            ids = [row.id for row in page]
            names, adopted = sources_of(tx, ids), ids_of(tx, ids)
            yield from (to_article(row, names.get(row.id, ()), adopted.get(row.id, ())) for row in page)


def digest_of(tx: Connection, query: Select[Any]) -> str:
    """A digest of the rows of a query, in their order."""
    digest = sha256()
    with tx.execution_options(yield_per=PAGE).execute(query) as rows:
        for page in rows.partitions(PAGE):
            digest.update(repr([tuple(row) for row in page]).encode())
    return digest.hexdigest()


def sources_of(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The names of the sources that show each of the articles."""
    names: dict[int, tuple[str, ...]] = {}
    query = select(sighting.c.article_id, sighting.c.source).where(
        sighting.c.article_id.in_(ids), sighting.c.gone_at.is_(None)
    )
    for id_, name in tx.execute(query.order_by(sighting.c.source).distinct()):
        names[id_] = (*names.get(id_, ()), name)
    return names


def to_article(row: Row[Any], sources: tuple[str, ...], adopted: tuple[tuple[str, str], ...] = ()) -> Article:
    return Article(
        id=ArticleId(row.id),
        public_id=row.public_id,
        revision=row.revision,
        content=load_content(row.content),
        first_seen=row.first_seen,
        changed=row.changed_at,
        sources=sources,
        release=row.release_number,
        retracted=row.retracted_at,
        adopted=adopted,
    )
