"""Requests as providers post them to a webhook, signed with keys of our own."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pipeline.deliver.event import Posted, Webhook
from pipeline.deliver.events import (
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    smtp2go,
    sparkpost,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SECRET = "correct-horse-battery-staple"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*form).decode()


def with_secret(body: object) -> Posted:
    return Posted(headers={"content-type": "application/json"}, body=json.dumps(body).encode(), token=SECRET)


def by_mailgun(data: object) -> Posted:
    token = uuid.uuid4().hex
    signature = hmac.digest(SECRET.encode(), f"{SECONDS}{token}".encode(), "sha256").hex()
    block = {"timestamp": str(SECONDS), "token": token, "signature": signature}
    return Posted(headers={}, body=json.dumps({"signature": block, "event-data": data}).encode())


def by_sendgrid(body: object) -> Posted:
    raw = json.dumps(body).encode()
    signature = EC_KEY.sign(str(SECONDS).encode() + raw, ec.ECDSA(hashes.SHA256()))
    names = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
    return Posted(headers=dict(zip(names, (base64.b64encode(signature).decode(), str(SECONDS)), strict=True)), body=raw)


def by_resend(body: object) -> Posted:
    raw = json.dumps(body).encode()
    mac = hmac.digest(SECRET.encode(), f"msg_1.{SECONDS}.".encode() + raw, "sha256")
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return Posted(headers={"svix-id": "msg_1", "svix-timestamp": str(SECONDS), "svix-signature": signature}, body=raw)


def by_mailersend(body: object) -> Posted:
    raw = json.dumps(body).encode()
    return Posted(headers={"signature": hmac.digest(SECRET.encode(), raw, "sha256").hex()}, body=raw)


def by_mandrill(events: object) -> Posted:
    text = json.dumps(events)
    mac = hmac.digest(SECRET.encode(), f"https://n.example/webhooks/mandrillmandrill_events{text}".encode(), "sha1")
    headers = {"x-mandrill-signature": base64.b64encode(mac).decode()}
    return Posted(headers=headers, body=urlencode({"mandrill_events": text}).encode())


def by_postal(body: object) -> Posted:
    raw = json.dumps(body).encode()
    signature = RSA_KEY.sign(raw, padding.PKCS1v15(), hashes.SHA256())
    return Posted(headers={"x-postal-signature-256": base64.b64encode(signature).decode()}, body=raw)


WAYS: Mapping[str, tuple[Webhook, Callable[[object], Posted]]] = {
    "mailgun": (mailgun.webhook(SECRET), by_mailgun),
    "sendgrid": (sendgrid.webhook(public(EC_KEY)), by_sendgrid),
    "postmark": (postmark.webhook(SECRET), with_secret),
    "brevo": (brevo.webhook(SECRET), with_secret),
    "mailjet": (mailjet.webhook(SECRET), with_secret),
    "smtp2go": (smtp2go.webhook(SECRET), with_secret),
    "sparkpost": (sparkpost.webhook(SECRET), with_secret),
    "resend": (resend.webhook(base64.b64encode(SECRET.encode()).decode()), by_resend),
    "mailersend": (mailersend.webhook(SECRET), by_mailersend),
    "mandrill": (mandrill.webhook(SECRET, "https://n.example/webhooks/mandrill"), by_mandrill),
    "postal": (postal.webhook(public(RSA_KEY)), by_postal),
}


def bounce(provider: str, issue: uuid.UUID, batch: uuid.UUID, subscriber: int, address: str) -> object:
    """What a provider tells of a mailbox that isn't there."""
    ours = {"batch": str(batch), "issue": str(issue), "subscriber": str(subscriber)}
    message_id, why = f"{issue}.{subscriber}@news.example.org", "550 5.1.1 unknown"
    bodies: dict[str, object] = {
        "mailgun": {
            "event": "failed",
            "id": "m1",
            "timestamp": SECONDS,
            "recipient": address,
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": why},
            "user-variables": ours,
        },
        "sendgrid": [
            {"event": "bounce", "type": "bounce", "reason": why, "email": address, "timestamp": SECONDS, **ours}
        ],
        "postmark": {
            "RecordType": "Bounce",
            "ID": 42,
            "Type": "HardBounce",
            "Email": address,
            "Metadata": ours,
            "BouncedAt": NOW.isoformat(),
        },
        "brevo": {
            "event": "hard_bounce",
            "email": address,
            "message-id": f"<{message_id}>",
            "ts_epoch": SECONDS * 1000,
            "tags": [str(batch)],
        },
        "mailjet": {
            "event": "bounce",
            "hard_bounce": True,
            "error": "user unknown",
            "email": address,
            "time": SECONDS,
            "MessageID": 1,
            "Payload": json.dumps({"batch": str(batch), "subscriber": str(subscriber)}),
        },
        "resend": {
            "type": "email.bounced",
            "created_at": NOW.isoformat(),
            "data": {
                "to": [address],
                "tags": {"batch": str(batch)},
                "bounce": {"type": "Permanent", "subType": "General", "message": why},
            },
        },
        "mailersend": {
            "type": "activity.hard_bounced",
            "data": {
                "id": "a1",
                "created_at": NOW.isoformat(),
                "email": {"recipient": {"email": address}, "tags": [str(batch), str(issue)]},
            },
        },
        "mandrill": [
            {
                "event": "hard_bounce",
                "_id": "x",
                "ts": SECONDS,
                "msg": {"email": address, "metadata": ours, "diag": why},
            }
        ],
        "smtp2go": {
            "event": "bounce",
            "bounce": "hard",
            "rcpt": address,
            "time": NOW.isoformat(),
            "Message-Id": f"<{message_id}>",
            "X-Rundbrief": f"{batch}.{subscriber}",
        },
        "postal": {
            "event": "MessageDeliveryFailed",
            "timestamp": float(SECONDS),
            "uuid": "u1",
            "payload": {
                "status": "HardFail",
                "output": why,
                "message": {"message_id": message_id, "to": address, "tag": str(batch)},
            },
        },
        "sparkpost": [
            {
                "msys": {
                    "message_event": {
                        "type": "bounce",
                        "bounce_class": "10",
                        "event_id": "e1",
                        "timestamp": str(SECONDS),
                        "raw_rcpt_to": address,
                        "rcpt_meta": ours,
                        "raw_reason": why,
                    }
                }
            }
        ],
    }
    return bodies[provider]
