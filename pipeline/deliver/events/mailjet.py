"""Mailjet's event callbacks, which come with a secret.  https://dev.mailjet.com/email/guides/webhooks/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.deliver.event import Posted, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import shared_secret
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "sent": EventKind.DELIVERED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "blocked": EventKind.REJECTED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
}


def webhook(secret: str) -> CheckedWebhook:
    return CheckedWebhook(check=shared_secret(secret), read=_read)


def _read(posted: Posted) -> Sequence[Event]:
    """A single event, or an array where they are grouped."""
    return [_event(data) for data in reading.parse_objects(posted.body)]


def _event(data: reading.Document) -> Event:
    word, error = reading.text(data, "event"), reading.text(data, "error")
    kind = _KINDS.get(word, EventKind.UNKNOWN)
    if word == "bounce":
        hard = data.get("hard_bounce") in (True, "true", 1)
        kind = EventKind.HARD_BOUNCE if hard else EventKind.SOFT_BOUNCE
        if error == "greylisted" and not hard:
            kind = EventKind.DEFERRED
    at, recipient = reading.moment(data.get("time")), reading.text(data, "email")
    message = reading.text(data, "MessageID", "Message_GUID")
    return reading.event(
        reading.made_id(word, at, recipient, message, reading.text(data, "url")),
        kind,
        ours=_ours(data),
        raw=data,
        at=at,
        recipient=recipient,
        message_id=reading.text(data, "CustomID"),
        why=reading.reason(error, reading.text(data, "comment", "smtp_reply")),
        listed=SuppressionReason.COMPLAINT if word == "blocked" and error == "spam reporter" else None,
    )


def _ours(data: reading.Document) -> reading.Document:
    """What stands in ``EventPayload``, as JSON; else the campaign, which is the batch."""
    try:
        return reading.parse_object(reading.text(data, "Payload"))
    except Unreadable:
        return {"batch": data.get("customcampaign")}
