"""SMTP2GO's webhooks, which come with a secret.  https://support.smtp2go.com/hc/en-gb/articles/223087967"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from pipeline.deliver.event import Posted, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import JSON, CheckedWebhook
from pipeline.deliver.events.signatures import shared_secret
from pipeline.domain.event import Event, EventKind

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100
_KINDS: Mapping[str, EventKind] = {
    "processed": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "spam": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "reject": EventKind.REJECTED,
}


def webhook(secret: str) -> CheckedWebhook:
    return CheckedWebhook(check=shared_secret(secret), read=_read, content_types=JSON | {_FORM})


def _read(posted: Posted) -> Sequence[Event]:
    data = _document(posted)
    word = reading.text(data, "event")
    kind = _KINDS.get(word, EventKind.UNKNOWN)
    if word == "bounce":
        kind = EventKind.HARD_BOUNCE if reading.text(data, "bounce") == "hard" else EventKind.SOFT_BOUNCE
    at, recipient = reading.moment(data.get("time")), reading.text(data, "rcpt", "recipient")
    message = reading.text(data, "email_id")
    return [
        reading.event(
            reading.made_id(word, at, recipient, message, reading.text(data, "id"), reading.text(data, "url")),
            kind,
            ours=_ours(data),
            raw=data,
            at=at,
            recipient=recipient,
            message_id=reading.text(data, "Message-Id", "Message-ID", "message-id"),
            why=reading.text(data, "message", "context"),
        )
    ]


def _ours(data: reading.Document) -> reading.Document:
    """Headers that the webhook was told to give back stand among its own fields."""
    batch, _, subscriber = reading.text(data, "X-Rundbrief", "x-rundbrief").partition(".")
    return {"batch": batch, "subscriber": subscriber} if subscriber else {}


def _document(posted: Posted) -> reading.Document:
    if posted.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return reading.parse_object(posted.body)
    try:
        return dict(parse_qsl(posted.body.decode(), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Unreadable("it is no form") from error
