"""SparkPost's event webhooks, which come with a secret.  https://developers.sparkpost.com/api/webhooks/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.deliver.event import Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import shared_secret
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "injection": EventKind.ACCEPTED,
    "delivery": EventKind.DELIVERED,
    "delay": EventKind.DEFERRED,
    "spam_complaint": EventKind.COMPLAINED,
    "list_unsubscribe": EventKind.UNSUBSCRIBED,
    "link_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "initial_open": EventKind.OPENED,
    "amp_open": EventKind.OPENED,
    "amp_initial_open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "amp_click": EventKind.CLICKED,
    "policy_rejection": EventKind.REJECTED,
    "generation_failure": EventKind.REJECTED,
    "generation_rejection": EventKind.REJECTED,
}
_BOUNCES = frozenset({"bounce", "out_of_band"})
# SparkPost's classes of bounces; of those that aren't here, the server's words tell.
_CLASSES: Mapping[str, EventKind] = {
    "10": EventKind.HARD_BOUNCE,  # no such recipient
    "20": EventKind.SOFT_BOUNCE,
    "21": EventKind.SOFT_BOUNCE,  # DNS
    "22": EventKind.SOFT_BOUNCE,  # full
    "23": EventKind.SOFT_BOUNCE,  # too large
    "24": EventKind.SOFT_BOUNCE,  # too slow
    "25": EventKind.SOFT_BOUNCE,  # its own rules
    "40": EventKind.SOFT_BOUNCE,
    "50": EventKind.SOFT_BOUNCE,  # blocked, as spam or otherwise
    "51": EventKind.SOFT_BOUNCE,
    "52": EventKind.SOFT_BOUNCE,
    "53": EventKind.SOFT_BOUNCE,
    "54": EventKind.SOFT_BOUNCE,
    "60": EventKind.UNKNOWN,  # an automatic reply
    "70": EventKind.SOFT_BOUNCE,
    "80": EventKind.UNKNOWN,  # a request to subscribe
    "90": EventKind.UNSUBSCRIBED,
    "100": EventKind.SOFT_BOUNCE,
}
_ON_ITS_LIST = "was suppressed due to"


def webhook(secret: str) -> CheckedWebhook:
    return CheckedWebhook(check=shared_secret(secret), read=_read)


def _read(posted: Posted) -> Sequence[Event]:
    """A batch of events, each in an envelope that tells its class; the try when a webhook is made has none."""
    return [
        _event(data)
        for envelope in reading.parse_objects(posted.body)
        for data in reading.part(envelope, "msys").values()
        if isinstance(data, dict)
    ]


def _event(data: reading.Document) -> Event:
    word, why = reading.text(data, "type"), reading.text(data, "raw_reason", "reason")
    at, recipient = reading.moment(data.get("timestamp")), reading.text(data, "raw_rcpt_to", "rcpt_to")
    message = reading.text(data, "message_id", "transmission_id")
    kind = _bounce(data, why) if word in _BOUNCES else _KINDS.get(word, EventKind.UNKNOWN)
    return reading.event(
        reading.text(data, "event_id") or reading.made_id(word, at, recipient, message),
        kind,
        ours=reading.part(data, "rcpt_meta"),
        raw=data,
        at=at,
        recipient=recipient,
        why=why,
        # It doesn't say for what the address came onto the list.
        listed=SuppressionReason.MANUAL if kind is EventKind.REJECTED and _ON_ITS_LIST in why else None,
    )


def _bounce(data: reading.Document, why: str) -> EventKind:
    found = _CLASSES.get(reading.text(data, "bounce_class"))
    return found or bounce_kind(why, unclear=EventKind.SOFT_BOUNCE)
