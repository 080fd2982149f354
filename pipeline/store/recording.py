"""One answer of one source on its way into the store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from pipeline.collect.collect import Collected, SourceRules, mailable_keys
from pipeline.collect.source import Collection
from pipeline.domain.article import ArticleId, Content, topic_key
from pipeline.domain.identity import (
    Alias,
    AliasKind,
    Known,
    aliases,
    believable,
    content_hash,
    identify,
    public_id,
)
from pipeline.errors import Problem
from pipeline.store.codec import dump_content
from pipeline.store.statements import insert_new
from pipeline.store.tables import alias, article, article_topic, revision, sighting


@dataclass(slots=True)
class Recording:
    """Compares an answer with what is stored and writes the difference, inside the caller's transaction."""

    tx: Connection
    rules: SourceRules
    collection: Collection
    now: datetime
    first: bool

    def record(self) -> Collected:
        if self.collection.not_modified:
            return Collected(problems=self.collection.problems)
        counts = {"new": 0, "revised": 0, "unchanged": 0}
        present = frozenset(s.key for s in self.collection.sightings)
        fresh: list[tuple[datetime, str]] = []
        made: dict[str, ArticleId] = {}
        notes: list[Problem] = []
        for seen in self.collection.sightings:
            notes += [self._note(seen.key, note) for note in seen.notes]
            if seen.content is None:
                counts["unchanged"] += 1
                continue
            content, doubts = believable(seen.content, self.now)
            notes += [self._note(seen.key, note) for note in doubts]
            verdict = identify(
                self.rules.name,
                seen.key,
                content,
                by_key=self._by_key(seen.key),
                by_alias=self._by_alias,
                present=present,
            )
            if verdict.article is None:
                made[seen.key] = id_ = self._add(seen.key, content)
                fresh.append((content.published or self.now, seen.key))
                counts["new"] += 1
            else:
                id_ = verdict.article
                counts["revised" if verdict.revised else "unchanged"] += 1
                if verdict.revised:
                    self._revise(id_, content)
                if verdict.returned:
                    self.tx.execute(update(article).where(article.c.id == id_).values(retracted_at=None))
            self._see(seen.key, id_, seen.raw_hash, content)
        if self.first:
            may = mailable_keys(fresh, self.rules.backlog)
            for key, id_ in made.items():
                if key not in may:
                    self.tx.execute(update(article).where(article.c.id == id_).values(mailable=False))
        retracted = self._retract(present | self.collection.failed) if self.collection.complete else 0
        return Collected(**counts, retracted=retracted, problems=self.collection.problems, notes=tuple(notes))

    def _note(self, key: str, note: str) -> Problem:
        return Problem(code="article-note", where=f"source {self.rules.name}, {key}", what=note)

    def _by_key(self, key: str) -> Known | None:
        found = select(sighting.c.article_id).where(sighting.c.source == self.rules.name, sighting.c.key == key)
        return self._known(found)

    def _by_alias(self, name: Alias) -> Known | None:
        return self._known(select(alias.c.article_id).where(alias.c.kind == name[0], alias.c.value == name[1]))

    def _known(self, found: Select[tuple[int]]) -> Known | None:
        query = (
            select(article.c.id, revision.c.content_hash, article.c.retracted_at)
            .join(revision, and_(revision.c.article_id == article.c.id, revision.c.number == article.c.revision))
            .where(article.c.id == found.scalar_subquery())
        )
        row = self.tx.execute(query).one_or_none()
        if row is None:
            return None
        keys = self.tx.execute(
            select(sighting.c.source, sighting.c.key).where(
                sighting.c.article_id == row.id, sighting.c.gone_at.is_(None)
            )
        )
        return Known(
            article=ArticleId(row.id),
            content_hash=row.content_hash,
            retracted=row.retracted_at is not None,
            keys=frozenset((by, key) for by, key in keys),
        )

    def _add(self, key: str, content: Content) -> ArticleId:
        name = public_id(self.rules.host, self.rules.name, key, content, self.now)
        if self.tx.execute(select(exists().where(article.c.public_id == name))).scalar_one():
            # Another source has the same guid for another article: ids are unique, so this one gets one of its own.
            name = uuid.uuid5(uuid.NAMESPACE_URL, f"{name}#{self.rules.name}/{key}").urn
        settles = self.now + self.rules.settle
        values = {
            "public_id": name,
            "revision": 1,
            "published_at": content.published or self.now,
            "first_seen": self.now,
            "changed_at": self.now,
            "settles_at": settles,
            "mailable": True,
        }
        id_ = ArticleId(self.tx.execute(insert(article).values(values).returning(article.c.id)).scalar_one())
        self._keep(id_, 1, content, settles)
        return id_

    def _revise(self, id_: ArticleId, content: Content) -> None:
        settles = self.now + self.rules.settle
        changed = (
            update(article)
            .where(article.c.id == id_)
            .values(
                revision=article.c.revision + 1,
                changed_at=self.now,
                settles_at=settles,
                published_at=func.coalesce(content.published, article.c.first_seen, type_=article.c.published_at.type),
            )
        )
        number: int = self.tx.execute(changed.returning(article.c.revision)).scalar_one()
        self._keep(id_, number, content, settles)

    def _keep(self, id_: ArticleId, number: int, content: Content, settles: datetime) -> None:
        kept = {
            "article_id": id_,
            "number": number,
            "recorded_at": self.now,
            "settles_at": settles,
            "content_hash": content_hash(content),
            "content": dump_content(content),
        }
        self.tx.execute(insert(revision).values(kept))
        self.tx.execute(delete(article_topic).where(article_topic.c.article_id == id_))
        if topics := {topic_key(topic) for topic in content.topics}:
            self.tx.execute(insert(article_topic), [{"article_id": id_, "topic": topic} for topic in sorted(topics)])

    def _see(self, key: str, id_: ArticleId, raw_hash: str, content: Content) -> None:
        seen = {"source": self.rules.name, "key": key, "article_id": id_, "raw_hash": raw_hash, "first_seen": self.now}
        statement = insert_new(self.tx, sighting).values(seen)
        again = {"article_id": id_, "raw_hash": raw_hash, "gone_at": None}
        self.tx.execute(statement.on_conflict_do_update(index_elements=["source", "key"], set_=again))
        for kind, value in aliases(content):
            self._alias(kind, value, id_)

    def _alias(self, kind: AliasKind, value: str, id_: ArticleId) -> None:
        statement = insert_new(self.tx, alias).values(kind=kind, value=value, article_id=id_)
        self.tx.execute(statement.on_conflict_do_nothing())

    def _retract(self, present: frozenset[str]) -> int:
        """Mark the keys that a complete answer no longer has; an article that no source shows is retracted."""
        mine = and_(sighting.c.source == self.rules.name, sighting.c.gone_at.is_(None))
        gone = [key for key in self.tx.execute(select(sighting.c.key).where(mine)).scalars() if key not in present]
        count = 0
        for key in gone:
            id_ = self.tx.execute(
                update(sighting)
                .where(mine, sighting.c.key == key)
                .values(gone_at=self.now)
                .returning(sighting.c.article_id)
            ).scalar_one()
            shown = exists().where(sighting.c.article_id == id_, sighting.c.gone_at.is_(None))
            ended = update(article).where(article.c.id == id_, article.c.retracted_at.is_(None), ~shown)
            count += self.tx.execute(ended.values(retracted_at=self.now)).rowcount
        return count
