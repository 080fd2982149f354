"""Ids that are taken over from a feed that ours replaces, so that readers see no article twice after the move."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from pipeline.domain.article import ArticleId, Content
from pipeline.domain.identity import Alias, AliasKind, aliases
from pipeline.domain.resemblance import said

_URI = re.compile(r"(?:https?://|[a-z][a-z0-9+.-]*:)(?:[!#$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(r"https?://([^/?#]*)")
_LONGEST = 600
"""PostgreSQL's indexes bear no much longer ones."""
_UNMISTAKABLE = 16
_DAY = timedelta(days=1)

FORMATS = ("atom", "rss", "json")
"""Those of `OldEntry`."""

Name = tuple[str, str]
"""By what an entry and an article are found to be one: a kind, and its value."""

TITLE = "title"
"""The kind of name that is made of a title and a day; the others are those of `AliasKind`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldEntry:
    """An entry of the feed that is replaced.

    ``format`` is "atom", "rss" or "json"; ``id`` is written as readers know it.  ``named`` tells that it is the feed's
    own: else its address stands for it, as it does in readers.
    """

    format: str
    id: str
    content: Content
    named: bool = True


class Fate(StrEnum):
    """What becomes of an entry's id."""

    ADOPTED = "adopted"
    """An article has it from now on."""
    KNOWN = "known"
    """The article has it already, or it is remembered already."""
    REMEMBERED = "remembered"
    """There is no such article yet; once it is collected, it gets the id."""
    REFUSED = "refused"
    """It can't be taken over; ``reason`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What becomes of one entry.  ``article`` is whose id it is, or who is in its way."""

    entry: OldEntry
    fate: Fate
    reason: str
    article: ArticleId | None = None


@dataclass(slots=True, kw_only=True)
class Facts:
    """What the store knows of the entries' ids and articles.

    ``found`` is the article of each entry, by its id; ``owners`` are those that have one of the ids as theirs already.
    ``public_ids`` and ``taken_over`` (by format) are the ids that the found articles have now.  ``published`` are the
    articles that our own feeds have shown.  ``waiting`` are the ids, with their format, that are remembered already.
    """

    found: Mapping[str, ArticleId]
    owners: Mapping[str, ArticleId]
    public_ids: Mapping[ArticleId, str]
    taken_over: Mapping[ArticleId, Mapping[str, str]] = field(default_factory=dict)
    published: frozenset[ArticleId] = frozenset()
    waiting: frozenset[tuple[str, str]] = frozenset()


def serves_all_formats(id_: str) -> bool:
    """Whether an id may be that of all formats: a URI (Atom wants one) in its canonical spelling.

    What is none (Ghost's guids are numbers) stays with the format that it comes from.
    """
    host = _HOST.match(id_)
    return bool(_URI.fullmatch(id_)) and (host is None or (bool(host[1]) and host[1] == host[1].lower()))


def entry_names(entry: OldEntry) -> tuple[Name, ...]:
    """By what the entry's article is found, the surest first."""
    content = entry.content
    day = content.published.date() if content.published else None
    return (*_names(entry.id, content), *([_title_name(content.title, day)] if content.title and day else []))


def article_names(key: str, content: Content) -> tuple[Name, ...]:
    """By what an article is found to be an entry's, the surest first; its day may be the one before or after."""
    day = content.published.date() if content.published else None
    around = [day, day - _DAY, day + _DAY] if day and content.title else []
    return (*_names(key, content), *(_title_name(content.title, one) for one in around))


def _names(key: str, content: Content) -> list[Name]:
    return [(str(kind), value) for kind, value in aliases("", key, content) if kind is not AliasKind.ENTRY]


def as_aliases(names: Sequence[Name]) -> list[Alias]:
    """Those of the names that the store knows articles by."""
    return [(AliasKind(kind), value) for kind, value in names if kind != TITLE]


def _title_name(title: str, day: date) -> Name:
    return TITLE, hashlib.sha256(f"{said(title)}\0{day.isoformat()}".encode()).hexdigest()


def telling(entries: Sequence[OldEntry]) -> dict[str, tuple[Name, ...]]:
    """The names of each entry, by its id, without those that entries share: they tell none of them from another."""
    names = {entry.id: entry_names(entry) for entry in entries}
    often = Counter(name for some in names.values() for name in dict.fromkeys(some))
    return {id_: tuple(name for name in some if often[name] == 1) for id_, some in names.items()}


def distinct(entries: Sequence[OldEntry]) -> tuple[list[OldEntry], list[Adoption]]:
    """The entries whose ids can be taken over, each once, and those whose ids can't."""
    kept: dict[str, OldEntry] = {}
    refused: dict[str, Adoption] = {}
    for entry in entries:
        if why := _unusable(entry.id):
            refused[entry.id] = Adoption(entry=entry, fate=Fate.REFUSED, reason=why)
        elif entry.id not in kept:
            kept[entry.id] = entry
        elif (kept[entry.id].content.url, kept[entry.id].content.title) != (entry.content.url, entry.content.title):
            why = "several entries of the old feed have this id, so that readers can't tell them apart either"
            refused[entry.id] = Adoption(entry=entry, fate=Fate.REFUSED, reason=why)
    return [entry for id_, entry in kept.items() if id_ not in refused], list(refused.values())


def decide(
    entries: Sequence[OldEntry], names: Mapping[str, Sequence[Name]], facts: Facts, *, published_too: bool
) -> list[Adoption]:
    """What becomes of each of the `distinct` entries; no id is given twice, and no article gets two of a format."""
    claimed: dict[ArticleId, str] = {}
    decided: list[Adoption] = []
    for entry in entries:
        id_ = facts.found.get(entry.id)
        if id_ is None:
            fate, reason, id_ = _without_article(entry, names[entry.id], facts)
        else:
            fate, reason = _with_article(entry, id_, claimed, facts, published_too=published_too)
        if fate is Fate.ADOPTED and id_ is not None:
            claimed[id_] = entry.id
        decided.append(Adoption(entry=entry, fate=fate, reason=reason, article=id_))
    return decided


def _without_article(entry: OldEntry, names: Sequence[Name], facts: Facts) -> tuple[Fate, str, ArticleId | None]:
    if (owner := facts.owners.get(entry.id)) is not None:
        return Fate.KNOWN, "an article has this id already", owner
    if (entry.format, entry.id) in facts.waiting:
        return Fate.KNOWN, "it is remembered already; its article is not collected yet", None
    if not names:
        return Fate.REFUSED, "neither address nor words tell it from the other entries of the old feed", None
    return Fate.REMEMBERED, "its article is not collected yet", None


def _with_article(
    entry: OldEntry, id_: ArticleId, claimed: Mapping[ArticleId, str], facts: Facts, *, published_too: bool
) -> tuple[Fate, str]:
    own = facts.taken_over.get(id_, {})
    shown = own.get(entry.format, facts.public_ids[id_])
    owner = facts.owners.get(entry.id, id_)
    if shown == entry.id:
        return Fate.KNOWN, "its article has this id already"
    if owner != id_:
        return Fate.REFUSED, f"article {owner} has this id"
    if taken := own.get(entry.format) or claimed.get(id_):
        return Fate.REFUSED, f"its article has taken over another id: {taken}"
    if id_ in facts.published and not published_too:
        return Fate.REFUSED, f"our feeds have shown its article already, as {shown}"
    return Fate.ADOPTED, "its article keeps the id that readers know"


def is_unmistakable(id_: str) -> bool:
    """Whether two sources that use this id mean the same by it; many number their entries from 1."""
    return serves_all_formats(id_) or len(id_) >= _UNMISTAKABLE


def _unusable(id_: str) -> str | None:
    if len(id_) > _LONGEST:
        return f"the id is longer than {_LONGEST} characters"
    if not id_.isprintable() or " ".join(id_.split()) != id_:
        return "the id has characters that readers treat differently"
    return None
