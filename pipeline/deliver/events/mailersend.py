"""MailerSend's webhooks.  https://developers.mailersend.com/api/v1/webhooks.html"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.deliver.event import NotGenuine, Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import Check, header, same
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "activity.sent": EventKind.ACCEPTED,
    "activity.delivered": EventKind.DELIVERED,
    "activity.deferred": EventKind.DEFERRED,
    "activity.hard_bounced": EventKind.HARD_BOUNCE,
    "activity.soft_bounced": EventKind.SOFT_BOUNCE,
    "activity.spam_complaint": EventKind.COMPLAINED,
    "activity.unsubscribed": EventKind.UNSUBSCRIBED,
    "activity.opened": EventKind.OPENED,
    "activity.opened_unique": EventKind.OPENED,
    "activity.clicked": EventKind.CLICKED,
    "activity.clicked_unique": EventKind.CLICKED,
}


def webhook(secret: str) -> CheckedWebhook:
    """``secret`` is the webhook's signing secret.  No time is signed: that an event is told again changes nothing."""
    return CheckedWebhook(check=_signed(secret.encode()), read=_read)


def _signed(key: bytes) -> Check:
    def check(posted: Posted, _now: datetime) -> None:
        if not same(hmac.digest(key, posted.body, "sha256").hex(), header(posted, "signature").lower()):
            raise NotGenuine("another signature")

    return check


def _read(posted: Posted) -> Sequence[Event]:
    document = reading.parse_object(posted.body)
    data, word = reading.part(document, "data"), reading.text(document, "type")
    email, morph = reading.part(data, "email"), reading.part(data, "morph")
    tags = email.get("tags")
    batch = next((tag for tag in tags if reading.our_uid(tag)), None) if isinstance(tags, list) else None
    recipient = reading.text(reading.part(email, "recipient"), "email")
    at = reading.moment(data.get("created_at") or document.get("created_at"))
    return [
        reading.event(
            reading.text(data, "id") or reading.made_id(word, at, recipient),
            _KINDS.get(word, EventKind.UNKNOWN),
            ours={"batch": batch},
            raw=document,
            at=at,
            recipient=recipient,
            why=reading.text(morph, "readable_reason", "reason"),
        )
    ]
