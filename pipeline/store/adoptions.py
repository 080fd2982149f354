"""Takes over the ids of a feed that ours replaces: for the articles that there are, and for those to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, exists, insert, select, update

from pipeline.domain.adoption import (
    Adoption,
    Facts,
    Fate,
    Name,
    OldEntry,
    decide,
    distinct,
    serves_all_formats,
    telling,
)
from pipeline.domain.article import ArticleId
from pipeline.store.adoption_facts import FactFinder
from pipeline.store.database import reading, writing
from pipeline.store.tables import adopted_id, adopted_name, article, instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How ids are taken over: ``feed`` is where they were read, ``source`` whose articles alone may have them.

    ``published_too``: also for articles that our own feeds have shown already, whose readers see them once more.
    """

    feed: str
    source: str | None = None
    published_too: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoptions:
    """The adoptions of one store."""

    engine: Engine

    def preview(self, entries: Sequence[OldEntry], terms: Terms, now: datetime) -> Sequence[Adoption]:
        """What `adopt` would do."""
        with reading(self.engine) as tx:
            return _decided(tx, entries, terms, now)[0]

    def adopt(self, entries: Sequence[OldEntry], terms: Terms, now: datetime) -> Sequence[Adoption]:
        """Take over the ids of the entries of one feed, all at once.  Doing it again changes nothing."""
        with writing(self.engine) as tx:
            # New articles get their ids under the same lock.
            tx.execute(select(instance.c.id).with_for_update())
            decided, names, facts = _decided(tx, entries, terms, now)
            for one in decided:
                if one.fate is Fate.REMEMBERED or (one.fate is Fate.ADOPTED and one.article is not None):
                    _write(tx, one, names[one.entry.id], facts, terms, now)
        return decided


def _decided(
    tx: Connection, entries: Sequence[OldEntry], terms: Terms, now: datetime
) -> tuple[Sequence[Adoption], Mapping[str, Sequence[Name]], Facts]:
    kept, refused = distinct(entries)
    names = telling(kept)
    facts = FactFinder(tx, terms.source, now).facts(kept, names)
    return [*decide(kept, names, facts, published_too=terms.published_too), *refused], names, facts


def _write(tx: Connection, one: Adoption, names: Sequence[Name], facts: Facts, terms: Terms, now: datetime) -> None:
    entry, id_ = one.entry, one.article
    if (entry.format, entry.id) in facts.waiting:
        this = (adopted_id.c.format == entry.format, adopted_id.c.value == entry.id)
        tx.execute(update(adopted_id).where(*this).values(article_id=id_))
    else:
        values = {
            "format": entry.format,
            "value": entry.id,
            "article_id": id_,
            "source": terms.source,
            "feed": terms.feed,
            "adopted_at": now,
        }
        number = tx.execute(insert(adopted_id).values(values).returning(adopted_id.c.id)).scalar_one()
        if id_ is None:
            rows = [{"kind": kind, "value": value, "adopted_id": number} for kind, value in names]
            tx.execute(insert(adopted_name), rows)
    if id_ is not None and id_ not in facts.published and serves_all_formats(entry.id):
        _make_public(tx, id_, entry)


def _make_public(tx: Connection, id_: ArticleId, entry: OldEntry) -> None:
    """The id is that of all formats, unless the article has one from another format's feed already."""
    other = exists().where(adopted_id.c.article_id == id_, adopted_id.c.format != entry.format)
    tx.execute(update(article).where(article.c.id == id_, ~other).values(public_id=entry.id))
