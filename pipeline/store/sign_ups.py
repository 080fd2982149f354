"""Sign-ups: taken down as they are, decided on a little later, and confirmed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from pipeline.audience.sign_up_store import Confirmation
from pipeline.domain.audience import Choice, SubscriptionId, SubscriptionState, SuppressionReason, address_key
from pipeline.domain.notice import NoticeKind
from pipeline.domain.sign_up import (
    CONFIRM_WITHIN,
    REMEMBERED,
    NewSignUp,
    SignUp,
    SignUpFate,
    SignUpId,
    SignUpKind,
    mailbox_of,
    sign_up_fate,
)
from pipeline.store.confirming import confirm
from pipeline.store.database import reading, writing
from pipeline.store.noting import note
from pipeline.store.statements import insert_new
from pipeline.store.suppressing import Digests, needed, no_digests, suppressed
from pipeline.store.tables import consent_text, notice, sign_up, subscriber, subscription

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUps:
    """The sign-ups of one store (see `pipeline.audience.sign_up_store`)."""

    engine: Engine
    digests: Digests = no_digests

    def ask(self, asked: NewSignUp, now: datetime) -> None:
        """Take a sign-up down; nothing is looked up, so that it takes the same time whoever it is."""
        with writing(self.engine) as tx:
            take_down(tx, asked, now)

    def decide(self, now: datetime) -> int:
        """Decide on the oldest sign-ups that were taken down, some hundred at once; returns how many there were."""
        waiting = select(sign_up).where(sign_up.c.state == "asked").order_by(sign_up.c.id).limit(_AT_ONCE)
        with writing(self.engine) as tx:
            rows = tx.execute(waiting.with_for_update(skip_locked=True)).all()
            if rows:
                _decide(tx, rows, self.digests, now)
        return len(rows)

    def find(self, id_: SignUpId, now: datetime) -> SignUp | None:
        """The sign-up, None where it is too late, or there is none any more.  Changes nothing."""
        with reading(self.engine) as tx:
            row = tx.execute(select(sign_up).where(sign_up.c.id == id_)).one_or_none()
        if row is None or (row.state != "confirmed" and now - row.asked_at >= CONFIRM_WITHIN):
            return None
        return _sign_up(row)

    def unconfirmed(self, newsletter: str | None, now: datetime, limit: int) -> Sequence[SignUp]:
        """Who asked for a newsletter, or for any, and may still confirm it; the oldest first."""
        open_ = (sign_up.c.state != "confirmed", sign_up.c.asked_at > now - CONFIRM_WITHIN)
        query = (
            select(sign_up).where(*open_, sign_up.c.kind == SignUpKind.SUBSCRIPTION).order_by(sign_up.c.id).limit(limit)
        )
        if newsletter is not None:
            query = query.where(sign_up.c.newsletter == newsletter)
        with reading(self.engine) as tx:
            return [_sign_up(row) for row in tx.execute(query)]

    def confirm(self, id_: SignUpId, now: datetime, network: str, welcomes: Collection[str]) -> Confirmation | None:
        """Carry a sign-up out, once; None where it is too late.  Newsletters among ``welcomes`` say so by mail."""
        with writing(self.engine) as tx:
            return confirm(tx, id_, now, network, welcomes, self.digests)

    def forget(self, now: datetime) -> None:
        """Delete what was not confirmed in time, and how often mailboxes were mailed once that is long ago."""
        late = (sign_up.c.state != "confirmed", sign_up.c.asked_at <= now - CONFIRM_WITHIN)
        with writing(self.engine) as tx:
            tx.execute(delete(sign_up).where(*late))
            tx.execute(delete(notice).where(notice.c.message.is_(None), notice.c.created_at <= now - REMEMBERED))


def take_down(tx: Connection, asked: NewSignUp, now: datetime) -> SignUpId:
    """Write down what was asked for, and the words that were agreed to."""
    consent = sha256(asked.consent.encode()).hexdigest() if asked.consent else None
    row = {
        "kind": asked.kind,
        "newsletter": asked.newsletter,
        "subscription_id": asked.subscription,
        "address": asked.address,
        "mailbox": mailbox_of(asked.address),
        "name": asked.name,
        "cadence": asked.choice.cadence,
        "topics": json.dumps(asked.choice.topics, ensure_ascii=False),
        "language": asked.choice.language or "",
        "timezone": asked.choice.timezone or "",
        "spoken": asked.spoken,
        "state": "asked",
        "asked_at": now,
        "network": asked.network,
        "consent": consent,
    }
    if consent:
        words = insert_new(tx, consent_text).values(digest=consent, text=asked.consent)
        tx.execute(words.on_conflict_do_nothing())
    return SignUpId(tx.execute(insert(sign_up).values(row).returning(sign_up.c.id)).scalar_one())


def _decide(tx: Connection, rows: Sequence[Row[Any]], digests: Digests, now: datetime) -> None:
    gone = suppressed(tx, {address_key(row.address) for row in rows}, needed(tx, digests))
    there = _subscriptions(tx, rows)
    earlier = _mailed(tx, {row.mailbox for row in rows}, now)
    dropped: list[int] = []
    for row in rows:
        key = address_key(row.address)
        known = there.get((key, row.newsletter)) if row.kind == SignUpKind.SUBSCRIPTION else None
        why: SuppressionReason | None = gone[key].reason if key in gone else None
        before = earlier.setdefault(row.mailbox, [])
        fate = sign_up_fate(known[1] if known else None, why, before, row.newsletter, now)
        if fate is SignUpFate.CONFIRM:
            tx.execute(update(sign_up).where(sign_up.c.id == row.id).values(state="mailed", asked_at=row.asked_at))
        else:
            dropped.append(row.id)
        if fate is not SignUpFate.NOTHING:
            before.append((row.newsletter, now))
            note(
                tx,
                NoticeKind.CONFIRM if fate is SignUpFate.CONFIRM else NoticeKind.WELCOME,
                row.newsletter,
                now,
                mailbox=row.mailbox,
                language=row.language or row.spoken,
                sign_up=SignUpId(row.id),
                subscription=known[0] if known and fate is SignUpFate.WELCOME else None,
            )
    tx.execute(delete(sign_up).where(sign_up.c.id.in_(dropped)))


def _subscriptions(
    tx: Connection, rows: Sequence[Row[Any]]
) -> dict[tuple[str, str], tuple[SubscriptionId, SubscriptionState]]:
    query = (
        select(subscriber.c.address_key, subscription.c.newsletter, subscription.c.id, subscription.c.state)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscriber.c.address_key.in_({address_key(row.address) for row in rows}))
    )
    return {
        (key, newsletter): (SubscriptionId(id_), SubscriptionState(state))
        for key, newsletter, id_, state in tx.execute(query)
    }


def _mailed(tx: Connection, mailboxes: Collection[str], now: datetime) -> dict[str, list[tuple[str, datetime]]]:
    query = select(notice.c.mailbox, notice.c.newsletter, notice.c.created_at).where(
        notice.c.mailbox.in_(mailboxes), notice.c.created_at > now - REMEMBERED - timedelta(hours=1)
    )
    found: dict[str, list[tuple[str, datetime]]] = {}
    for mailbox, newsletter, when in tx.execute(query):
        found.setdefault(mailbox, []).append((newsletter, when))
    return found


def _sign_up(row: Row[Any]) -> SignUp:
    return SignUp(
        id=SignUpId(row.id),
        kind=SignUpKind(row.kind),
        newsletter=row.newsletter,
        address=row.address,
        choice=Choice(
            cadence=row.cadence,
            topics=tuple(json.loads(row.topics)),
            language=row.language or None,
            timezone=row.timezone or None,
        ),
        spoken=row.spoken,
        subscription=SubscriptionId(row.subscription_id) if row.state == "confirmed" else None,
    )
