"""Which articles a feed is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GroupKind = Literal["topic", "source", "author", "language"]
GROUP_KINDS: tuple[GroupKind, ...] = ("topic", "source", "author", "language")


@dataclass(frozen=True, slots=True)
class Group:
    """The articles that have something in common: ``key`` is what it is compared by, ``label`` how people write it."""

    kind: GroupKind
    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The articles that meet every condition; an empty one is met by all.

    Of ``topics``, ``sources``, ``authors``, ``languages`` and ``enclosures`` an article must have at least one, of
    ``not_topics`` none.  Labels are compared by `pipeline.domain.article.topic_key`.  A language takes in its variants
    (``de``: ``de-AT``), a media type without a subtype all of its subtypes (``audio``: ``audio/mpeg``); ``*`` is any.
    ``group`` is one more condition.
    """

    topics: tuple[str, ...] = ()
    not_topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    enclosures: tuple[str, ...] = ()
    group: Group | None = None


EVERYTHING = Selection()
