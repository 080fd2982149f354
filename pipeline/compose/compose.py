"""Who is owed which articles.

Subscriptions are not looked at one by one but in groups: all that stand at the same release number, chose the same
topics and read the same language are owed the same, so that the work does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.article import ArticleId

MOST = 50
"""The most articles that an issue carries; the older ones come first, the others in the issues after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that mail may carry: its release number, the newest settled revision and its topics' keys.

    One that is ``retracted`` at the moment is not mailed, but owed: it may come back.
    """

    article: ArticleId
    release: int
    revision: int
    topics: frozenset[str]
    retracted: bool = False


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
class Share:
    """What a group gets: these articles, the newest first; from then on it stands at ``upto`` and is owed ``owed``."""

    group: Group
    articles: tuple[tuple[ArticleId, int], ...]
    upto: int
    owed: tuple[ArticleId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariant:
    """The shares whose message is the same: these articles in this order, in this language."""

    language: str
    articles: tuple[tuple[ArticleId, int], ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """An issue as it will be frozen.  ``idle`` are the shares without an article."""

    variants: tuple[PlannedVariant, ...]
    idle: tuple[Share, ...]

    @property
    def upto(self) -> int | None:
        """The release number that all groups have been brought to at least; None without groups."""
        return min((share.upto for share in self.shares), default=None)

    @property
    def shares(self) -> tuple[Share, ...]:
        return (*self.idle, *(share for variant in self.variants for share in variant.shares))


def share_of(candidates: Sequence[Candidate], group: Group, carried: frozenset[str], upto: int) -> Share:
    """What the group gets of the articles up to the release number ``upto``.

    ``candidates`` are in the order of their release.  ``carried`` are the newsletter's topics, empty for all.  An
    article that was given back is owed whatever its number, and whatever the topics are by now.  Where there are more
    than fit, the oldest come first and the cursor stops behind the last of them.
    """
    given_back = set(group.owed)
    owed = [candidate for candidate in candidates if candidate.article in given_back]
    fresh = [
        candidate
        for candidate in candidates
        if candidate.release > group.cursor
        and candidate.article not in given_back
        and (not carried or not carried.isdisjoint(candidate.topics))
        and (not group.topics or not group.topics.isdisjoint(candidate.topics))
    ]
    room = max(MOST - len(owed), 1)
    due = [*owed, *fresh[:room]]
    return Share(
        group=group,
        articles=tuple((one.article, one.revision) for one in reversed(due) if not one.retracted),
        upto=fresh[room - 1].release if len(fresh) > room else upto,
        owed=tuple(sorted(one.article for one in due if one.retracted)),
    )


def compose(
    candidates: Sequence[Candidate], groups: Sequence[Group], carried: frozenset[str], upto: int
) -> Composition:
    """Put the groups together that get the same articles in the same language."""
    variants: dict[tuple[str, tuple[tuple[ArticleId, int], ...]], list[Share]] = {}
    idle: list[Share] = []
    for group in groups:
        share = share_of(candidates, group, carried, upto)
        if share.articles:
            variants.setdefault((group.language, share.articles), []).append(share)
        else:
            idle.append(share)
    planned = (
        PlannedVariant(language=language, articles=articles, shares=tuple(shares))
        for (language, articles), shares in variants.items()
    )
    return Composition(variants=tuple(planned), idle=tuple(idle))
