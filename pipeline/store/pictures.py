"""Which pictures articles show, and what we have of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, exists, func, or_, select, update

from pipeline.domain.article import ArticleId, Content
from pipeline.domain.pictures import PictureCopy, Size, Wanted
from pipeline.domain.selection import Selection
from pipeline.store.codec import load_content
from pipeline.store.conditions import matching
from pipeline.store.database import reading, writing
from pipeline.store.selections import current_articles
from pipeline.store.statements import insert_new
from pipeline.store.tables import article, article_picture, picture, picture_scan

_PAGE = 200
_WANTED, _COPIED, _LEFT = "wanted", "copied", "left"
_USED = exists(select(1).where(article_picture.c.picture_id == picture.c.id)).correlate(picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A picture as people are shown it.  ``state`` is wanted, copied or left (where its source has it)."""

    url: str
    state: str
    bytes: int
    files: tuple[str, ...]
    tries: int
    error: str
    next_try: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPictures:
    """The pictures of one store."""

    engine: Engine

    def note(self, chosen: Selection, since: datetime, now: datetime, shown: Callable[[Content], Sequence[str]]) -> int:
        """Look through articles that mail may carry for the pictures that they show.  Returns how many were looked at.

        These are the ``chosen`` ones that are new or changed, and were not released before ``since``; and those that
        were retracted: they show none any more.
        """
        looked = 0
        while True:
            with reading(self.engine) as tx:
                rows = tx.execute(_unseen(chosen, since).limit(_PAGE)).all()
            found = [(row.id, row.revision, _pictures(row, shown)) for row in rows]
            if found:
                with writing(self.engine) as tx:
                    _note(tx, found, now)
            looked += len(found)
            if len(found) < _PAGE:
                return looked

    def wanted(self, now: datetime, limit: int) -> Sequence[Wanted]:
        """Pictures to be copied now, those that were tried least first."""
        due = and_(
            picture.c.state == _WANTED,
            picture.c.unused_since.is_(None),
            or_(picture.c.next_try_at.is_(None), picture.c.next_try_at <= now),
        )
        query = select(picture.c.id, picture.c.url, picture.c.tries).where(due)
        with reading(self.engine) as tx:
            rows = tx.execute(query.order_by(picture.c.tries, picture.c.id).limit(limit)).all()
        return [Wanted(row.id, row.url, row.tries) for row in rows]

    def keep(self, wanted: Wanted, copy: PictureCopy, size: int, now: datetime) -> None:
        sizes = json.dumps([(one.width, one.height, one.name) for one in copy.sizes])
        values: dict[str, Any] = {"state": _COPIED, "sizes": sizes, "bytes": size, "error": "", "copied_at": now}
        self._set(wanted, values | {"width": copy.width, "height": copy.height, "next_try_at": None})

    def fail(self, wanted: Wanted, why: str, retry: datetime | None, now: datetime) -> None:  # noqa: ARG002
        state = _LEFT if retry is None else _WANTED
        self._set(wanted, {"state": state, "error": why, "tries": wanted.tries + 1, "next_try_at": retry})

    def postpone(self, wanted: Wanted, until: datetime) -> None:
        self._set(wanted, {"next_try_at": until})

    def copies(self, articles: Collection[ArticleId]) -> Mapping[ArticleId, tuple[PictureCopy, ...]]:
        """The copies that there are of the pictures of some articles."""
        query = select(article_picture.c.article_id, picture).join(
            picture, and_(picture.c.id == article_picture.c.picture_id, picture.c.state == _COPIED)
        )
        found: dict[ArticleId, tuple[PictureCopy, ...]] = {}
        with reading(self.engine) as tx:
            chosen = query.where(article_picture.c.article_id.in_(articles))
            for row in tx.execute(chosen.order_by(picture.c.id)):
                id_ = ArticleId(row.article_id)
                found[id_] = (*found.get(id_, ()), _copy(row))
        return found

    def lost(self, urls: Collection[str]) -> None:
        """The files of these pictures are gone: they are wanted again."""
        with writing(self.engine) as tx:
            again = {"state": _WANTED, "sizes": "[]", "bytes": 0, "tries": 0, "next_try_at": None}
            digests = [_digest(url) for url in urls]
            tx.execute(update(picture).where(picture.c.url_digest.in_(digests)).values(again))

    def forget(self, url: str) -> tuple[str, ...] | None:
        """Have no copy of a picture, for good.  Returns the names of its files; None for one that no article shows."""
        with writing(self.engine) as tx:
            mine = picture.c.url_digest == _digest(url)
            row = tx.execute(select(picture).where(mine)).one_or_none()
            if row is None:
                return None
            none = {"state": _LEFT, "sizes": "[]", "bytes": 0, "next_try_at": None, "error": "Taken out by hand."}
            tx.execute(update(picture).where(mine).values(none))
            return _names(row)

    def unused(self, before: datetime) -> Mapping[int, tuple[str, ...]]:
        """Pictures that no article has shown since then, and the names of their files."""
        with reading(self.engine) as tx:
            rows = tx.execute(select(picture).where(picture.c.unused_since <= before).limit(_PAGE)).all()
        return {row.id: _names(row) for row in rows}

    def drop(self, ids: Collection[int]) -> None:
        """Know nothing more of these pictures, if no article shows them."""
        with writing(self.engine) as tx:
            tx.execute(delete(picture).where(picture.c.id.in_(ids), ~_USED))

    def counts(self) -> Mapping[str, tuple[int, int]]:
        """How many pictures there are in each state, and the bytes of their copies."""
        query = select(picture.c.state, func.count(), func.sum(picture.c.bytes)).group_by(picture.c.state)
        with reading(self.engine) as tx:
            return {state: (number, int(size)) for state, number, size in tx.execute(query)}

    def listed(self, state: str | None, limit: int) -> Sequence[Known]:
        """The pictures in a state, or all, the newest first."""
        query = select(picture).order_by(picture.c.id.desc()).limit(limit)
        with reading(self.engine) as tx:
            rows = tx.execute(query.where(picture.c.state == state) if state else query).all()
        return [
            Known(
                url=row.url,
                state=row.state,
                bytes=row.bytes,
                files=_names(row),
                tries=row.tries,
                error=row.error,
                next_try=row.next_try_at,
            )
            for row in rows
        ]

    def _set(self, wanted: Wanted, values: Mapping[str, Any]) -> None:
        with writing(self.engine) as tx:
            # Not one that was taken out by hand meanwhile.
            mine = and_(picture.c.id == wanted.id, picture.c.state == _WANTED)
            tx.execute(update(picture).where(mine).values(**values))


def _unseen(chosen: Selection, since: datetime) -> Any:  # noqa: ANN401 - a Select of many columns
    new = and_(
        article.c.retracted_at.is_(None),
        article.c.mailable,
        or_(picture_scan.c.revision.is_(None), picture_scan.c.revision != article.c.revision),
        or_(article.c.released_at.is_(None), article.c.released_at >= since),
    )
    chosen_ids = matching(select(article.c.id), chosen)
    gone = and_(article.c.retracted_at.is_not(None), picture_scan.c.revision.is_not(None))
    query = current_articles().outerjoin(picture_scan, picture_scan.c.article_id == article.c.id)
    return query.where(or_(and_(new, article.c.id.in_(chosen_ids)), gone)).order_by(article.c.id.desc())


def _pictures(row: Row[Any], shown: Callable[[Content], Sequence[str]]) -> Sequence[str] | None:
    return None if row.retracted_at is not None else shown(load_content(row.content))


def _note(tx: Connection, found: Sequence[tuple[int, int, Sequence[str] | None]], now: datetime) -> None:
    ids = [id_ for id_, _, _ in found]
    theirs = article_picture.c.article_id.in_(ids)
    touched = set(tx.execute(select(article_picture.c.picture_id).where(theirs)).scalars())
    tx.execute(delete(article_picture).where(theirs))
    tx.execute(delete(picture_scan).where(picture_scan.c.article_id.in_(ids)))
    digests = {_digest(url): url for _, _, urls in found for url in urls or ()}
    new = [{"url_digest": digest, "url": url, "state": _WANTED, "noted_at": now} for digest, url in digests.items()]
    if new:
        tx.execute(insert_new(tx, picture).on_conflict_do_nothing(index_elements=["url_digest"]), new)
    known = tx.execute(select(picture.c.url_digest, picture.c.id).where(picture.c.url_digest.in_(digests)))
    numbers = {row.url_digest: row.id for row in known}
    uses = [{"article_id": id_, "picture_id": numbers[_digest(url)]} for id_, _, urls in found for url in urls or ()]
    if uses:
        tx.execute(insert_new(tx, article_picture), uses)
    scans = [{"article_id": id_, "revision": revision} for id_, revision, urls in found if urls is not None]
    if scans:
        tx.execute(insert_new(tx, picture_scan), scans)
    mine = picture.c.id.in_(touched | set(numbers.values()))
    tx.execute(update(picture).where(mine, _USED).values(unused_since=None))
    tx.execute(update(picture).where(mine, ~_USED, picture.c.unused_since.is_(None)).values(unused_since=now))


def _copy(row: Row[Any]) -> PictureCopy:
    sizes = tuple(Size(width, height, name) for width, height, name in json.loads(row.sizes))
    return PictureCopy(url=row.url, width=row.width, height=row.height, sizes=sizes)


def _names(row: Row[Any]) -> tuple[str, ...]:
    return tuple(name for _, _, name in json.loads(row.sizes))


def _digest(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
