"""All that is known of a person, for themselves (GDPR, article 15)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from pipeline.domain.audience import SubscriptionId, address_key
from pipeline.domain.sign_up import mailbox_of
from pipeline.store.reading_subscriptions import one, subscriptions
from pipeline.store.tables import consent_text, delivery, event, issue, notice, private_feed, sign_up, subscription


def everything(tx: Connection, id_: SubscriptionId) -> Mapping[str, Any] | None:
    """What we know of the person whose subscription it is, as JSON has it; None if there is nobody."""
    found = one(tx, id_)
    if found is None or not found.subscriber.address:
        return None
    person = found.subscriber
    rows = tx.execute(subscriptions().where(subscription.c.subscriber_id == person.id).order_by(subscription.c.id))
    mine = list(rows)
    ids = [row.id for row in mine]
    return {
        "address": person.address,
        "name": person.name,
        "known_since": _time(person.created),
        "untracked": person.untracked,
        "subscriptions": [
            {
                "newsletter": row.newsletter,
                "state": row.state,
                "cadence": row.cadence,
                "topics": json.loads(row.topics),
                "language": row.language,
                "timezone": row.timezone,
                "created": _time(row.created_at),
                "confirmed": _time(row.confirmed_at),
                "changed": _time(row.changed_at),
                "ended_how": row.ended_how,
                "paused_until": _time(row.paused_until),
            }
            for row in mine
        ],
        "consents": _consents(tx, ids) + _brought_along(tx, ids),
        "issues": _issues(tx, person.id),
        "events": _events(tx, person.id),
        "messages_about_subscriptions": _notices(tx, ids),
        "private_feeds": _feeds(tx, ids),
    }


def unconfirmed(tx: Connection, address: str) -> Sequence[Mapping[str, Any]]:
    """What somebody asked for with this address and nobody has confirmed yet: until then it is all that is known."""
    query = select(sign_up).where(sign_up.c.mailbox == mailbox_of(address), sign_up.c.state != "confirmed")
    return [
        {
            "newsletter": row.newsletter,
            "asked": _time(row.asked_at),
            "asked_from": row.network,
            "name": row.name,
            "cadence": row.cadence,
            "topics": json.loads(row.topics),
            "language": row.language,
            "timezone": row.timezone,
        }
        for row in tx.execute(query.order_by(sign_up.c.id))
        if address_key(row.address) == address_key(address)
    ]


def _consents(tx: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    query = (
        select(sign_up, consent_text.c.text)
        .outerjoin(consent_text, consent_text.c.digest == sign_up.c.consent)
        .where(sign_up.c.subscription_id.in_(ids), sign_up.c.state == "confirmed")
        .order_by(sign_up.c.id)
    )
    return [
        {
            "to": row.kind,
            "newsletter": row.newsletter,
            "asked": _time(row.asked_at),
            "asked_from": row.network,
            "confirmed": _time(row.confirmed_at),
            "confirmed_from": row.confirmed_network,
            "words": row.text,
        }
        for row in tx.execute(query)
    ]


def _brought_along(tx: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What is kept on the consent of whom a list or the operator brought along."""
    query = (
        select(subscription.c.newsletter, subscription.c.created_at, subscription.c.confirmed_at, consent_text.c.text)
        .join(consent_text, consent_text.c.digest == subscription.c.consent)
        .where(subscription.c.id.in_(ids))
        .order_by(subscription.c.id)
    )
    return [
        {
            "to": "subscription",
            "newsletter": row.newsletter,
            "brought_along": _time(row.created_at),
            "confirmed": _time(row.confirmed_at),
            "words": row.text,
        }
        for row in tx.execute(query)
    ]


def _issues(tx: Connection, person: int) -> list[dict[str, Any]]:
    query = (
        select(issue.c.newsletter, issue.c.slot, delivery.c.outcome)
        .join(delivery, delivery.c.issue_id == issue.c.id)
        .where(delivery.c.subscriber_id == person)
        .order_by(issue.c.slot)
    )
    return [
        {"newsletter": row.newsletter, "slot": _time(row.slot), "outcome": row.outcome} for row in tx.execute(query)
    ]


def _events(tx: Connection, person: int) -> list[dict[str, Any]]:
    query = select(event.c.provider, event.c.kind, event.c.at).where(event.c.subscriber_id == person)
    return [
        {"provider": row.provider, "what": row.kind, "at": _time(row.at)}
        for row in tx.execute(query.order_by(event.c.at))
    ]


def _notices(tx: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    query = select(notice.c.kind, notice.c.newsletter, notice.c.created_at, notice.c.state).where(
        notice.c.subscription_id.in_(ids)
    )
    return [
        {"what": row.kind, "newsletter": row.newsletter, "created": _time(row.created_at), "state": row.state}
        for row in tx.execute(query.order_by(notice.c.created_at))
    ]


def _feeds(tx: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    query = select(subscription.c.newsletter, private_feed.c.created_at).join(
        private_feed, private_feed.c.subscription_id == subscription.c.id
    )
    return [
        {"newsletter": row.newsletter, "created": _time(row.created_at)}
        for row in tx.execute(query.where(subscription.c.id.in_(ids)))
    ]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
