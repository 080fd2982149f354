"""Who is owed which articles.

Subscriptions are not looked at one by one but in groups: all that stand at the same release number, chose the same
topics and read the same language are owed the same, so that the work does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.article import ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that mail may carry: its release number, the newest settled revision and its topics' keys."""

    article: ArticleId
    release: int
    revision: int
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Subscriptions that are owed the same.

    ``cursor`` is the last release number that was covered for them.  ``topics`` are the keys they chose, empty for
    all.  ``owed`` are articles that a failed delivery gave back.  ``size`` counts the subscriptions.
    """

    cursor: int
    topics: frozenset[str]
    topic_set: int
    language: str
    owed: tuple[ArticleId, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariant:
    """The groups whose message is the same: these articles in this order, in this language."""

    language: str
    articles: tuple[tuple[ArticleId, int], ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """An issue as it will be frozen.  ``idle`` are the groups that no article is owed to."""

    variants: tuple[PlannedVariant, ...]
    idle: tuple[Group, ...]

    @property
    def audience(self) -> int:
        return sum(group.size for variant in self.variants for group in variant.groups)


def due_articles(candidates: Sequence[Candidate], group: Group, carried: frozenset[str]) -> tuple[Candidate, ...]:
    """The articles that the group is owed, in the order of their release.

    ``candidates`` are in that order.  ``carried`` are the newsletter's topics, empty for all.  An article that was
    given back is owed whatever its number, and whatever the topics are by now.
    """
    owed = set(group.owed)
    return tuple(
        candidate
        for candidate in candidates
        if candidate.article in owed
        or (
            candidate.release > group.cursor
            and (not carried or not carried.isdisjoint(candidate.topics))
            and (not group.topics or not group.topics.isdisjoint(candidate.topics))
        )
    )


def compose(candidates: Sequence[Candidate], groups: Sequence[Group], carried: frozenset[str]) -> Composition:
    """Put the groups together that get the same articles in the same language."""
    variants: dict[tuple[str, tuple[tuple[ArticleId, int], ...]], list[Group]] = {}
    idle: list[Group] = []
    for group in groups:
        due = due_articles(candidates, group, carried)
        if due:
            articles = tuple((candidate.article, candidate.revision) for candidate in due)
            variants.setdefault((group.language, articles), []).append(group)
        else:
            idle.append(group)
    planned = (
        PlannedVariant(language=language, articles=articles, groups=tuple(members))
        for (language, articles), members in variants.items()
    )
    return Composition(variants=tuple(planned), idle=tuple(idle))
