"""Who is owed which articles.

Subscriptions are not looked at one by one but in groups: all that stand at the same release number, chose the same
topics and read the same language are owed the same, so that the work does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.compose.arrange import Arranged, arrange
from pipeline.domain.article import ArticleId
from pipeline.domain.issue import Terms


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
class Notice:
    """That an article which the newsletter carried was retracted, or was wrong.

    ``release`` is its own number, ``carried`` that of the article; ``topics`` are the article's keys.
    """

    correction: int
    release: int
    article: ArticleId
    carried: int
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Subscriptions that are owed the same.

    ``cursor`` is the last release number that was covered for them.  ``topics`` are the keys they chose, empty for
    all; ``topic_set`` is that choice's number.  ``owed`` are articles that a failed delivery gave back,
    ``corrections`` what waits for their next issue.  ``size`` counts the subscriptions.
    """

    id: int
    cursor: int
    topics: frozenset[str]
    topic_set: int
    language: str
    owed: frozenset[int] = frozenset()
    corrections: frozenset[int] = frozenset()
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a group gets; from then on it stands at ``upto`` and is owed ``owed`` and ``owed_corrections``."""

    group: Group
    arranged: Arranged
    corrections: tuple[int, ...]
    upto: int
    owed: frozenset[int]
    owed_corrections: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVariant:
    """The shares whose message is the same: these articles in this order, in this language, with these corrections."""

    language: str
    arranged: Arranged
    corrections: tuple[int, ...]
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


def share_of(
    candidates: Sequence[Candidate], notices: Sequence[Notice], group: Group, terms: Terms, upto: int
) -> Share:
    """What the group gets of the articles and notices up to the release number ``upto``, both in that order.

    An article that was given back is owed whatever its number, and whatever the topics are by now.  Where there are
    more articles than fit, the oldest come first and the cursor stops behind the last of them.  Corrections make no
    issue: without an article they wait for the next one.
    """
    owed = [candidate for candidate in candidates if candidate.article in group.owed]
    fresh = [
        candidate
        for candidate in candidates
        if candidate.release > group.cursor
        and candidate.article not in group.owed
        and _gets(group, terms, candidate.topics)
    ]
    room = max(terms.most - len(owed), 1)
    covered = fresh[room - 1].release if len(fresh) > room else upto
    due = [*owed, *fresh[:room]]
    mailed = [(one.article, one.revision) for one in due if not one.retracted]
    topics = {one.article: one.topics for one in due}
    told = {notice.article: notice.correction for notice in notices if _concerns(notice, group, terms, covered)}
    waiting = frozenset(told.values())
    return Share(
        group=group,
        arranged=arrange(mailed, topics, group.topics or terms.topics, terms),
        corrections=tuple(sorted(waiting)) if mailed else (),
        upto=covered,
        owed=frozenset(one.article for one in due if one.retracted),
        owed_corrections=frozenset() if mailed else waiting,
    )


def compose(
    candidates: Sequence[Candidate], notices: Sequence[Notice], groups: Sequence[Group], terms: Terms, upto: int
) -> Composition:
    """Put the groups together that get the same articles in the same language."""
    variants: dict[tuple[str, Arranged, tuple[int, ...]], list[Share]] = {}
    idle: list[Share] = []
    for group in groups:
        share = share_of(candidates, notices, group, terms, upto)
        if share.arranged.articles:
            variants.setdefault((group.language, share.arranged, share.corrections), []).append(share)
        else:
            idle.append(share)
    planned = (
        PlannedVariant(language=language, arranged=arranged, corrections=corrections, shares=tuple(shares))
        for (language, arranged, corrections), shares in variants.items()
    )
    return Composition(variants=tuple(planned), idle=tuple(idle))


def _gets(group: Group, terms: Terms, topics: frozenset[str]) -> bool:
    """Whether one of these topics is one that the newsletter carries and that the group chose."""
    return (not terms.topics or not terms.topics.isdisjoint(topics)) and (
        not group.topics or not group.topics.isdisjoint(topics)
    )


def _concerns(notice: Notice, group: Group, terms: Terms, upto: int) -> bool:
    """Whether the group has had the article and is to be told, now or as soon as there is an issue."""
    if notice.carried > group.cursor or notice.article in group.owed:
        return False
    if notice.correction in group.corrections:
        return True
    return group.cursor < notice.release <= upto and _gets(group, terms, notice.topics)
