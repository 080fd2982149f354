"""The ids that articles have from feeds that ours replace: who has one, and which wait for their articles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, exists, func, or_, select, update

from pipeline.domain.adoption import FORMATS, article_names
from pipeline.domain.article import ArticleId, Content
from pipeline.domain.identity import Alias
from pipeline.store.statements import are_one_of
from pipeline.store.tables import adopted_id, adopted_name

# Made once: that takes longer than to carry it out.
_THERE_ARE_SOME = select(exists().where(adopted_id.c.id.is_not(None)))


@dataclass(frozen=True, slots=True)
class WaitingId:
    """An id that no article has yet."""

    number: int
    format: str
    value: str


@dataclass(slots=True)
class WaitingIds:
    """What waits for the new articles of one source's answer, inside the caller's transaction."""

    tx: Connection
    source: str
    _any: bool | None = field(default=None)

    def of(self, key: str, content: Content, shared: Collection[Alias]) -> Sequence[WaitingId]:
        """The ids that wait for this new article, one of a format; ``shared`` names tell it from no other."""
        if not self._there_are_some():
            return ()
        names = [name for name in article_names(key, content) if name not in shared]
        query = (
            select(
                adopted_id.c.id,
                adopted_id.c.format,
                adopted_id.c.value,
                adopted_name.c.kind,
                adopted_name.c.value.label("name"),
            )
            .join(adopted_name, adopted_name.c.adopted_id == adopted_id.c.id)
            .where(
                are_one_of(adopted_name.c.kind, adopted_name.c.value, names),
                adopted_id.c.article_id.is_(None),
                or_(adopted_id.c.source.is_(None), adopted_id.c.source == self.source),
            )
        )
        rows = self.tx.execute(query).all()
        found: dict[str, WaitingId] = {}
        for row in sorted(rows, key=lambda row: (names.index((row.kind, row.name)), row.id)):
            found.setdefault(row.format, WaitingId(row.id, row.format, row.value))
        return tuple(found.values())

    def gives(self, ids: Sequence[WaitingId], article: ArticleId) -> None:
        """The article has them from now on."""
        for one in ids:
            self.tx.execute(update(adopted_id).where(adopted_id.c.id == one.number).values(article_id=article))

    def keeps(self, value: str) -> bool:
        """Whether an id belongs to another article, or waits for one."""
        return self._there_are_some() and is_adopted(self.tx, value)

    def _there_are_some(self) -> bool:
        if self._any is None:
            self._any = bool(self.tx.execute(_THERE_ARE_SOME).scalar_one())
        return self._any


def is_adopted(tx: Connection, value: str) -> bool:
    # By format, for an index.
    has_it = exists().where(adopted_id.c.format.in_(FORMATS), adopted_id.c.value == value)
    return bool(tx.execute(select(has_it)).scalar_one())


def ids_of(tx: Connection, articles: Sequence[int]) -> Mapping[int, tuple[tuple[str, str], ...]]:
    """The ids that these articles have taken over, each with its format."""
    query = select(adopted_id.c.article_id, adopted_id.c.format, adopted_id.c.value)
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    rows = tx.execute(query.where(adopted_id.c.article_id.in_(articles)).order_by(adopted_id.c.format))
    for article, format_, value in rows:
        found[article] = (*found.get(article, ()), (format_, value))
    return found


def adopted_so_far(tx: Connection) -> str:
    """Changes with each id that an article takes over."""
    of_articles = select(func.count(), func.max(adopted_id.c.id)).where(adopted_id.c.article_id.is_not(None))
    count, newest = tx.execute(of_articles).one()
    return f"{count} {newest}"
