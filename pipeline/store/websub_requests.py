"""Requests to our WebSub hub, until they are verified or denied."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, select, true

from pipeline.publish.websub.asking import DEFAULT_LEASE, Asked, Mode
from pipeline.publish.websub.records import Claim, HubLimits, Pending, key_of
from pipeline.store.database import reading, writing
from pipeline.store.statements import insert_new
from pipeline.store.tables import websub_request as request
from pipeline.store.tables import websub_subscription as subscription
from pipeline.store.tables import websub_topic as topic
from pipeline.store.websub_claims import claim_rows, take_turns, unclaimed

LONGEST_WAIT = timedelta(hours=1)
"""A request that nobody got to verify for so long is dropped: its subscriber asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubRequests:
    """The requests of one store, one for each topic and callback: a new one takes the place of the last."""

    engine: Engine

    def ask(self, asked: Asked, now: datetime, limits: HubLimits) -> bool:
        """Keep a request for verification.  False where there are too many of them, or of subscriptions.

        The end of a subscription that isn't there needs no asking.
        """
        key = key_of(asked.topic, asked.callback)
        with writing(self.engine) as tx:
            take_turns(tx)
            subscribed, waiting = _there(tx, subscription, key), _there(tx, request, key)
            if asked.mode is Mode.UNSUBSCRIBE and not (subscribed or waiting):
                return True
            # What takes another's place makes it no more.
            if not waiting and not _room_to_wait(tx, asked, limits):
                return False
            fresh = asked.mode is Mode.SUBSCRIBE and not (subscribed or waiting)
            if fresh and not _room_to_stay(tx, asked, limits):
                return False
            _put(tx, [_values(asked, now)])
        return True

    def claim(self, claim: Claim) -> Sequence[Pending]:
        """Take requests to be verified or denied."""
        with reading(self.engine) as tx:
            if tx.execute(select(request.c.key).where(unclaimed(request, claim.now)).limit(1)).first() is None:
                return ()
        with writing(self.engine) as tx:
            rows = claim_rows(tx, request, true(), (request.c.asked_at, request.c.key), claim)
            return [_pending(row) for row in rows]

    def confirmed(self, pending: Pending, asked_at: datetime) -> bool:
        """The subscriber wants it: begin, renew or end the subscription.  ``asked_at`` is when the callback was asked.

        False where another request has taken its place, which is to be verified by itself.
        """
        with writing(self.engine) as tx:
            if not _drop(tx, pending):
                return False
            if pending.asked.mode is Mode.UNSUBSCRIBE:
                tx.execute(delete(subscription).where(subscription.c.key == pending.key))
            else:
                _subscribe(tx, pending, asked_at)
        return True

    def drop(self, pending: Pending) -> None:
        """It was not confirmed, or it was denied: what there was stays as it was."""
        with writing(self.engine) as tx:
            _drop(tx, pending)

    def deny_others(self, topics: Collection[str], now: datetime) -> int:
        """End the subscriptions to topics that are no longer published, and have their callbacks told."""
        others = subscription.c.topic.not_in(list(topics))
        with reading(self.engine) as tx:
            if tx.execute(select(subscription.c.key).where(others).limit(1)).first() is None:
                return 0
        with writing(self.engine) as tx:
            ended = tx.execute(delete(subscription).where(others).returning(*subscription.c)).all()
            _put(
                tx,
                [
                    _values(Asked(mode=Mode.DENIED, topic=row.topic, callback=row.callback, network=row.network), now)
                    for row in ended
                ],
            )
        return len(ended)

    def waiting(self) -> int:
        """How many there are."""
        with reading(self.engine) as tx:
            return _count(tx, request, true())


def drop_stale(tx: Connection, now: datetime) -> None:
    tx.execute(delete(request).where(request.c.asked_at <= now - LONGEST_WAIT, unclaimed(request, now)))


def _there(tx: Connection, table: Any, key: str) -> bool:  # noqa: ANN401  (either of two tables)
    return tx.execute(select(table.c.key).where(table.c.key == key)).first() is not None


def _count(tx: Connection, table: Any, which: ColumnElement[bool]) -> int:  # noqa: ANN401
    number: int = tx.execute(select(func.count()).select_from(table).where(which)).scalar_one()
    return number


def _room_to_wait(tx: Connection, asked: Asked, limits: HubLimits) -> bool:
    return (
        _count(tx, request, true()) < limits.waiting
        and _count(tx, request, request.c.host == asked.host) < limits.waiting_per_host
    )


def _room_to_stay(tx: Connection, asked: Asked, limits: HubLimits) -> bool:
    """Whether there is room for one more subscription; those that wait may become some."""
    bounds = [
        (limits.subscriptions, true(), true()),
        (limits.per_host, subscription.c.host == asked.host, request.c.host == asked.host),
    ]
    if asked.network:
        bounds.append((limits.per_network, subscription.c.network == asked.network, request.c.network == asked.network))
    return all(_count(tx, subscription, theirs) + _count(tx, request, asking) < most for most, theirs, asking in bounds)


def _put(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    new = insert_new(tx, request)
    replaced = {name: new.excluded[name] for name in rows[0] if name != "key"}
    tx.execute(
        new.on_conflict_do_update(index_elements=["key"], set_={**replaced, "claimed_by": None, "claimed_until": None}),
        rows,
    )


def _values(asked: Asked, now: datetime) -> dict[str, Any]:
    return {
        "key": key_of(asked.topic, asked.callback),
        "nonce": str(uuid.uuid4()),
        "mode": asked.mode.value,
        "topic": asked.topic,
        "callback": asked.callback,
        "host": asked.host,
        "network": asked.network,
        "secret": asked.secret,
        "lease_seconds": int(asked.lease.total_seconds()),
        "asked_at": now,
    }


def _drop(tx: Connection, pending: Pending) -> bool:
    same = (request.c.key == pending.key, request.c.nonce == pending.nonce)
    return tx.execute(delete(request).where(*same)).rowcount == 1


def _subscribe(tx: Connection, pending: Pending, asked_at: datetime) -> None:
    asked = pending.asked
    agreed = {
        "secret": asked.secret,
        "network": asked.network,
        "lease_until": asked_at + asked.lease,
        # It answers: what it missed may be tried at once.
        "failures": 0,
        "failing_since": None,
        "error": "",
        "next_try_at": None,
    }
    now_there = select(topic.c.digest).where(topic.c.url == asked.topic).scalar_subquery()
    new = insert_new(tx, subscription).values(
        key=pending.key,
        topic=asked.topic,
        callback=asked.callback,
        host=asked.host,
        subscribed_at=asked_at,
        digest=now_there,
        **agreed,
    )
    tx.execute(new.on_conflict_do_update(index_elements=["key"], set_=agreed))


def _pending(row: Row[Any]) -> Pending:
    asked = Asked(
        mode=Mode(row.mode),
        topic=row.topic,
        callback=row.callback,
        secret=row.secret,
        lease=timedelta(seconds=row.lease_seconds) if row.mode == Mode.SUBSCRIBE else DEFAULT_LEASE,
        network=row.network,
    )
    return Pending(key=row.key, nonce=row.nonce, asked=asked, at=row.asked_at)
