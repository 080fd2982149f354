"""Mailgun's webhooks, and the events of its log, which are the same.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

from pipeline.deliver.event import NotGenuine, Once, Posted, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import Check, digest, require_fresh, same
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

# Mailgun tries for eight hours, and may do so with the same time and token.
_WINDOW = timedelta(hours=12)
_LONGEST_TOKEN = 128
_LARGEST = 1_000_000  # bytes of one event

_KINDS: Mapping[str, EventKind] = {
    "accepted": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "rejected": EventKind.REJECTED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
}
_LISTED: Mapping[str, SuppressionReason] = {
    "suppress-bounce": SuppressionReason.HARD_BOUNCE,
    "suppress-complaint": SuppressionReason.COMPLAINT,
    "suppress-unsubscribe": SuppressionReason.UNSUBSCRIBED,
}


def webhook(signing_key: str) -> CheckedWebhook:
    """``signing_key`` is the HTTP webhook signing key.  Mailgun takes 406 as the wish not to be told again."""
    check = _signed(signing_key.encode())
    return CheckedWebhook(check=check, read=_read, largest=_LARGEST, enough=HTTPStatus.NOT_ACCEPTABLE)


def _signed(key: bytes) -> Check:
    """Only time and token are signed: whoever has seen a request could put other events under them, but for `Once`."""

    def check(posted: Posted, now: datetime) -> Once:
        try:
            signature = reading.part(reading.parse_object(posted.body), "signature")
        except Unreadable as error:
            raise NotGenuine("no signature") from error
        seconds, token, given = (reading.text(signature, name) for name in ("timestamp", "token", "signature"))
        if not 0 < len(token) <= _LONGEST_TOKEN:
            raise NotGenuine("no token")
        made = hmac.digest(key, f"{seconds}{token}".encode("utf-8", "replace"), "sha256").hex()
        if not same(made, given):
            raise NotGenuine("another signature")
        signed = require_fresh(seconds, now, _WINDOW)
        return Once(token, digest(posted.body), signed + _WINDOW)

    return check


def _read(posted: Posted) -> Sequence[Event]:
    return [read_event(reading.part(reading.parse_object(posted.body), "event-data"))]


def read_event(data: reading.Document) -> Event:
    """An event of a webhook or of the log.  Raises `Unreadable`."""
    word = reading.text(data, "event")
    if not word:
        raise Unreadable("it names no event")
    at = reading.moment(data.get("timestamp"))
    headers = reading.part(data, "message", "headers")
    kind, listed, why = _failure(data) if word == "failed" else (_KINDS.get(word, EventKind.UNKNOWN), None, "")
    if word == "rejected":
        why = reading.text(reading.part(data, "reject"), "reason")
    return reading.event(
        # Its id is unique within a day.
        f"{at:%Y-%m-%d}.{reading.text(data, 'id')}" if at and data.get("id") else "",
        kind,
        ours=reading.part(data, "user-variables"),
        raw=data,
        at=at,
        recipient=reading.text(data, "recipient"),
        message_id=reading.text(headers, "message-id"),
        why=why,
        listed=listed,
    )


def _failure(data: reading.Document) -> tuple[EventKind, SuppressionReason | None, str]:
    status, cause = reading.part(data, "delivery-status"), reading.text(data, "reason")
    said = reading.reason(
        reading.text(status, "code"),
        reading.text(status, "enhanced-code"),
        reading.text(status, "message", "description"),
    )
    if listed := _LISTED.get(cause):
        return EventKind.REJECTED, listed, f"Mailgun's own list: {cause}"
    if data.get("severity") == "temporary":
        return EventKind.DEFERRED, None, said
    # It tried until the message was too old.
    return (EventKind.SOFT_BOUNCE if cause == "old" else bounce_kind(said)), None, said
