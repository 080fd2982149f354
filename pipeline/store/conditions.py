"""A `Selection` as SQL, and the groups that selected articles fall into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from pipeline.domain.article import topic_key
from pipeline.domain.selection import Group, GroupKind, Selection
from pipeline.store.facets import facet_value
from pipeline.store.tables import article, article_facet, article_topic, sighting


def matching(query: Select[Any], chosen: Selection, *, gone: bool = False) -> Select[Any]:
    """The articles of a query that a selection takes; with ``gone``, of a source also what it no longer shows."""
    conditions = [
        _has_topic(chosen.topics) if chosen.topics else None,
        ~_has_topic(chosen.not_topics) if chosen.not_topics else None,
        _is_shown_by(chosen.sources, gone=gone) if chosen.sources else None,
        _has_facet("author", map(facet_value, chosen.authors)) if chosen.authors else None,
        _has_facet("language", map(facet_value, chosen.languages), "-") if chosen.languages else None,
        _has_facet("enclosure", map(_media_type, chosen.enclosures), "/") if chosen.enclosures else None,
        _is_in(chosen.group, gone=gone) if chosen.group else None,
    ]
    return query.where(*(condition for condition in conditions if condition is not None))


def groups(tx: Connection, kind: GroupKind, chosen: Selection) -> tuple[Group, ...]:
    """The groups of a kind that the selected articles fall into; those with the oldest article first.

    Retracted articles count too, so that a group does not vanish with them, and the order stays what it is.  The label
    is that of the newest article.
    """
    ids = matching(select(article.c.id), chosen, gone=True)
    members = _members(kind).subquery()
    keys = select(members.c.key).where(members.c.id.in_(ids)).group_by(members.c.key)
    ordered = tx.execute(keys.order_by(func.min(members.c.id), members.c.key)).scalars().all()
    labels = {} if kind == "source" else _labels(tx, kind)
    return tuple(Group(kind=kind, key=key, label=labels.get(key, key)) for key in ordered)


def _members(kind: GroupKind) -> Select[Any]:
    """The key of each group of a kind, and the id of each article in it."""
    match kind:
        case "topic":
            return select(article_topic.c.topic.label("key"), article_topic.c.article_id.label("id"))
        case "source":
            return select(sighting.c.source.label("key"), sighting.c.article_id.label("id"))
        case "author" | "language":
            facet = article_facet.c
            return select(facet.value.label("key"), facet.article_id.label("id")).where(facet.kind == kind)


def _labels(tx: Connection, kind: GroupKind) -> dict[str, str]:
    """How the newest article with each value writes it."""
    newest = func.row_number().over(
        partition_by=article_facet.c.value, order_by=(article.c.published_at.desc(), article.c.id.desc())
    )
    ranked = (
        select(article_facet.c.value, article_facet.c.label, newest.label("rank"))
        .join(article, article.c.id == article_facet.c.article_id)
        .where(article_facet.c.kind == kind)
        .subquery()
    )
    return {row.value: row.label for row in tx.execute(select(ranked).where(ranked.c.rank == 1))}


def _is_in(group: Group, *, gone: bool) -> ColumnElement[bool]:
    match group.kind:
        case "topic":
            return _has_topic([group.key])
        case "source":
            return _is_shown_by([group.key], gone=gone)
        case "author" | "language":
            return _has_facet(group.kind, [group.key])


def _has_topic(topics: Iterable[str]) -> ColumnElement[bool]:
    keys = [topic_key(topic) for topic in topics]
    return article.c.id.in_(select(article_topic.c.article_id).where(article_topic.c.topic.in_(keys)))


def _is_shown_by(sources: Iterable[str], *, gone: bool) -> ColumnElement[bool]:
    shown = select(sighting.c.article_id).where(sighting.c.source.in_(list(sources)))
    return article.c.id.in_(shown if gone else shown.where(sighting.c.gone_at.is_(None)))


def _has_facet(kind: str, values: Iterable[str], before_rest: str = "") -> ColumnElement[bool]:
    """Whether an article has one of the values; with ``before_rest`` also one that goes on behind it (de, de-at)."""
    column = article_facet.c.value
    found: list[ColumnElement[bool]] = []
    for value in values:
        if value == "*":
            found.append(column.is_not(None))
            continue
        found.append(column == value)
        if before_rest:
            found.append(column.startswith(value + before_rest, autoescape=True))
    return article.c.id.in_(select(article_facet.c.article_id).where(article_facet.c.kind == kind, or_(*found)))


def _media_type(text: str) -> str:
    """``audio``, ``audio/*`` and ``audio/mpeg`` as facets have them."""
    return facet_value(text).removesuffix("/*")
