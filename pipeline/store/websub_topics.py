"""What WebSub's topics hold, and what a foreign hub was told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, or_, select, update

from pipeline.publish.websub.distribution import Tries
from pipeline.publish.websub.records import Claim, TopicState
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import websub_topic as topic
from pipeline.store.websub_claims import take_turns, unclaimed

_UNCLAIMED: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
_NO_FAILURE: dict[str, Any] = {"failures": 0, "error": "", "next_try_at": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubTopics:
    """The topics of one store.  A ping is owed where the digest is not the one that the hub was told of."""

    engine: Engine

    def note(self, configured: Collection[str], contents: Mapping[str, str], now: datetime) -> None:
        """Remember the digests of what was published, and forget topics that are not ``configured``."""
        with reading(self.engine) as tx:
            known = dict(tx.execute(select(topic.c.url, topic.c.digest)).all())
        changed = [url for url, content in contents.items() if known.get(url) != content]
        if not changed and set(known) <= set(configured):
            return
        with writing(self.engine) as tx:
            tx.execute(delete(topic).where(topic.c.url.not_in(list(configured))))
            if changed:
                new = insert_new(tx, topic)
                tx.execute(
                    new.on_conflict_do_update(
                        index_elements=["url"],
                        set_={"digest": new.excluded.digest, "changed_at": new.excluded.changed_at, **_NO_FAILURE},
                        where=topic.c.digest != new.excluded.digest,
                    ),
                    [{"url": url, "digest": contents[url], "changed_at": now} for url in sorted(changed)],
                )

    def digests(self) -> Mapping[str, str]:
        """The digest of each topic's content."""
        with reading(self.engine) as tx:
            return dict(tx.execute(select(topic.c.url, topic.c.digest)).all())

    def all(self) -> Sequence[TopicState]:
        """All topics, by their addresses."""
        with reading(self.engine) as tx:
            return [_topic(row) for row in tx.execute(select(topic).order_by(topic.c.url))]

    def claim_pings(self, claim: Claim) -> Sequence[TopicState]:
        """Take topics that a foreign hub is to be told of now."""
        due = _due(claim.now)
        with reading(self.engine) as tx:
            if tx.execute(select(topic.c.url).where(due).limit(1)).first() is None:
                return ()
        with writing(self.engine) as tx:
            take_turns(tx)
            pick = select(topic.c.url).where(due).order_by(topic.c.changed_at, topic.c.url).limit(claim.limit)
            taken = (
                update(topic)
                .where(topic.c.url.in_(pick))
                .values(claimed_by=claim.owner, claimed_until=claim.until)
                .returning(*topic.c)
            )
            return [_topic(row) for row in tx.execute(taken).all()]

    def pinged(self, told: TopicState, now: datetime) -> None:
        """The hub was told of that content."""
        values = {"pinged_digest": told.digest, "pinged_at": now, **_NO_FAILURE, **_UNCLAIMED}
        with writing(self.engine) as tx:
            tx.execute(update(topic).where(topic.c.url == told.url).values(values))

    def ping_failed(self, told: TopicState, tries: Tries, retry_at: datetime) -> None:
        """The hub could not be told, and is told again later; sooner where the content changes."""
        values = {"failures": tries.failures, "error": tries.error, "next_try_at": retry_at, **_UNCLAIMED}
        with writing(self.engine) as tx:
            same = (topic.c.url == told.url, topic.c.digest == told.digest)
            tx.execute(update(topic).where(*same).values(values))
            tx.execute(update(topic).where(topic.c.url == told.url).values(_UNCLAIMED))


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        topic.c.digest.is_distinct_from(topic.c.pinged_digest),
        or_(topic.c.next_try_at.is_(None), topic.c.next_try_at <= now),
        unclaimed(topic, now),
    )


def _topic(row: Row[Any]) -> TopicState:
    return TopicState(
        url=row.url,
        digest=row.digest,
        changed=row.changed_at,
        pinged_digest=row.pinged_digest,
        pinged=row.pinged_at,
        tries=Tries(failures=row.failures, error=row.error),
        next_try=row.next_try_at,
    )
