"""A sign-up that is confirmed becomes a subscription, and what is left of it is the record of that."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from pipeline.audience.sign_up_store import Confirmation, Confirmed
from pipeline.domain.audience import (
    Choice,
    NewSubscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    address_key,
)
from pipeline.domain.notice import NoticeKind
from pipeline.domain.sign_up import CONFIRM_WITHIN, LIFTED_BY_CONFIRMING, SignUpId, SignUpKind
from pipeline.store.groups import join_turn, last_release
from pipeline.store.noting import note
from pipeline.store.placing import Groups, choose, start_anew
from pipeline.store.reading_subscriptions import one
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, lift, suppressed
from pipeline.store.tables import notice, sign_up, subscriber, subscription


def confirm(
    tx: Connection, id_: SignUpId, now: datetime, network: str, welcomes: Collection[str], digests: Digests
) -> Confirmation | None:
    """Carry a sign-up out; None where it is too late, or there is none."""
    row = tx.execute(select(sign_up).where(sign_up.c.id == id_).with_for_update()).one_or_none()
    if row is None or (row.state != "confirmed" and now - row.asked_at >= CONFIRM_WITHIN):
        return None
    if row.state == "confirmed":
        found = one(tx, SubscriptionId(row.subscription_id))
        return Confirmation(Confirmed.BEFORE, found) if found else None
    key = address_key(row.address)
    gone = suppressed(tx, [key], digests).get(key)
    if gone is not None and gone.reason not in LIFTED_BY_CONFIRMING:
        return None
    change_of_address = row.kind == SignUpKind.ADDRESS
    made = _change_address(tx, row) if change_of_address else _subscribe(tx, row, now)
    if made is None or made.what is not Confirmed.DONE:
        return made
    if gone is not None:
        lift(tx, key, digests)
    _keep_record(tx, row, made.subscription.id, now, network)
    if row.newsletter in welcomes and not change_of_address:
        note(
            tx,
            NoticeKind.WELCOME,
            row.newsletter,
            now,
            language=row.language or row.spoken,
            sign_up=SignUpId(row.id),
            subscription=made.subscription.id,
        )
    return made


def _subscribe(tx: Connection, row: Row[Any], now: datetime) -> Confirmation:
    person = NewSubscriber(
        address=row.address,
        name=row.name,
        language=row.language or None,
        timezone=row.timezone or None,
        topics=tuple(json.loads(row.topics)),
    )
    join_turn(tx, row.newsletter)
    known = _subscriber(tx, person, now)
    there = select(subscription.c.id, subscription.c.state).where(
        subscription.c.subscriber_id == known, subscription.c.newsletter == row.newsletter
    )
    found = tx.execute(there.with_for_update()).one_or_none()
    if found is None:
        group = Groups(tx, row.newsletter, row.cadence, last_release(tx)).of(person)
        values = {
            "subscriber_id": known,
            "newsletter": row.newsletter,
            "group_id": group,
            "state": SubscriptionState.ACTIVE,
            "created_at": now,
            "confirmed_at": now,
            "changed_at": now,
        }
        id_ = SubscriptionId(tx.execute(insert(subscription).values(values).returning(subscription.c.id)).scalar_one())
    else:
        id_ = SubscriptionId(found.id)
        if found.state in (SubscriptionState.PENDING, SubscriptionState.UNSUBSCRIBED):
            _revive(tx, id_, row, person, now)
    return Confirmation(Confirmed.DONE, _there(tx, id_))


def _subscriber(tx: Connection, person: NewSubscriber, now: datetime) -> int:
    """The subscriber of an address, made if there is none.  A name that is known stays."""
    key = address_key(person.address)
    fresh = {"address": person.address, "address_key": key, "name": person.name, "created_at": now}
    tx.execute(insert_new(tx, subscriber).values(fresh).on_conflict_do_nothing())
    nameless = (subscriber.c.address_key == key, subscriber.c.name == "")
    tx.execute(update(subscriber).where(*nameless).values(name=person.name))
    id_: int = tx.execute(select(subscriber.c.id).where(subscriber.c.address_key == key)).scalar_one()
    return id_


def _revive(tx: Connection, id_: SubscriptionId, row: Row[Any], person: NewSubscriber, now: datetime) -> None:
    choice = Choice(cadence=row.cadence, topics=person.topics, language=person.language, timezone=person.timezone)
    choose(tx, id_, row.newsletter, choice)
    start_anew(tx, id_, row.newsletter)
    again = {"state": SubscriptionState.ACTIVE, "confirmed_at": now, "changed_at": now, "ended_how": None}
    tx.execute(update(subscription).where(subscription.c.id == id_).values(again))


def _change_address(tx: Connection, row: Row[Any]) -> Confirmation | None:
    """Let all that goes to a subscriber go to another address."""
    found = one(tx, SubscriptionId(row.subscription_id))
    if found is None or not found.subscriber.address:
        return None
    key = address_key(row.address)
    theirs = select(subscriber.c.id).where(subscriber.c.address_key == key, subscriber.c.id != found.subscriber.id)
    if tx.execute(theirs).one_or_none() is not None:
        return Confirmation(Confirmed.TAKEN, found)
    moved = update(subscriber).where(subscriber.c.id == found.subscriber.id)
    tx.execute(moved.values(address=row.address, address_key=key))
    return Confirmation(Confirmed.DONE, _there(tx, found.id))


def _keep_record(tx: Connection, row: Row[Any], id_: SubscriptionId, now: datetime, network: str) -> None:
    """Keep when, from where and to what words they agreed; the address is the subscriber's from now on."""
    record = {
        "state": "confirmed",
        "subscription_id": id_,
        "confirmed_at": now,
        "confirmed_network": network,
        "address": "",
        "mailbox": "",
        "name": "",
    }
    tx.execute(update(sign_up).where(sign_up.c.id == row.id).values(record))
    # Mail that was wanted doesn't count against the mailbox.
    wanted = (notice.c.sign_up_id == row.id, notice.c.kind == NoticeKind.CONFIRM)
    tx.execute(update(notice).where(*wanted).values(mailbox=""))


def _there(tx: Connection, id_: SubscriptionId) -> Subscription:
    found = one(tx, id_)
    assert found is not None  # noqa: S101  (it was read or made in this transaction)
    return found
