"""What articles can be selected and grouped by: the labels that their current revisions carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, insert

from pipeline.domain.article import ArticleId, Content, topic_key
from pipeline.store.tables import article_facet

_LONGEST = 200

# Made once: that takes longer than to carry them out.
_FORGET = delete(article_facet).where(article_facet.c.article_id == bindparam("id_"))
_ADD = insert(article_facet)


@dataclass(slots=True)
class Facets:
    """Notes the facets of new revisions, inside the caller's transaction."""

    tx: Connection
    _kept: dict[ArticleId, Content] = field(default_factory=dict)
    _revised: set[ArticleId] = field(default_factory=set)

    def keep(self, id_: ArticleId, content: Content, *, revised: bool) -> None:
        self._kept[id_] = content
        if revised:
            self._revised.add(id_)

    def write(self) -> None:
        if self._revised:
            self.tx.execute(_FORGET, [{"id_": id_} for id_ in sorted(self._revised)])
        rows = [
            {"kind": kind, "value": value, "article_id": id_, "label": label}
            for id_, content in self._kept.items()
            for (kind, value), label in _facets(content).items()
        ]
        if rows:
            self.tx.execute(_ADD, rows)
        self._kept, self._revised = {}, set()


def facet_value(label: str) -> str:
    """The form by which the labels of all kinds are compared."""
    return topic_key(label)[:_LONGEST]


def _facets(content: Content) -> dict[tuple[str, str], str]:
    """The labels by kind and value; of several that have one value, the first."""
    found: dict[tuple[str, str], str] = {}
    for kind, label in _labels(content):
        if value := facet_value(label):
            found.setdefault((kind, value), label)
    return found


def _labels(content: Content) -> Iterator[tuple[str, str]]:
    yield from (("topic", topic) for topic in content.topics)
    yield from (("author", author.name) for author in content.authors)
    if content.language:
        yield "language", content.language
    yield from (("enclosure", enclosure.media_type.partition(";")[0]) for enclosure in content.enclosures)
