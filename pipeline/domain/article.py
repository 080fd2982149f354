"""Articles: what a source shows, and what we keep of it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, NewType

ArticleId = NewType("ArticleId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote it: a name, and where it is known an e-mail address and a page."""

    name: str
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The article's lead picture.  ``url`` is None where only its description is known."""

    url: str | None
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A media file that belongs to an article.  ``length`` is in bytes, ``duration`` in seconds."""

    url: str
    media_type: str
    length: int | None = None
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The feed that an article was in before the one that it was collected from (RSS source, atom:source)."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an article says, clean: no control characters, and HTML that was sanitised.

    ``title`` and ``teaser`` are plain text (never HTML).  ``html`` is sanitised HTML whose links are absolute.
    ``url`` is the article's own page, absolute; None for a document that has none.  ``topics`` are labels as
    written, each once by `topic_key`.  Times are aware, in UTC; ``published`` is None where the source gives none
    that can be believed.  ``language`` is a BCP 47 tag.  ``text_from`` is "page" where ``html`` was taken from the
    article's page because the source's own text was cut short.  ``comments_feed`` is the
    address of a feed in RSS.  ``origin`` is whose article an aggregator passed on.
    """

    title: str
    html: str
    teaser: str = ""
    url: str | None = None
    language: str | None = None
    authors: tuple[Author, ...] = ()
    topics: tuple[str, ...] = ()
    picture: Picture | None = None
    enclosures: tuple[Enclosure, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    comments_url: str | None = None
    comments_feed: str | None = None
    text_from: Literal["page"] | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An article as one source showed it in one collection.

    ``key`` is the source's own name for the article (guid, atom:id, path) and unique within the source's answer.
    ``raw_hash`` is a digest of what was read, before cleaning: an equal hash means that nothing has to be done.
    ``content`` is None where the caller already knew ``raw_hash`` and the cleaning was saved.
    ``notes`` say what was odd but could be read, for people: a date that was not believed, a link that was dropped.
    ``backlog`` marks what was already there when the source was first collected, but is only read now.
    """

    key: str
    raw_hash: str
    content: Content | None
    notes: tuple[str, ...] = ()
    backlog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published piece with a stable identity; ``content`` is that of revision number ``revision``.

    ``public_id`` is its atom:id, RSS guid and JSON Feed id: a URI that never changes.  ``first_seen`` and
    ``changed`` (when this revision was recorded) are aware, in UTC.  ``release`` is the number that mail goes by,
    None while unreleased.  ``sources`` are the names of the sources that show it.  ``adopted`` are the ids that it has
    taken over from feeds that ours replace, each with the format that shows it.
    """

    id: ArticleId
    public_id: str
    revision: int
    content: Content
    first_seen: datetime
    changed: datetime
    sources: tuple[str, ...] = ()
    release: int | None = None
    retracted: datetime | None = None
    adopted: tuple[tuple[str, str], ...] = ()

    @property
    def published(self) -> datetime:
        """When it was published as far as is known: the source's word, else the time of arrival."""
        return self.content.published or self.first_seen

    @property
    def updated(self) -> datetime:
        """When its content last changed (RFC 4287 atom:updated); never before `published`."""
        if self.revision > 1:
            return max(self.content.updated or self.changed, self.published)
        return max(self.content.updated or self.published, self.published)


def as_json(value: Any) -> Any:  # noqa: ANN401 - as `json.dumps` wants its ``default``
    """A time as ISO 8601, a record as its fields; `json.dumps` calls it again for what is in them."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {one.name: getattr(value, one.name) for one in fields(value)}


def topic_key(label: str) -> str:
    """The form by which topics are compared: NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def distinct_topics(labels: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The labels, white space collapsed, each topic once and in the order of their first appearance."""
    seen: dict[str, str] = {}
    for label in labels:
        if key := topic_key(label):
            seen.setdefault(key, " ".join(label.split()))
    return tuple(seen.values())
