"""Release numbers: the order in which mail carries articles, and tells of corrections to them.

The instance's row is locked before a number is given out, and until the transaction ends: numbers become visible in
their own order.  So whoever reads the last number sees all that are smaller, and no cursor can pass one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, insert, literal, or_, select, update

from pipeline.domain.article import ArticleId
from pipeline.store.tables import article, correction, instance

RETRACTED_FOR = timedelta(hours=1)
"""How long an article must be away until readers are told: a directory that is not mounted takes nothing back."""
_REMEMBERED = timedelta(days=30)


def something_to_release(tx: Connection, now: datetime) -> bool:
    waiting = or_(
        exists().where(_due(now)), exists().where(_gone(now)), exists().where(correction.c.release_number.is_(None))
    )
    return bool(tx.execute(select(waiting)).scalar_one())


def release(tx: Connection, now: datetime) -> int:
    """Give numbers to the articles that have settled, and to corrections.  Returns how many articles were released."""
    last: int = tx.execute(
        update(instance).values(last_release=instance.c.last_release).returning(instance.c.last_release)
    ).scalar_one()
    articles = due_articles(tx, now)
    _note_retractions(tx, now)
    waiting = select(correction.c.id).where(correction.c.release_number.is_(None)).order_by(correction.c.id)
    corrections = tx.execute(waiting).scalars().all()
    if articles:
        numbered = update(article).where(article.c.id == bindparam("of_article"))
        rows = [
            {"of_article": id_, "release_number": number, "released_at": now}
            for number, id_ in enumerate(articles, last + 1)
        ]
        tx.execute(numbered, rows)
    if corrections:
        counted = update(correction).where(correction.c.id == bindparam("of_correction"))
        first = last + len(articles) + 1
        tx.execute(counted, [{"of_correction": id_, "release_number": n} for n, id_ in enumerate(corrections, first)])
    tx.execute(update(instance).values(last_release=last + len(articles) + len(corrections)))
    return len(articles)


def due_articles(tx: Connection, now: datetime) -> list[ArticleId]:
    """The articles that would be released at that time, in the order of their numbers."""
    in_order = select(article.c.id).where(_due(now)).order_by(article.c.published_at, article.c.id)
    return [ArticleId(id_) for id_ in tx.execute(in_order).scalars()]


def note_correction(tx: Connection, id_: ArticleId, note: str, now: datetime) -> bool:
    """Let readers who got the article be told that it was wrong; False if no mail can have carried it."""
    mailed = select(article.c.id).where(article.c.id == id_, article.c.release_number.is_not(None))
    if tx.execute(mailed).one_or_none() is None:
        return False
    tx.execute(insert(correction).values(article_id=id_, retracted=False, note=note, made_at=now))
    return True


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        article.c.mailable,
        article.c.release_number.is_(None),
        article.c.retracted_at.is_(None),
        article.c.settles_at <= now,
    )


def _gone(now: datetime) -> ColumnElement[bool]:
    """Released articles that have been away for long enough, and of which nobody was told yet."""
    told = exists().where(correction.c.article_id == article.c.id, correction.c.made_at >= article.c.retracted_at)
    away = article.c.retracted_at.between(now - _REMEMBERED, now - RETRACTED_FOR)
    return and_(away, article.c.release_number.is_not(None), ~told)


def _note_retractions(tx: Connection, now: datetime) -> None:
    made_at = literal(now, correction.c.made_at.type)
    made = select(article.c.id, literal(True), literal(""), made_at).where(_gone(now))
    tx.execute(insert(correction).from_select(["article_id", "retracted", "note", "made_at"], made))
