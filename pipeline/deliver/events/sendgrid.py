"""SendGrid's event webhook, with its signature.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.deliver.event import NotGenuine, Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import Check, decoded, header, public_key, require_fresh
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

# SendGrid tries for a day, and may do so with the same time.
_WINDOW = timedelta(hours=25)

_KINDS: Mapping[str, EventKind] = {
    "processed": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "dropped": EventKind.REJECTED,
}
_LISTED: Mapping[str, SuppressionReason] = {
    "bounced address": SuppressionReason.HARD_BOUNCE,
    "invalid": SuppressionReason.HARD_BOUNCE,
    "spam reporting address": SuppressionReason.COMPLAINT,
    "unsubscribed address": SuppressionReason.UNSUBSCRIBED,
}
_NOT_THE_ADDRESS = frozenset({"content", "reputation", "technical", "frequency or volume too high"})


def webhook(verification_key: str) -> CheckedWebhook:
    """``verification_key`` is the public key that SendGrid shows.  Raises ValueError for what is none."""
    key = public_key(verification_key)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("it is no key of an elliptic curve")  # noqa: TRY004  (a wrong text)
    return CheckedWebhook(check=_signed(key), read=_read)


def _signed(key: ec.EllipticCurvePublicKey) -> Check:
    def check(posted: Posted, now: datetime) -> None:
        signature = decoded(header(posted, "x-twilio-email-event-webhook-signature"))
        seconds = header(posted, "x-twilio-email-event-webhook-timestamp")
        try:
            key.verify(signature, seconds.encode() + posted.body, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise NotGenuine("another signature") from error
        require_fresh(seconds, now, _WINDOW)

    return check


def _read(posted: Posted) -> Sequence[Event]:
    return [_event(data) for data in reading.parse_objects(posted.body)]


def _event(data: reading.Document) -> Event:
    word, why = reading.text(data, "event"), reading.text(data, "reason", "response")
    kind = _bounce(data) if word == "bounce" else _KINDS.get(word, EventKind.UNKNOWN)
    at, recipient = reading.moment(data.get("timestamp")), reading.text(data, "email")
    return reading.event(
        reading.text(data, "sg_event_id") or reading.made_id(word, at, recipient, reading.text(data, "sg_message_id")),
        kind,
        # Custom arguments stand among its own fields.
        ours=data,
        raw=data,
        at=at,
        recipient=recipient,
        message_id=reading.text(data, "smtp-id"),
        why=reading.reason(reading.text(data, "status"), why),
        listed=_LISTED.get(why.lower()) if word == "dropped" else None,
    )


def _bounce(data: reading.Document) -> EventKind:
    if data.get("type") == "blocked" or reading.text(data, "bounce_classification").lower() in _NOT_THE_ADDRESS:
        return EventKind.SOFT_BOUNCE
    return bounce_kind(f"{reading.text(data, 'status')} {reading.text(data, 'reason')}")
