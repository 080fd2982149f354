"""What the store knows of the entries of a feed that ours replaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, true

from pipeline.domain.adoption import FORMATS, TITLE, Facts, Name, OldEntry, article_names, as_aliases, is_unmistakable
from pipeline.domain.article import ArticleId
from pipeline.domain.run import PUBLISHING, RunOutcome
from pipeline.store.codec import load_content
from pipeline.store.statements import are_one_of
from pipeline.store.tables import adopted_id, alias, article, revision, run, sighting

_AT_ONCE = 400

T = TypeVar("T")


@dataclass(slots=True)
class FactFinder:
    """Reads what `pipeline.domain.adoption.decide` needs; ``source`` is whose articles alone count, if any."""

    tx: Connection
    source: str | None
    now: datetime
    _found: dict[str, ArticleId] = field(default_factory=dict)
    _owners: dict[str, ArticleId] = field(default_factory=dict)
    _waiting: set[tuple[str, str]] = field(default_factory=set)

    def facts(self, entries: Sequence[OldEntry], names: Mapping[str, Sequence[Name]]) -> Facts:
        """``names`` are those that tell an entry from the others, by its id."""
        self._read_owners([entry.id for entry in entries])
        self._find_by_key([entry.id for entry in entries if is_unmistakable(entry.id)])
        self._find_by_alias(names)
        self._find_by_title(names)
        published_before = self._last_publishing()
        public_ids: dict[ArticleId, str] = {}
        published: set[ArticleId] = set()
        taken_over: dict[ArticleId, dict[str, str]] = {}
        for ids in _parts(sorted(set(self._found.values()))):
            for row in self.tx.execute(select(article).where(article.c.id.in_(ids))):
                public_ids[ArticleId(row.id)] = row.public_id
                if published_before is not None and row.first_seen <= published_before:
                    published.add(ArticleId(row.id))
            for row in self.tx.execute(select(adopted_id).where(adopted_id.c.article_id.in_(ids))):
                taken_over.setdefault(ArticleId(row.article_id), {})[row.format] = row.value
        return Facts(
            found=self._found,
            owners=self._owners,
            public_ids=public_ids,
            taken_over=taken_over,
            published=frozenset(published),
            waiting=frozenset(self._waiting),
        )

    def _last_publishing(self) -> datetime | None:
        """When feeds may have been published last; a run that goes on may do it now."""
        ended = func.coalesce(run.c.ended_at, self.now)
        passed = (RunOutcome.SKIPPED, RunOutcome.MISSED)
        query = select(func.max(ended, type_=run.c.ended_at.type))
        last: datetime | None = self.tx.execute(
            query.where(run.c.job.in_(PUBLISHING), run.c.outcome.not_in(passed))
        ).scalar_one()
        return last

    def _read_owners(self, ids: Sequence[str]) -> None:
        for some in _parts(ids):
            public = select(article.c.public_id, article.c.id).where(article.c.public_id.in_(some))
            self._owners.update((value, ArticleId(id_)) for value, id_ in self.tx.execute(public))
            # By format, for an index.
            adopted = select(adopted_id).where(adopted_id.c.format.in_(FORMATS), adopted_id.c.value.in_(some))
            for row in self.tx.execute(adopted):
                if row.article_id is None:
                    self._waiting.add((row.format, row.value))
                else:
                    self._owners[row.value] = ArticleId(row.article_id)

    def _find_by_key(self, ids: Sequence[str]) -> None:
        """The articles that one of our sources knows by this id."""
        for some in _parts(ids):
            query = select(sighting.c.key, func.min(sighting.c.article_id), func.max(sighting.c.article_id))
            rows = self.tx.execute(query.where(sighting.c.key.in_(some), self._shown()).group_by(sighting.c.key))
            self._found.update((key, ArticleId(first)) for key, first, last in rows if first == last)

    def _find_by_alias(self, names: Mapping[str, Sequence[Name]]) -> None:
        """By id, address and text, in this order."""
        wanted = {name for some in names.values() for name in as_aliases(some)}
        known: dict[Any, ArticleId] = {}
        for part in _parts(sorted((kind.value, value) for kind, value in wanted)):
            of_source = exists().where(sighting.c.article_id == alias.c.article_id, self._shown())
            query = select(alias).where(are_one_of(alias.c.kind, alias.c.value, part), ~alias.c.shared, of_source)
            known.update(((row.kind, row.value), ArticleId(row.article_id)) for row in self.tx.execute(query))
        self._take(names, known)

    def _find_by_title(self, names: Mapping[str, Sequence[Name]]) -> None:
        """Where nothing else is found, by title and day; what several articles have finds none of them."""
        left = {id_: some for id_, some in names.items() if id_ not in self._found and id_ not in self._owners}
        wanted = {name for some in left.values() for name in some if name[0] == TITLE}
        if not wanted:
            return
        current = and_(revision.c.article_id == article.c.id, revision.c.number == article.c.revision)
        of_source = exists().where(sighting.c.article_id == article.c.id, self._shown())
        query = select(article.c.id, revision.c.content).join(revision, current).where(of_source)
        having: dict[Name, set[int]] = {}
        for row in self.tx.execute(query.execution_options(yield_per=_AT_ONCE)):
            for name in wanted.intersection(article_names("", load_content(row.content))):
                having.setdefault(name, set()).add(row.id)
        self._take(left, {name: ArticleId(*ids) for name, ids in having.items() if len(ids) == 1})

    def _take(self, names: Mapping[str, Sequence[Name]], known: Mapping[Name, ArticleId]) -> None:
        for id_, some in names.items():
            if id_ not in self._found and (first := next((name for name in some if name in known), None)):
                self._found[id_] = known[first]

    def _shown(self) -> ColumnElement[bool]:
        mine = sighting.c.source == self.source if self.source else true()
        return and_(sighting.c.gone_at.is_(None), mine)


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
