"""What became of one article: its revisions, and its way to mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from pipeline.domain.article import ArticleId
from pipeline.domain.canonical import canonical_url
from pipeline.domain.identity import AliasKind
from pipeline.store.tables import alias, article, revision, sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionNote:
    """When a revision was recorded, and from when on mail may carry it.  Both are aware, in UTC."""

    number: int
    recorded: datetime
    settles: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingNote:
    """Under which key a source shows the article, or showed it until ``gone``."""

    source: str
    key: str
    gone: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What became of an article.

    ``mailable`` is false for the backlog of a new source, which mail never carries.  ``settles`` is when the newest
    revision is taken as settled, ``released`` when the article got its release number.  Times are aware, in UTC.
    """

    mailable: bool
    settles: datetime
    released: datetime | None
    revisions: tuple[RevisionNote, ...]
    sightings: tuple[SightingNote, ...]


def find_article(tx: Connection, name: str) -> ArticleId | None:
    """The article of that number, that public id, or that web address (however it is spelt); None if there is none."""
    if name.isascii() and name.isdigit():
        # More digits than a number of the database has are no article's.
        by_number = select(article.c.id).where(article.c.id == int(name[:18]))
        return _only(tx.execute(by_number).scalars().all())
    try:
        address = canonical_url(name)
    except ValueError:  # no web address
        address = name
    of_address = select(alias.c.article_id).where(alias.c.kind == AliasKind.URL, alias.c.value == address)
    found = select(article.c.id).where(or_(article.c.public_id == name, article.c.id.in_(of_address)))
    return _only(tx.execute(found.order_by(article.c.public_id != name, article.c.id).limit(1)).scalars().all())


def read_history(tx: Connection, id_: ArticleId) -> History:
    """The history of an article that is there."""
    row = tx.execute(select(article).where(article.c.id == id_)).one()
    notes = tx.execute(select(revision).where(revision.c.article_id == id_).order_by(revision.c.number))
    seen = tx.execute(
        select(sighting).where(sighting.c.article_id == id_).order_by(sighting.c.source, sighting.c.key)
    ).all()
    return History(
        mailable=row.mailable,
        settles=row.settles_at,
        released=row.released_at,
        revisions=tuple(
            RevisionNote(number=note.number, recorded=note.recorded_at, settles=note.settles_at) for note in notes
        ),
        sightings=tuple(SightingNote(source=one.source, key=one.key, gone=one.gone_at) for one in seen),
    )


def _only(ids: Sequence[int]) -> ArticleId | None:
    return ArticleId(ids[0]) if ids else None
