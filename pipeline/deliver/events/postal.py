"""Postal's webhooks, signed with RSA.  https://docs.postalserver.io/developer/webhooks"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pipeline.deliver.event import NotGenuine, Posted
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.posting import CheckedWebhook
from pipeline.deliver.events.signatures import Check, decoded, header, public_key
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "MessageSent": EventKind.DELIVERED,
    "MessageDelayed": EventKind.DEFERRED,
    # A mail of a server far away that can't be read here: whose fault it was is not known.
    "MessageBounced": EventKind.SOFT_BOUNCE,
    "MessageHeld": EventKind.REJECTED,
    "MessageLoaded": EventKind.OPENED,
    "MessageLinkClicked": EventKind.CLICKED,
}


def webhook(key: str) -> CheckedWebhook:
    """``key`` is the installation's public key: PEM, or the base64 of its DKIM record.  Raises ValueError."""
    found = public_key(key)
    if not isinstance(found, rsa.RSAPublicKey):
        raise ValueError("it is no RSA key")  # noqa: TRY004  (a wrong text is a wrong value)
    return CheckedWebhook(check=_signed(found), read=_read)


def _signed(key: rsa.RSAPublicKey) -> Check:
    def check(posted: Posted, _now: datetime) -> None:
        # Newer versions sign with SHA-256 too.
        newer = "x-postal-signature-256" in posted.headers
        signature = decoded(header(posted, "x-postal-signature-256" if newer else "x-postal-signature"))
        algorithm = hashes.SHA256() if newer else hashes.SHA1()  # noqa: S303  (that is what Postal signs with)
        try:
            key.verify(signature, posted.body, padding.PKCS1v15(), algorithm)
        except InvalidSignature as error:
            raise NotGenuine("another signature") from error

    return check


def _read(posted: Posted) -> Sequence[Event]:
    document = reading.parse_object(posted.body)
    word, payload = reading.text(document, "event"), reading.part(document, "payload")
    message = reading.part(payload, "message") or reading.part(payload, "original_message")
    if message.get("direction") == "incoming":
        return []
    said = reading.reason(reading.text(payload, "details"), reading.text(payload, "output"))
    kind = bounce_kind(said) if word == "MessageDeliveryFailed" else _KINDS.get(word, EventKind.UNKNOWN)
    at, recipient = reading.moment(document.get("timestamp")), reading.text(message, "to")
    return [
        reading.event(
            reading.text(document, "uuid") or reading.made_id(word, at, recipient, reading.text(message, "id")),
            kind,
            ours={"batch": message.get("tag")},
            raw=document,
            at=at,
            recipient=recipient,
            message_id=reading.text(message, "message_id"),
            why=said,
            listed=SuppressionReason.HARD_BOUNCE if word == "MessageHeld" and "suppression list" in said else None,
        )
    ]
