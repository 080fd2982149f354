"""Mandrill's webhooks: a form, signed with the address it is posted to.

https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from pipeline.deliver.event import NotGenuine, Posted, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import Check, header, same
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_FORM = frozenset({"application/x-www-form-urlencoded"})
_MOST_FIELDS = 20
_KINDS: Mapping[str, EventKind] = {
    "send": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferral": EventKind.DEFERRED,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "reject": EventKind.REJECTED,
}
_LISTED: Mapping[str, SuppressionReason] = {
    "hard-bounce": SuppressionReason.HARD_BOUNCE,
    "spam": SuppressionReason.COMPLAINT,
    "unsub": SuppressionReason.UNSUBSCRIBED,
    "custom": SuppressionReason.MANUAL,
}


def webhook(key: str, url: str) -> CheckedWebhook:
    """``key`` is the webhook's, ``url`` the public address that Mandrill was given, to the letter."""
    return CheckedWebhook(check=_signed(key.encode(), url), read=_read, content_types=_FORM)


def _signed(key: bytes, url: str) -> Check:
    def check(posted: Posted, _now: datetime) -> None:
        try:
            signed = url + "".join(name + value for name, value in sorted(_fields(posted).items()))
        except Unreadable as error:
            raise NotGenuine("no form") from error
        made = base64.b64encode(hmac.digest(key, signed.encode("utf-8", "replace"), "sha1")).decode()
        if not same(made, header(posted, "x-mandrill-signature")):
            raise NotGenuine("another signature")

    return check


def _fields(posted: Posted) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(posted.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Unreadable("it is no form") from error


def _read(posted: Posted) -> Sequence[Event]:
    return [_event(data) for data in reading.parse_objects(_fields(posted).get("mandrill_events", ""))]


def _event(data: reading.Document) -> Event:
    word, message = reading.text(data, "event", "type"), reading.part(data, "msg")
    reject = reading.part(data, "reject") or reading.part(message, "reject")
    said = reading.reason(reading.text(message, "bounce_description"), reading.text(message, "diag"))
    kind = bounce_kind(said) if word == "hard_bounce" else _KINDS.get(word, EventKind.UNKNOWN)
    at, recipient = reading.moment(data.get("ts")), reading.text(message, "email") or reading.text(reject, "email")
    listed = _LISTED.get(reading.text(reject, "reason"))
    if word == "blacklist" and data.get("action") == "remove":
        listed = None
    return reading.event(
        reading.made_id(word, at, recipient, reading.text(data, "_id"), reading.text(data, "url")),
        kind,
        ours=reading.part(message, "metadata"),
        raw=data,
        at=at,
        recipient=recipient,
        why=said or reading.text(reject, "detail", "reason"),
        listed=listed if word in ("reject", "blacklist") else None,
    )
