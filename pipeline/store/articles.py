"""Articles and their revisions, sightings and release numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)

from pipeline.collect.collect import Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed, Seen
from pipeline.collect.source import KnownHash, SourceState
from pipeline.domain.article import Article, ArticleId, Sighting, topic_key
from pipeline.domain.identity import aliases
from pipeline.store.codec import load_content
from pipeline.store.database import reading, writing
from pipeline.store.histories import History, find_article, read_history
from pipeline.store.polls import own_row, write_answer, write_failure, write_gap, write_unchanged
from pipeline.store.recording import Recording
from pipeline.store.tables import (
    alias,
    article,
    article_topic,
    gap,
    instance,
    revision,
    sighting,
    source,
)

_PAGE = 200
_HASHES_AT_ONCE = 2_000
_STATE_COLUMNS = (source.c.asked, source.c.etag, source.c.last_modified, source.c.moved_to)
_STATE = select(*_STATE_COLUMNS).where(source.c.name == bindparam("source_name"))
_VALIDATOR = 200
_MINE = and_(sighting.c.source == bindparam("source_name"), sighting.c.gone_at.is_(None))
_HASHES = select(sighting.c.key, sighting.c.raw_hash).where(_MINE).limit(_HASHES_AT_ONCE)
_HASH = select(sighting.c.raw_hash).where(_MINE, sighting.c.key == bindparam("source_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """The articles of one store."""

    engine: Engine

    def source_state(self, name: str) -> SourceState:
        with reading(self.engine) as tx:
            row = tx.execute(_STATE, {"source_name": name}).one_or_none()
        if row is None:
            return SourceState()
        return SourceState(asked=row.asked, etag=row.etag, last_modified=row.last_modified, moved_to=row.moved_to)

    def source_states(self) -> Mapping[str, SourceState]:
        """The states of sources by name, in one query, but for those that remember more than a validator."""
        short = or_(source.c.last_modified.is_(None), func.length(source.c.last_modified) <= _VALIDATOR)
        with reading(self.engine) as tx:
            rows = tx.execute(select(source.c.name, *_STATE_COLUMNS).where(short)).all()
        return {
            row.name: SourceState(
                asked=row.asked, etag=row.etag, last_modified=row.last_modified, moved_to=row.moved_to
            )
            for row in rows
        }

    def known_hash(self, name: str) -> KnownHash:
        found: dict[str, str] = {}
        asked = False

        def known(key: str) -> str | None:
            nonlocal asked
            if not asked:
                with reading(self.engine) as tx:
                    found.update((other, raw_hash) for other, raw_hash in tx.execute(_HASHES, {"source_name": name}))
                asked = True
            if key in found or len(found) < _HASHES_AT_ONCE:
                return found.get(key)
            with reading(self.engine) as tx:
                return tx.execute(_HASH, {"source_name": name, "source_key": key}).scalar_one_or_none()

        return known

    def seen(self, name: str, address: str | None) -> Seen | None:
        newest = (
            select(func.max(article.c.published_at))
            .join(sighting, sighting.c.article_id == article.c.id)
            .where(sighting.c.source == name)
        )
        here = select(source.c.last_window).where(source.c.name == name, source.c.address == address)
        with reading(self.engine) as tx:
            window = tx.execute(here).scalar_one_or_none()
            published = None if window is None else tx.execute(newest).scalar_one()
        return None if window is None or published is None else Seen(newest=published, window=window)

    def retried_gap(self, name: str) -> datetime | None:
        first = select(func.min(gap.c.since)).where(gap.c.source == name, gap.c.closed_at.is_(None), gap.c.retry)
        with reading(self.engine) as tx:
            found: datetime | None = tx.execute(first).scalar_one()
        return found

    def shows_known(self, name: str, sightings: Sequence[Sighting]) -> bool:
        """Whether one of them is an article that this source showed before, by its key, address or text."""
        if any(seen.content is None for seen in sightings):
            return True
        mine = select(sighting.c.article_id).where(sighting.c.source == name)
        with reading(self.engine) as tx:
            for start in range(0, len(sightings), _PAGE):
                page = sightings[start : start + _PAGE]
                names = [other for seen in page if seen.content for other in aliases(name, seen.key, seen.content)]
                by_key = mine.where(sighting.c.key.in_([seen.key for seen in page])).limit(1)
                by_name = (
                    mine.join(alias, alias.c.article_id == sighting.c.article_id)
                    .where(tuple_(alias.c.kind, alias.c.value).in_(names), ~alias.c.shared)
                    .limit(1)
                )
                if tx.execute(by_key).first() or (names and tx.execute(by_name).first()):
                    return True
        return False

    def record_failure(self, rules: SourceRules, failure: Failure, now: datetime) -> None:
        with writing(self.engine) as tx:
            write_failure(tx, own_row(tx, rules), failure, rules.interval, now)

    def postpone(self, rules: SourceRules, until: datetime) -> None:
        with writing(self.engine) as tx:
            own_row(tx, rules)
            asked = {"next_poll_at": until, "asked_until": until}
            tx.execute(update(source).where(source.c.name == rules.name).values(asked))

    def record(self, rules: SourceRules, done: Completed, now: datetime) -> Collected:
        """Record one answer in one transaction: all of it, or after a crash nothing."""
        with writing(self.engine) as tx:
            # One after the other: two sources that show the same new article at once would make two of it.
            tx.execute(select(instance.c.id).with_for_update())
            row = own_row(tx, rules)
            first = row.first_collected_at is None
            recorded = Recording(tx, rules, done.collection, now, first).record()
            write_answer(tx, row, done, now)
            write_gap(tx, rules.name, done, now)
        return recorded

    def record_unchanged(self, answers: Sequence[tuple[SourceRules, Completed, datetime]]) -> None:
        """Record answers without anything new, of several sources, in one transaction."""
        with writing(self.engine) as tx:
            write_unchanged(tx, answers)

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

    def count(self, *, topics: Sequence[str] = (), sources: Sequence[str] = ()) -> int:
        """How many articles `newest` would give without a limit."""
        chosen = _selected(select(article.c.id), topics, sources).order_by(None)
        with reading(self.engine) as tx:
            number: int = tx.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
        return number

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
