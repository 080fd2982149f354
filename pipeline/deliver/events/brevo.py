"""Brevo's transactional webhooks, which come with a secret.  https://developers.brevo.com/docs/transactional-webhooks"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.deliver.event import Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import shared_secret
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "request": EventKind.ACCEPTED,
    "sent": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "hard_bounce": EventKind.HARD_BOUNCE,
    "invalid_email": EventKind.HARD_BOUNCE,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "unique_opened": EventKind.OPENED,
    "proxy_open": EventKind.OPENED,
    "unique_proxy_open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "blocked": EventKind.REJECTED,
    "error": EventKind.REJECTED,
}


def webhook(secret: str) -> CheckedWebhook:
    return CheckedWebhook(check=shared_secret(secret), read=_read)


def _read(posted: Posted) -> Sequence[Event]:
    return [_event(data) for data in reading.parse_objects(posted.body)]


def _event(data: reading.Document) -> Event:
    word, recipient = reading.text(data, "event"), reading.text(data, "email")
    at, message = _time(data), reading.text(data, "message-id")
    tags = data.get("tags")
    batch = next((tag for tag in tags if reading.our_uid(tag)), None) if isinstance(tags, list) else None
    return reading.event(
        # The id that it names is the webhook's.
        reading.made_id(word, at, recipient, message, reading.text(data, "link")),
        _KINDS.get(word, EventKind.UNKNOWN),
        ours={"batch": batch},
        raw=data,
        at=at,
        recipient=recipient,
        message_id=message,
        why=reading.text(data, "reason"),
    )


def _time(data: reading.Document) -> datetime | None:
    """Milliseconds in UTC; the other times are in the account's time zone."""
    milliseconds = data.get("ts_epoch")
    if isinstance(milliseconds, int | float):
        return reading.moment(milliseconds / 1000)
    return reading.moment(data.get("ts_event"))
