"""Under which keys and aliases a source shows its articles, and the topics that it gives them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Insert, bindparam, delete, insert, or_, select, update

from pipeline.domain.article import ArticleId, Content, Sighting, topic_key
from pipeline.domain.identity import Alias
from pipeline.store.recognition import Recognition, former_key
from pipeline.store.statements import insert_for
from pipeline.store.tables import alias, article_topic, sighting

_AT_ONCE = 400

# Made once: that takes longer than to carry them out.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_TOPICS = select(sighting.c.article_id, sighting.c.topics).where(
    sighting.c.article_id.in_(_IDS), sighting.c.gone_at.is_(None)
)
_ARTICLE_TOPICS = select(article_topic).where(article_topic.c.article_id.in_(_IDS))
_FORGET_TOPICS = delete(article_topic).where(article_topic.c.article_id.in_(_IDS))
_ADD_TOPICS = insert(article_topic)


@cache
def _seeing(dialect: str) -> Insert:
    new = insert_for(dialect, sighting)
    newer: dict[str, ColumnElement[Any]] = {
        name: new.excluded[name] for name in ("article_id", "raw_hash", "gone_at", "topics")
    }
    return new.on_conflict_do_update(index_elements=["source", "key"], set_=newer)


@cache
def _naming(dialect: str) -> Insert:
    new = insert_for(dialect, alias)
    # Whatever once was shared stays so: the source does it.
    again: dict[str, ColumnElement[Any]] = {
        "article_id": new.excluded["article_id"],
        "shared": or_(alias.c.shared, new.excluded["shared"]),
    }
    return new.on_conflict_do_update(index_elements=["kind", "value"], set_=again)


@dataclass(slots=True)
class Sightings:
    """What one answer shows.  Gathered while it is recorded, written with `write`."""

    tx: Connection
    source: str
    now: datetime
    known: Recognition
    _seen: list[dict[str, Any]] = field(default_factory=list)
    _named: dict[Alias, tuple[ArticleId, bool]] = field(default_factory=dict)
    _touched: set[ArticleId] = field(default_factory=set)

    def see(
        self,
        seen: Sighting,
        id_: ArticleId,
        content: Content,
        names: tuple[Alias, ...],
        shared: Collection[Alias],
        present: Collection[str],
    ) -> None:
        """The source shows this article.  ``shared`` are the aliases that several items of its answer have."""
        before = self.known.by_key(seen.key)
        if before is not None and before.article != id_:
            self._rename(seen.key, before.article)
        keys = [key for by, key in self.known.known(id_).keys if by == self.source]
        given_up = [key for key in keys if key != seen.key and key not in present]
        if given_up:
            superseded = update(sighting).where(sighting.c.source == self.source, sighting.c.key.in_(given_up))
            self.tx.execute(superseded.values(gone_at=self.now))
        topics = sorted({topic_key(topic) for topic in content.topics})
        self._seen.append(
            {
                "source": self.source,
                "key": seen.key,
                "article_id": id_,
                "raw_hash": seen.raw_hash,
                "first_seen": self.now,
                "gone_at": None,
                "topics": json.dumps(topics, ensure_ascii=False),
            }
        )
        self._touched.add(id_)
        for name in names:
            other = self.known.by_alias(name)
            taken = other is not None and other.article != id_ and self._shows(other.keys, seen.key, present)
            self._name(name, id_, shared=name in shared or taken or self.known.is_shared(name))
        self.known.see(seen.key, id_, given_up)

    def withdrawn(self, id_: int) -> None:
        """A source shows this article no longer: its topics there count no more."""
        self._touched.add(ArticleId(id_))

    def write(self) -> None:
        if self._seen:
            self.tx.execute(_seeing(self.tx.dialect.name), self._seen)
            self._seen = []
        if self._named:
            rows = [
                {"kind": kind, "value": value, "article_id": id_, "shared": shared}
                for (kind, value), (id_, shared) in sorted(self._named.items())
            ]
            self.tx.execute(_naming(self.tx.dialect.name), rows)
            self._named = {}
        self.write_topics()

    def write_topics(self) -> None:
        """An article has the topics that those who show it give it, all together."""
        touched = sorted(self._touched)
        for start in range(0, len(touched), _AT_ONCE):
            ids = touched[start : start + _AT_ONCE]
            topics: dict[int, set[str]] = {}
            for row in self.tx.execute(_TOPICS, {"ids": ids}):
                topics.setdefault(row.article_id, set()).update(json.loads(row.topics))
            had: dict[int, set[str]] = {id_: set() for id_ in topics}
            for row in self.tx.execute(_ARTICLE_TOPICS, {"ids": list(topics)}):
                had[row.article_id].add(row.topic)
            changed = [id_ for id_, some in topics.items() if some != had[id_]]
            if not changed:
                continue
            if any(had[id_] for id_ in changed):
                self.tx.execute(_FORGET_TOPICS, {"ids": changed})
            rows = [{"article_id": id_, "topic": topic} for id_ in changed for topic in sorted(topics[id_])]
            if rows:
                self.tx.execute(_ADD_TOPICS, rows)
        self._touched = set()

    def _name(self, name: Alias, id_: ArticleId, *, shared: bool) -> None:
        if not self.known.names(id_, name, shared=shared):
            self._named[name] = (id_, shared)
            self.known.name(name, id_, shared=shared)

    def _shows(self, keys: Collection[tuple[str, str]], key: str, present: Collection[str]) -> bool:
        return any(by == self.source and other != key and other in present for by, other in keys)

    def _rename(self, key: str, id_: ArticleId) -> None:
        """The key means another article now.  The one that had it keeps a sighting: it came from this source."""
        old = former_key(key, id_)
        mine = sighting.c.source == self.source
        self.tx.execute(delete(sighting).where(mine, sighting.c.key == old))
        self.tx.execute(update(sighting).where(mine, sighting.c.key == key).values(key=old, gone_at=None))
