"""Postmark's webhooks, which aren't signed: they come with a secret.  https://postmarkapp.com/developer/webhooks"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from pipeline.deliver.event import Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import shared_secret
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "Delivery": EventKind.DELIVERED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
    "SpamComplaint": EventKind.COMPLAINED,
}
_BOUNCES: Mapping[str, EventKind] = {
    "HardBounce": EventKind.HARD_BOUNCE,
    "BadEmailAddress": EventKind.HARD_BOUNCE,
    "SoftBounce": EventKind.SOFT_BOUNCE,
    "DnsError": EventKind.SOFT_BOUNCE,
    "Blocked": EventKind.SOFT_BOUNCE,
    "SpamNotification": EventKind.SOFT_BOUNCE,
    "VirusNotification": EventKind.SOFT_BOUNCE,
    "DMARCPolicy": EventKind.SOFT_BOUNCE,
    "Transient": EventKind.DEFERRED,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
    "SpamComplaint": EventKind.COMPLAINED,
    "SMTPApiError": EventKind.REJECTED,
    "TemplateRenderingFailed": EventKind.REJECTED,
    "ManuallyDeactivated": EventKind.REJECTED,
}
_LISTED: Mapping[str, SuppressionReason] = {
    "HardBounce": SuppressionReason.HARD_BOUNCE,
    "SpamComplaint": SuppressionReason.COMPLAINT,
}
_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def webhook(secret: str) -> CheckedWebhook:
    """Postmark takes 403 as the wish not to be told again."""
    return CheckedWebhook(check=shared_secret(secret), read=_read, enough=HTTPStatus.FORBIDDEN)


def _read(posted: Posted) -> Sequence[Event]:
    data = reading.parse_object(posted.body)
    record = reading.text(data, "RecordType")
    kind, listed = _KINDS.get(record, EventKind.UNKNOWN), None
    if record == "Bounce":
        kind = _BOUNCES.get(reading.text(data, "Type"), EventKind.UNKNOWN)
    elif record == "SubscriptionChange" and data.get("SuppressSending") is True:
        listed = _LISTED.get(reading.text(data, "SuppressionReason"))
        if listed is None:
            by_recipient = reading.text(data, "Origin") == "Recipient"
            kind, listed = (EventKind.UNSUBSCRIBED, None) if by_recipient else (kind, SuppressionReason.MANUAL)
    at = next((when for name in _TIMES if (when := reading.moment(data.get(name)))), None)
    recipient, message = reading.text(data, "Recipient", "Email"), reading.text(data, "MessageID")
    return [
        reading.event(
            reading.made_id(record, reading.text(data, "ID"), message, recipient, at, data.get("SuppressSending")),
            kind,
            ours={**reading.part(data, "Metadata"), "batch": data.get("Tag")},
            raw={name: value for name, value in data.items() if name != "Content"},
            at=at,
            recipient=recipient,
            why=reading.reason(reading.text(data, "Description"), reading.text(data, "Details")),
            listed=listed,
        )
    ]
