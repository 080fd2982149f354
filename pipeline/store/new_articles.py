"""The articles that one answer adds: numbered as they are found, written all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from pipeline.domain.article import ArticleId
from pipeline.store.tables import article

_AT_ONCE = 400

# Made once: that takes longer than to carry them out.
_TAKEN = select(article.c.public_id).where(article.c.public_id.in_(bindparam("ids", expanding=True)))
_LAST = select(func.coalesce(func.max(article.c.id), 0))
_ADD = insert(article)


@dataclass(slots=True)
class NewArticles:
    """Inside the caller's transaction, which keeps others from adding articles (see `Articles.record`)."""

    tx: Connection
    _numbers: Iterator[int] = field(default_factory=lambda: iter(()))
    _free: set[str] = field(default_factory=set)
    _rows: dict[ArticleId, dict[str, Any]] = field(default_factory=dict)

    def prepare(self, wanted: Collection[str]) -> None:
        """About so many articles will be added, with these public ids where nobody has them."""
        self._free = set(wanted)
        asked = sorted(self._free)
        for start in range(0, len(asked), _AT_ONCE):
            self._free.difference_update(self.tx.execute(_TAKEN, {"ids": asked[start : start + _AT_ONCE]}).scalars())
        self._numbers = _next_numbers(self.tx, len(wanted)) if wanted else iter(())

    def add(self, public_ids: Iterator[str], **values: object) -> ArticleId:
        """Add an article, with the first of these public ids that is free."""
        public_id = next(one for one in public_ids if self._is_free(one))
        self._free.discard(public_id)
        number = next(self._numbers, None)
        if number is None:
            self.write()
            self._numbers = _next_numbers(self.tx, 1)
            number = next(self._numbers)
        id_ = ArticleId(number)
        self._rows[id_] = {"id": id_, "public_id": public_id, **values}
        return id_

    def write(self) -> None:
        if self._rows:
            self.tx.execute(_ADD, list(self._rows.values()))
            self._rows = {}

    def _is_free(self, public_id: str) -> bool:
        if public_id in self._free:
            return True
        if any(row["public_id"] == public_id for row in self._rows.values()):
            return False
        taken = select(article.c.id).where(article.c.public_id == public_id)
        return self.tx.execute(taken).first() is None


def _next_numbers(tx: Connection, count: int) -> Iterator[int]:
    if tx.dialect.name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence("article", "id"))
        return iter(tx.execute(select(sequence).select_from(func.generate_series(1, count).alias())).scalars().all())
    # As SQLite itself numbers rows.
    last: int = tx.execute(_LAST).scalar_one()
    return iter(range(last + 1, last + 1 + count))
