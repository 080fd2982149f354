"""Where subscriptions stand: groups with the same choices, the same cursor and the same debts.

An issue moves groups and not subscriptions, so that it costs the same for a thousand as for a million.  Whoever makes
another choice moves to another group that stands at the same place: nothing is repeated, and nothing is dropped.

A group moves with all who are in it, also those who get no mail at the time.  So the cursor of a subscription that is
not active means nothing: whoever becomes active is placed anew (`pipeline.store.placing.start_anew`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, func, insert, select, update

from pipeline.compose.compose import Share
from pipeline.domain.article import topic_key
from pipeline.store.statements import insert_new
from pipeline.store.tables import article, instance, newsletter, subscription, subscription_group, topic_set

_SMALL = 1_000
_CHOICES = ("newsletter", "cadence", "timezone", "topic_set_id", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The columns of a group: what its subscriptions chose, and where they stand.

    ``timezone`` and ``language`` are empty where they are left to the newsletter.  ``owed`` and ``corrections`` are ids
    as `joined` writes them.
    """

    newsletter: str
    cadence: str
    timezone: str
    topic_set_id: int
    language: str
    cursor: int
    owed: str = ""
    corrections: str = ""


def take_turn(tx: Connection, name: str) -> None:
    """Keep out all others who freeze an issue of the newsletter, or move its subscriptions, until the end.

    Two machines that freeze would both see the same cursors; who moves meanwhile would be passed over.  SQLite's
    transaction keeps everybody out anyway.
    """
    tx.execute(insert_new(tx, newsletter).values(name=name).on_conflict_do_nothing())
    tx.execute(select(newsletter).where(newsletter.c.name == name).with_for_update())


def join_turn(tx: Connection, name: str) -> None:
    """Keep out those who freeze an issue of the newsletter, but not others who move its subscriptions."""
    tx.execute(insert_new(tx, newsletter).values(name=name).on_conflict_do_nothing())
    tx.execute(select(newsletter).where(newsletter.c.name == name).with_for_update(read=True))


def last_release(tx: Connection) -> int:
    """The last release number that was given out: who starts here gets what comes from now on."""
    last: int = tx.execute(select(instance.c.last_release)).scalar_one()
    return last


def last_release_at(tx: Connection, moment: datetime) -> int:
    """The last number that an article had been given by then."""
    before = select(func.max(article.c.release_number)).where(article.c.released_at <= moment)
    return tx.execute(before).scalar_one() or 0


def place_of(tx: Connection, group_id: int) -> Place:
    return _place(tx.execute(select(subscription_group).where(subscription_group.c.id == group_id)).one())


def group_at(tx: Connection, place: Place) -> int:
    """The group that stands there; it is made where there is none.  Join the newsletter's turn before."""
    values = asdict(place)
    there = select(func.min(subscription_group.c.id)).where(
        *(subscription_group.c[name] == value for name, value in values.items())
    )
    found: int | None = tx.execute(there).scalar_one()
    if found is None:
        new = insert(subscription_group).values(values).returning(subscription_group.c.id)
        made: int = tx.execute(new).scalar_one()
        return made
    return found


def move(tx: Connection, subscriptions: Select[tuple[int]], group_id: int, place: Place) -> None:
    """Move those of these subscriptions that are in the group to another place."""
    there = group_at(tx, place)
    if there != group_id:
        theirs = and_(subscription.c.group_id == group_id, subscription.c.id.in_(subscriptions))
        tx.execute(update(subscription).where(theirs).values(group_id=there))


def topics_at(tx: Connection, labels: Collection[str]) -> int:
    """The row of a choice of topics; equal choices are one row."""
    text = json.dumps(sorted({topic_key(label) for label in labels} - {""}), ensure_ascii=False)
    tx.execute(insert_new(tx, topic_set).values(topics=text).on_conflict_do_nothing())
    id_: int = tx.execute(select(topic_set.c.id).where(topic_set.c.topics == text)).scalar_one()
    return id_


def advance(tx: Connection, shares: Sequence[Share]) -> None:
    """Write where these groups stand behind an issue.  Take the newsletter's turn before."""
    rows = [
        {
            "of_group": share.group.id,
            "cursor": share.upto,
            "owed": joined(share.owed),
            "corrections": joined(share.owed_corrections),
        }
        for share in shares
    ]
    if rows:
        tx.execute(update(subscription_group).where(subscription_group.c.id == bindparam("of_group")), rows)


def tidy(tx: Connection, name: str, cadence: str) -> None:
    """Make one of groups that have become equal, and let those go that everybody has left.

    Only small ones are taken into the largest: they come from a few people's choices, and would become ever more.
    Take the newsletter's turn before.
    """
    empty = ~exists().where(subscription.c.group_id == subscription_group.c.id)
    tx.execute(delete(subscription_group).where(subscription_group.c.newsletter == name, empty))
    of_cadence = and_(subscription_group.c.newsletter == name, subscription_group.c.cadence == cadence)
    equal: dict[Place, list[int]] = {}
    for row in tx.execute(select(subscription_group).where(of_cadence).order_by(subscription_group.c.id)):
        equal.setdefault(_place(row), []).append(row.id)
    for ids in equal.values():
        if len(ids) > 1:
            _unite(tx, ids)


def _unite(tx: Connection, ids: Sequence[int]) -> None:
    counted = select(subscription.c.group_id, func.count()).where(subscription.c.group_id.in_(ids))
    rows = tx.execute(counted.group_by(subscription.c.group_id)).all()
    sizes: dict[int, int] = {row[0]: row[1] for row in rows}
    kept = max(ids, key=lambda id_: sizes.get(id_, 0))
    small = [id_ for id_ in ids if id_ != kept and sizes.get(id_, 0) <= _SMALL]
    if small:
        tx.execute(update(subscription).where(subscription.c.group_id.in_(small)).values(group_id=kept))
        tx.execute(delete(subscription_group).where(subscription_group.c.id.in_(small)))


def joined(ids: Collection[int]) -> str:
    """Ids as a group's columns keep them: ascending, with commas."""
    return ",".join(map(str, sorted(ids)))


def parted(text: str) -> frozenset[int]:
    return frozenset(int(id_) for id_ in text.split(",") if id_)


def owing(place: Place, articles: Collection[int], corrections: Collection[int]) -> Place:
    """The same place, owed these as well."""
    return replace(
        place,
        owed=joined(parted(place.owed) | set(articles)),
        corrections=joined(parted(place.corrections) | set(corrections)),
    )


def owing_no_more(place: Place, articles: Collection[int], corrections: Collection[int]) -> Place:
    """The same place, without these debts."""
    return replace(
        place,
        owed=joined(parted(place.owed) - set(articles)),
        corrections=joined(parted(place.corrections) - set(corrections)),
    )


def _place(row: Row[tuple[object, ...]]) -> Place:
    return Place(
        **{name: row._mapping[name] for name in _CHOICES},  # noqa: SLF001  (SQLAlchemy's public name for it)
        cursor=row.cursor,
        owed=row.owed,
        corrections=row.corrections,
    )
