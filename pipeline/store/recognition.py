"""What the store knows of the articles that one answer may show: read at once, and kept up to date."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, or_, select

from pipeline.domain.article import ArticleId, Content
from pipeline.domain.identity import Alias, AliasKind, Known
from pipeline.store.codec import load_content
from pipeline.store.tables import alias, article, revision, sighting, source

_SILENT = timedelta(days=3)
"""After how long a source that could not be collected, or is no longer configured, stops leading."""
_AT_ONCE = 400

# Made once: that takes longer than to carry them out.
_BY_KEY = select(sighting.c.key, sighting.c.article_id).where(
    sighting.c.source == bindparam("source_name"), sighting.c.key.in_(bindparam("keys", expanding=True))
)
# By kind: a list of pairs is looked up in no index of SQLite.
_BY_ALIAS = select(alias).where(
    or_(
        *(
            and_(alias.c.kind == kind.value, alias.c.value.in_(bindparam(kind.value, expanding=True)))
            for kind in AliasKind
        )
    )
)
_SHOWN = select(sighting.c.article_id, sighting.c.source, sighting.c.key, sighting.c.gone_at).where(
    sighting.c.article_id.in_(bindparam("ids", expanding=True))
)
_KNOWN = (
    select(article.c.id, article.c.retracted_at, revision, source.c.last_success_at)
    .join(revision, and_(revision.c.article_id == article.c.id, revision.c.number == article.c.revision))
    .outerjoin(source, source.c.name == revision.c.source)
    .where(article.c.id.in_(bindparam("ids", expanding=True)))
)

T = TypeVar("T")


@dataclass(slots=True)
class Recognition:
    """The articles that keys and aliases of one source's answer lead to.

    ``silent_before``: a source whose last success was before that leads no longer.
    """

    tx: Connection
    source: str
    silent_before: datetime
    _keys: dict[str, ArticleId] = field(default_factory=dict)
    _aliases: dict[Alias, tuple[ArticleId, bool]] = field(default_factory=dict)
    _known: dict[ArticleId, Known] = field(default_factory=dict)
    _sources: dict[ArticleId, set[str]] = field(default_factory=dict)

    def prepare(self, keys: Collection[str], names: Collection[Alias]) -> None:
        """Read all that these keys and aliases may lead to."""
        for part in _parts(sorted(keys)):
            rows = self.tx.execute(_BY_KEY, {"source_name": self.source, "keys": part})
            self._keys.update((row.key, ArticleId(row.article_id)) for row in rows)
        for some in _parts(sorted(names)):
            values = {kind.value: [value for named, value in some if named is kind] for kind in AliasKind}
            for row in self.tx.execute(_BY_ALIAS, values):
                self._aliases[AliasKind(row.kind), row.value] = (ArticleId(row.article_id), row.shared)
        found = {*self._keys.values(), *(id_ for id_, _ in self._aliases.values())}
        for ids in _parts(sorted(found)):
            self._load(ids)

    def by_key(self, key: str) -> Known | None:
        return self._known.get(self._keys[key]) if key in self._keys else None

    def by_alias(self, name: Alias) -> Known | None:
        id_, shared = self._aliases.get(name, (None, False))
        return None if id_ is None or shared else self._known.get(id_)

    def known(self, id_: ArticleId) -> Known:
        return self._known[id_]

    def was_seen(self, id_: ArticleId) -> bool:
        """Whether this source showed the article before, under whatever key."""
        return self.source in self._sources.get(id_, ())

    def names(self, id_: ArticleId, name: Alias, *, shared: bool) -> bool:
        """Whether the store has it so already."""
        return self._aliases.get(name) == (id_, shared)

    def is_shared(self, name: Alias) -> bool:
        return self._aliases.get(name, (None, False))[1]

    def add(self, id_: ArticleId, content: Content, content_hash: str) -> None:
        """There is a new article."""
        self._known[id_] = Known(
            article=id_, content=content, content_hash=content_hash, retracted=False, keys=frozenset(), lead=None
        )

    def revise(self, id_: ArticleId, key: str, content: Content, content_hash: str) -> None:
        """This source's words are the article's now."""
        self._known[id_] = replace(
            self._known[id_], content=content, content_hash=content_hash, lead=(self.source, key)
        )

    def see(self, key: str, id_: ArticleId, given_up: Collection[str]) -> None:
        """The source shows the article under this key, and under those that it gave up no more."""
        before = self._keys.get(key)
        if before is not None and before != id_:
            other = self._known[before]
            kept = (other.keys - {(self.source, key)}) | {(self.source, former_key(key, before))}
            self._known[before] = replace(other, keys=kept)
        known = self._known[id_]
        keys = (known.keys | {(self.source, key)}) - {(self.source, old) for old in given_up}
        self._known[id_] = replace(known, keys=keys, retracted=False)
        self._keys[key] = id_
        self._sources.setdefault(id_, set()).add(self.source)

    def name(self, name: Alias, id_: ArticleId, *, shared: bool) -> None:
        """From now on the alias leads there, or nowhere."""
        self._aliases[name] = (id_, shared)

    def _load(self, ids: Sequence[ArticleId]) -> None:
        shown: dict[int, set[tuple[str, str]]] = {}
        for row in self.tx.execute(_SHOWN, {"ids": ids}):
            self._sources.setdefault(ArticleId(row.article_id), set()).add(row.source)
            if row.gone_at is None:
                shown.setdefault(row.article_id, set()).add((row.source, row.key))
        for row in self.tx.execute(_KNOWN, {"ids": ids}):
            keys = frozenset(shown.get(row.id, ()))
            silent = row.last_success_at is not None and row.last_success_at < self.silent_before
            leads = row.source == self.source or not silent
            shows = any(by == row.source for by, _ in keys)
            self._known[ArticleId(row.id)] = Known(
                article=ArticleId(row.id),
                content=load_content(row.content),
                content_hash=row.content_hash,
                retracted=row.retracted_at is not None,
                keys=keys,
                lead=(row.source, row.key or "") if shows and leads else None,
            )


def former_key(key: str, id_: ArticleId) -> str:
    """What an article's key is called once it means another article."""
    return f"{key} ({id_})"


def silent_before(now: datetime) -> datetime:
    return now - _SILENT


def _parts(values: Iterable[T]) -> Iterator[Sequence[T]]:
    left = iter(values)
    while part := list(islice(left, _AT_ONCE)):
        yield part
