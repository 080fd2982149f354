"""Articles and their revisions, sightings and release numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    and_,
    exists,
    select,
    tuple_,
    update,
)

from pipeline.collect.collect import Collected, SourceRules
from pipeline.collect.source import Collection, KnownHash, SourceState
from pipeline.domain.article import Article, ArticleId, topic_key
from pipeline.store.codec import load_content
from pipeline.store.database import reading, writing
from pipeline.store.histories import History, find_article, read_history
from pipeline.store.recording import Recording
from pipeline.store.statements import insert_new
from pipeline.store.tables import (
    article,
    article_topic,
    instance,
    revision,
    sighting,
    source,
)

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """The articles of one store."""

    engine: Engine

    def source_state(self, name: str) -> SourceState:
        with reading(self.engine) as tx:
            row = tx.execute(select(source).where(source.c.name == name)).one_or_none()
        if row is None:
            return SourceState()
        return SourceState(asked=row.asked, etag=row.etag, last_modified=row.last_modified, moved_to=row.moved_to)

    def known_hash(self, name: str) -> KnownHash:
        query = select(sighting.c.raw_hash).where(sighting.c.source == name, sighting.c.gone_at.is_(None))

        def known(key: str) -> str | None:
            with reading(self.engine) as tx:
                return tx.execute(query.where(sighting.c.key == key)).scalar_one_or_none()

        return known

    def record_failure(self, name: str, error: str, now: datetime) -> None:
        with writing(self.engine) as tx:
            _ensure_source(tx, name)
            failed = {"last_attempt_at": now, "error": error, "failures": source.c.failures + 1}
            tx.execute(update(source).where(source.c.name == name).values(failed))

    def record(self, rules: SourceRules, collection: Collection, now: datetime) -> Collected:
        """Record one answer in one transaction: all of it, or after a crash nothing."""
        with writing(self.engine) as tx:
            row = _ensure_source(tx, rules.name)
            first = row.first_collected_at is None
            recorded = Recording(tx, rules, collection, now, first).record()
            state = collection.state
            done = {
                "asked": state.asked,
                "etag": state.etag,
                "last_modified": state.last_modified,
                "moved_to": state.moved_to,
                "first_collected_at": row.first_collected_at or now,
                "last_attempt_at": now,
                "last_success_at": now,
                "failures": 0,
                "error": None,
            }
            tx.execute(update(source).where(source.c.name == rules.name).values(done))
        return recorded

    def release(self, now: datetime) -> int:
        """Give a release number to every article that has settled.  Returns how many were released.

        The instance's row is locked first: numbers become visible in their own order, so no cursor can pass one.
        """
        due = and_(
            article.c.mailable,
            article.c.release_number.is_(None),
            article.c.retracted_at.is_(None),
            article.c.settles_at <= now,
        )
        with reading(self.engine) as tx:
            if not tx.execute(select(exists().where(due))).scalar_one():
                return 0
        with writing(self.engine) as tx:
            last: int = tx.execute(
                update(instance).values(last_release=instance.c.last_release).returning(instance.c.last_release)
            ).scalar_one()
            ids = (
                tx.execute(select(article.c.id).where(due).order_by(article.c.published_at, article.c.id))
                .scalars()
                .all()
            )
            for number, id_ in enumerate(ids, last + 1):
                tx.execute(update(article).where(article.c.id == id_).values(release_number=number, released_at=now))
            tx.execute(update(instance).values(last_release=last + len(ids)))
        return len(ids)

    def newest(
        self, *, limit: int | None, topics: Sequence[str] = (), sources: Sequence[str] = ()
    ) -> Iterator[Article]:
        """The current articles, newest first, that have one of the topics and come from one of the sources.

        Streamed in pages, so that a feed of many articles needs the memory of a few.
        """
        query = _selected(_articles(), topics, sources).limit(limit)
        with reading(self.engine) as tx, tx.execution_options(yield_per=_PAGE).execute(query) as rows:
            for page in rows.partitions(_PAGE):
                names = _sources(tx, [row.id for row in page])
                yield from (_article(row, names.get(row.id, ())) for row in page)

    def selection(self, *, limit: int | None, topics: Sequence[str] = (), sources: Sequence[str] = ()) -> str:
        """A digest of which articles in which revisions `newest` would give; costs no article's content."""
        digest = sha256()
        query = _selected(select(article.c.id, article.c.revision), topics, sources).limit(limit)
        with reading(self.engine) as tx, tx.execution_options(yield_per=_PAGE).execute(query) as rows:
            for page in rows.partitions(_PAGE):
                digest.update(repr([(row.id, row.revision) for row in page]).encode())
        return digest.hexdigest()

    def one(self, id_: ArticleId) -> Article | None:
        with reading(self.engine) as tx:
            row = tx.execute(_articles().where(article.c.id == id_)).one_or_none()
            return _article(row, _sources(tx, [id_]).get(id_, ())) if row else None

    def find(self, name: str) -> ArticleId | None:
        """The article of that number, public id or web address; None if there is none."""
        with reading(self.engine) as tx:
            return find_article(tx, name)

    def history(self, id_: ArticleId) -> History:
        """The revisions of an article that is there, and its way to mail."""
        with reading(self.engine) as tx:
            return read_history(tx, id_)


def _ensure_source(tx: Connection, name: str) -> Row[Any]:
    tx.execute(insert_new(tx, source).values(name=name).on_conflict_do_nothing())
    return tx.execute(select(source).where(source.c.name == name).with_for_update()).one()


def _articles() -> Select[Any]:
    current = and_(revision.c.article_id == article.c.id, revision.c.number == article.c.revision)
    return select(article, revision.c.content).join(revision, current)


def _selected(query: Select[Any], topics: Sequence[str], sources: Sequence[str]) -> Select[Any]:
    query = query.where(article.c.retracted_at.is_(None)).order_by(article.c.published_at.desc(), article.c.id.desc())
    if topics:
        keys = [topic_key(topic) for topic in topics]
        query = query.where(article.c.id.in_(select(article_topic.c.article_id).where(article_topic.c.topic.in_(keys))))
    if sources:
        shown = select(sighting.c.article_id).where(sighting.c.source.in_(sources), sighting.c.gone_at.is_(None))
        query = query.where(article.c.id.in_(shown))
    return query


def _sources(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = {}
    query = select(sighting.c.article_id, sighting.c.source).where(
        sighting.c.article_id.in_(ids), sighting.c.gone_at.is_(None)
    )
    for id_, name in tx.execute(query.order_by(sighting.c.source).distinct()):
        names[id_] = (*names.get(id_, ()), name)
    return names


def _article(row: Row[Any], sources: tuple[str, ...]) -> Article:
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
    )


def revisions(tx: Connection, wanted: Sequence[tuple[ArticleId, int]]) -> tuple[Article, ...]:
    """The articles as they were in these revisions, in the order that is asked for."""
    ids = [id_ for id_, _ in wanted]
    of_article = and_(
        revision.c.article_id == article.c.id, tuple_(revision.c.article_id, revision.c.number).in_(wanted)
    )
    rows = tx.execute(
        select(article, revision.c.content, revision.c.number, revision.c.recorded_at).join(revision, of_article)
    ).all()
    names = _sources(tx, ids)
    found = {
        row.id: replace(_article(row, names.get(row.id, ())), revision=row.number, changed=row.recorded_at)
        for row in rows
    }
    return tuple(found[id_] for id_ in ids)
