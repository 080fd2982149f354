"""Resend's webhooks.  https://resend.com/docs/webhooks/event-types"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.deliver.event import Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.svix import event_id, svix
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "email.sent": EventKind.ACCEPTED,
    "email.delivered": EventKind.DELIVERED,
    "email.delivery_delayed": EventKind.DEFERRED,
    "email.complained": EventKind.COMPLAINED,
    "email.opened": EventKind.OPENED,
    "email.clicked": EventKind.CLICKED,
    "email.failed": EventKind.REJECTED,
    "email.suppressed": EventKind.REJECTED,
}


def webhook(secret: str) -> CheckedWebhook:
    """``secret`` is the webhook's signing secret.  Raises ValueError for what is none."""
    return CheckedWebhook(check=svix(secret), read=_read)


def _read(posted: Posted) -> Sequence[Event]:
    document = reading.parse_object(posted.body)
    word, data = reading.text(document, "type"), reading.part(document, "data")
    bounce, kind = reading.part(data, "bounce"), _KINDS.get(word, EventKind.UNKNOWN)
    listed = SuppressionReason.HARD_BOUNCE if word == "email.suppressed" else None
    if word == "email.bounced":
        permanent = reading.text(bounce, "type").lower() == "permanent"
        if reading.text(bounce, "subType").lower() in ("suppressed", "onaccountsuppressionlist"):
            kind, listed = EventKind.REJECTED, SuppressionReason.HARD_BOUNCE
        else:
            kind = EventKind.HARD_BOUNCE if permanent else EventKind.SOFT_BOUNCE
    to = data.get("to")
    return [
        reading.event(
            event_id(posted),
            kind,
            ours=_tags(data.get("tags")),
            raw=document,
            at=reading.moment(document.get("created_at")),
            recipient=str(to[0]) if isinstance(to, list) and to else reading.text(data, "to"),
            message_id=reading.text(data, "message_id"),
            why=reading.reason(
                reading.text(bounce, "subType"),
                reading.text(bounce, "message"),
                reading.text(reading.part(data, "failed"), "reason"),
            ),
            listed=listed,
        )
    ]


def _tags(tags: object) -> reading.Document:
    """They are an object by name, or an array of names and values as in the call."""
    if isinstance(tags, list):
        return {str(tag.get("name")): tag.get("value") for tag in tags if isinstance(tag, dict)}
    return tags if isinstance(tags, dict) else {}
