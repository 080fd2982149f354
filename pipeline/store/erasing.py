"""Erasure: a person goes, and what stays is that their address is not to be mailed.

The rows of subscriber and subscriptions stay without anything of a person in them: links in old mail are made of their
numbers, which must never be somebody else's; and the books of issues go on balancing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from pipeline.domain.audience import ERASED, Subscriber, SubscriptionState, SuppressionReason, address_key
from pipeline.domain.ledger import BatchState
from pipeline.domain.sign_up import mailbox_of
from pipeline.store.suppressing import Digests, lift, suppress, suppressed
from pipeline.store.tables import (
    api_answer,
    delivery,
    event,
    issue,
    notice,
    private_feed,
    sign_up,
    subscriber,
    subscription,
    suppression,
)

_WAITING = (BatchState.READY, BatchState.RETRY_WAIT, BatchState.CLAIMED)


def erase(tx: Connection, person: Subscriber, digests: Digests, now: datetime) -> None:
    """Delete everything that is known of a person; a digest of the address keeps lists from bringing them back."""
    key = address_key(person.address)
    digest = next(iter(digests(key)), None)
    if digest is None:
        msg = "who is erased has to be known by a digest, for which there is no key"
        raise ValueError(msg)
    # A complaint is more than an erasure: who signs up again is told apart by it.
    known = suppressed(tx, [key], digests).get(key)
    lift(tx, key, digests)
    suppress(tx, digest, known.reason if known else SuppressionReason.ERASED, "", known.since if known else now)
    mine = select(subscription.c.id).where(subscription.c.subscriber_id == person.id)
    tx.execute(delete(private_feed).where(private_feed.c.subscription_id.in_(mine)))
    _forget_notices(tx, person)
    tx.execute(delete(sign_up).where(or_(sign_up.c.subscription_id.in_(mine), sign_up.c.address == person.address)))
    tx.execute(update(event).where(event.c.subscriber_id == person.id).values(reason="", raw=None))
    # Some providers name the address in what they say.
    received = and_(delivery.c.issue_id.in_(select(issue.c.id)), delivery.c.subscriber_id == person.id)
    tx.execute(update(delivery).where(received, delivery.c.reason.is_not(None)).values(reason=""))
    # Answers of the API, which are kept for a day.
    told = api_answer.c.body.contains(person.address, autoescape=True)
    tx.execute(delete(api_answer).where(told))
    ended = {
        "state": SubscriptionState.UNSUBSCRIBED,
        "ended_how": ERASED,
        "changed_at": now,
        "paused_until": None,
    }
    tx.execute(update(subscription).where(subscription.c.subscriber_id == person.id).values(ended))
    nobody = {"address": "", "address_key": f"{ERASED}:{person.id}", "name": "", "untracked": False}
    tx.execute(update(subscriber).where(subscriber.c.id == person.id).values(nobody))


def forget_address(tx: Connection, address: str, digests: Digests) -> bool:
    """Delete what is known of an address that is nobody's here: sign-ups, and its suppression but for a digest.

    False if nothing is.
    """
    key = address_key(address)
    waiting = sign_up.c.state != "confirmed"
    same = tx.execute(select(sign_up.c.id, sign_up.c.address).where(sign_up.c.mailbox == mailbox_of(address), waiting))
    asked = [row.id for row in same if address_key(row.address) == key]
    _settle_notices(tx, notice.c.sign_up_id.in_(asked))
    tx.execute(update(notice).where(notice.c.mailbox == mailbox_of(address)).values(mailbox=""))
    tx.execute(delete(sign_up).where(sign_up.c.id.in_(asked)))
    known = tx.execute(select(suppression).where(suppression.c.address_key == key)).one_or_none()
    digest = next(iter(digests(key)), None)
    if known is not None and digest is not None:
        lift(tx, key, digests)
        suppress(tx, digest, SuppressionReason(known.reason), "", known.created_at)
    return bool(asked) or known is not None


def _forget_notices(tx: Connection, person: Subscriber) -> None:
    mine = select(subscription.c.id).where(subscription.c.subscriber_id == person.id)
    asked = select(sign_up.c.id).where(or_(sign_up.c.subscription_id.in_(mine), sign_up.c.address == person.address))
    theirs = or_(
        notice.c.subscription_id.in_(mine),
        notice.c.sign_up_id.in_(asked),
        notice.c.mailbox == mailbox_of(person.address),
    )
    _settle_notices(tx, theirs)


def _settle_notices(tx: Connection, theirs: ColumnElement[bool]) -> None:
    """Those that have not gone go to nobody any more; what they said, and to whom, is forgotten."""
    tx.execute(update(notice).where(theirs, notice.c.state.in_(_WAITING)).values(state=BatchState.CANCELLED))
    tx.execute(update(notice).where(theirs, notice.c.state == BatchState.IN_DOUBT).values(state=BatchState.REJECTED))
    tx.execute(update(notice).where(theirs).values(message=None, mailbox=""))
