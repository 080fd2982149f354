"""Articles and their revisions, sightings and release numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    update,
)

from pipeline.collect.collect import Collected, Failure, SourceRules
from pipeline.collect.completeness import Completed, Seen
from pipeline.collect.source import KnownHash, SourceState
from pipeline.domain.article import Article, ArticleId, Sighting
from pipeline.domain.selection import EVERYTHING, Group, GroupKind, Selection
from pipeline.store.adopted import adopted_so_far, ids_of
from pipeline.store.answers import Answer, record_answer, record_answers
from pipeline.store.conditions import groups
from pipeline.store.database import reading, writing
from pipeline.store.histories import History, find_article, read_history
from pipeline.store.polls import own_row, write_failure, write_unchanged
from pipeline.store.releasing import note_correction, release, something_to_release
from pipeline.store.selections import current_articles, digest_of, read_articles, selected, sources_of, to_article
from pipeline.store.shown import shown, shows_known
from pipeline.store.tables import (
    article,
    gap,
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

    def retried_gaps(self) -> Mapping[str, datetime]:
        open_ = select(gap.c.source, func.min(gap.c.since)).where(gap.c.closed_at.is_(None), gap.c.retry)
        with reading(self.engine) as tx:
            rows = tx.execute(open_.group_by(gap.c.source)).all()
        return {source: since for source, since in rows if since is not None}

    def retried_gap(self, name: str) -> datetime | None:
        first = select(func.min(gap.c.since)).where(gap.c.source == name, gap.c.closed_at.is_(None), gap.c.retry)
        with reading(self.engine) as tx:
            found: datetime | None = tx.execute(first).scalar_one()
        return found

    def shown(self, name: str, names: Iterable[str]) -> frozenset[str]:
        with reading(self.engine) as tx:
            return shown(tx, name, names)

    def shows_known(self, name: str, sightings: Sequence[Sighting]) -> bool:
        with reading(self.engine) as tx:
            return shows_known(tx, name, sightings)

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
            return record_answer(tx, (rules, done, now))

    def record_together(self, answers: Sequence[Answer]) -> Sequence[Collected | Exception]:
        """Record answers of several sources in one transaction; of one that can't be recorded nothing is, and why."""
        with writing(self.engine) as tx:
            return record_answers(tx, answers)

    def record_unchanged(self, answers: Sequence[Answer]) -> None:
        """Record answers without anything new, of several sources, in one transaction."""
        with writing(self.engine) as tx:
            write_unchanged(tx, answers)

    def release(self, now: datetime) -> int:
        """Give a release number to every article that has settled, and to corrections.

        Returns how many articles were released.
        """
        with reading(self.engine) as tx:
            if not something_to_release(tx, now):
                return 0
        with writing(self.engine) as tx:
            return release(tx, now)

    def correct(self, id_: ArticleId, note: str, now: datetime) -> bool:
        """Let readers whose mail carried the article be told that it was wrong; False if no mail can have."""
        with writing(self.engine) as tx:
            return note_correction(tx, id_, note, now)

    def count(self, chosen: Selection = EVERYTHING) -> int:
        """How many articles `newest` would give without a limit."""
        query = selected(select(article.c.id), chosen).order_by(None)
        with reading(self.engine) as tx:
            number: int = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        return number

    def newest(self, *, limit: int | None, chosen: Selection = EVERYTHING) -> Iterator[Article]:
        """The selected current articles, newest first; streamed, so that many need the memory of a few."""
        query = selected(current_articles(), chosen).limit(limit)
        with reading(self.engine) as tx:
            yield from read_articles(tx, query)

    def selection(self, *, limit: int | None, chosen: Selection = EVERYTHING) -> str:
        """A digest of which articles in which revisions `newest` would give; costs no article's content."""
        query = selected(select(article.c.id, article.c.revision), chosen).limit(limit)
        with reading(self.engine) as tx:
            return f"{digest_of(tx, query)} {adopted_so_far(tx)}"

    def groups(self, kind: GroupKind, chosen: Selection = EVERYTHING) -> tuple[Group, ...]:
        """The groups of a kind that the selected articles fall into, the oldest first."""
        with reading(self.engine) as tx:
            return groups(tx, kind, chosen)

    def one(self, id_: ArticleId) -> Article | None:
        with reading(self.engine) as tx:
            row = tx.execute(current_articles().where(article.c.id == id_)).one_or_none()
            return to_article(row, sources_of(tx, [id_]).get(id_, ()), ids_of(tx, [id_]).get(id_, ())) if row else None

    def find(self, name: str) -> ArticleId | None:
        """The article of that number, public id or web address; None if there is none."""
        with reading(self.engine) as tx:
            return find_article(tx, name)

    def of_key(self, name: str, key: str) -> ArticleId | None:
        """The article that a source shows, or showed, under that key."""
        mine = select(sighting.c.article_id).where(sighting.c.source == name, sighting.c.key == key)
        with reading(self.engine) as tx:
            found: int | None = tx.execute(mine).scalar_one_or_none()
        return None if found is None else ArticleId(found)

    def history(self, id_: ArticleId) -> History:
        """The revisions of an article that is there, and its way to mail."""
        with reading(self.engine) as tx:
            return read_history(tx, id_)


def revisions(tx: Connection, wanted: Sequence[tuple[ArticleId, int]]) -> tuple[Article, ...]:
    """The articles as they were in these revisions, in the order that is asked for."""
    ids = [id_ for id_, _ in wanted]
    of_article = and_(
        revision.c.article_id == article.c.id,
        # For an index: SQLite has none for a list of pairs.
        revision.c.article_id.in_(ids),
        tuple_(revision.c.article_id, revision.c.number).in_(wanted),
    )
    rows = tx.execute(
        select(article, revision.c.content, revision.c.number, revision.c.recorded_at).join(revision, of_article)
    ).all()
    names = sources_of(tx, ids)
    found = {
        row.id: replace(to_article(row, names.get(row.id, ())), revision=row.number, changed=row.recorded_at)
        for row in rows
    }
    return tuple(found[id_] for id_ in ids)
