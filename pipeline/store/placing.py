"""New subscriptions get into groups, and those whose people choose otherwise move to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.domain.audience import Choice, NewSubscriber, SubscriptionId
from pipeline.store.groups import Place, group_at, join_turn, last_release, last_release_at, move, place_of, topics_at
from pipeline.store.tables import subscription


@dataclass(slots=True)
class Groups:
    """The groups that new subscriptions of a newsletter get into; each is looked for once."""

    tx: Connection
    newsletter: str
    cadence: str
    cursor: int
    _found: dict[tuple[tuple[str, ...], str | None, str | None], int] = field(default_factory=dict)

    def of(self, person: NewSubscriber) -> int:
        chosen = (person.topics, person.timezone, person.language)
        if chosen not in self._found:
            place = Place(
                newsletter=self.newsletter,
                cadence=self.cadence,
                timezone=person.timezone or "",
                topic_set_id=topics_at(self.tx, person.topics),
                language=person.language or "",
                cursor=self.cursor,
            )
            self._found[chosen] = group_at(self.tx, place)
        return self._found[chosen]


def _relocate(tx: Connection, id_: SubscriptionId, newsletter: str, elsewhere: Callable[[Place], Place]) -> None:
    """Move a subscription to another place than the one at which it stands when its turn has come."""
    join_turn(tx, newsletter)
    mine = select(subscription.c.group_id).where(subscription.c.id == id_)
    group: int = tx.execute(mine.with_for_update()).scalar_one()
    move(tx, select(subscription.c.id).where(subscription.c.id == id_), group, elsewhere(place_of(tx, group)))


def start_anew(tx: Connection, id_: SubscriptionId, newsletter: str, since: datetime | None = None) -> None:
    """Let a subscription get what comes from then on (None: from now on), and nothing from before."""

    def cursor() -> int:
        return last_release(tx) if since is None else last_release_at(tx, since)

    _relocate(tx, id_, newsletter, lambda place: replace(place, cursor=cursor(), owed="", corrections=""))


def choose(tx: Connection, id_: SubscriptionId, newsletter: str, choice: Choice) -> None:
    """Let a subscription stand where it stands, with another choice."""
    topics = topics_at(tx, choice.topics)

    def chosen(place: Place) -> Place:
        language, timezone = choice.language or "", choice.timezone or ""
        return replace(place, cadence=choice.cadence, topic_set_id=topics, language=language, timezone=timezone)

    _relocate(tx, id_, newsletter, chosen)
