"""Who may post to a webhook: published examples pass; what was tampered with, stale or repeated does not."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from pipeline.deliver.event import NotGenuine, Posted, Unreadable, Webhook
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
    ses,
    smtp2go,
    sparkpost,
)
from pipeline.domain.event import EventKind
from pipeline.errors import SourceUnavailable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def refused(webhook: Webhook, posted: Posted, now: datetime) -> bool:
    try:
        webhook.receive(posted, now)
    except NotGenuine:
        return True
    return False


# Mailgun: the example of its own PHP library's tests.

MAILGUN_KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
MAILGUN_SIGNATURE = {
    "timestamp": "1403645220",
    "token": "5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6",
    "signature": "9cfc5c41582e51246e73c88d34db3af0a3a2692a76fbab81492842f000256d33",
}
MAILGUN_NOW = at(1403645220)


def mailgun_post(signature: Mapping[str, str], event: str = "delivered") -> Posted:
    data = {"event": event, "id": "x", "timestamp": 1403645219.5, "recipient": "a@example.org"}
    body = json.dumps({"signature": signature, "event-data": data}).encode()
    return Posted(headers={"content-type": "application/json"}, body=body)


def test_mailguns_own_example_passes() -> None:
    received = mailgun.webhook(MAILGUN_KEY).receive(mailgun_post(MAILGUN_SIGNATURE), MAILGUN_NOW)
    assert [event.kind for event in received.events] == [EventKind.DELIVERED]
    assert received.once is not None
    assert received.once.key == MAILGUN_SIGNATURE["token"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "owyldpe6nxhmrn78epljl6bj0orrki1u3d2v5e6cnlmmuox8jr"},
        {"timestamp": "1403645221"},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "ä" * 64},
        {"token": ""},
        {"timestamp": "-1"},
        {"timestamp": "9" * 400},
    ],
)
def test_what_was_tampered_with_is_not_mailguns(wrong: Mapping[str, str]) -> None:
    assert refused(mailgun.webhook(MAILGUN_KEY), mailgun_post({**MAILGUN_SIGNATURE, **wrong}), MAILGUN_NOW)


def test_a_signature_that_is_none_is_not_mailguns() -> None:
    for body in (b"", b"[]", b'{"signature": 7}', b"{" * 100_000, b"\xff"):
        assert refused(mailgun.webhook(MAILGUN_KEY), Posted(headers={}, body=body), MAILGUN_NOW)


def test_a_stale_request_or_one_of_the_future_is_not_mailguns() -> None:
    webhook, posted = mailgun.webhook(MAILGUN_KEY), mailgun_post(MAILGUN_SIGNATURE)
    assert refused(webhook, posted, MAILGUN_NOW + timedelta(hours=12, seconds=1))
    assert refused(webhook, posted, MAILGUN_NOW - timedelta(minutes=5, seconds=1))
    assert not refused(webhook, posted, MAILGUN_NOW + timedelta(hours=8))


def test_the_token_stands_for_what_came_with_it() -> None:
    webhook = mailgun.webhook(MAILGUN_KEY)
    one = webhook.receive(mailgun_post(MAILGUN_SIGNATURE), MAILGUN_NOW).once
    other = webhook.receive(mailgun_post(MAILGUN_SIGNATURE, "complained"), MAILGUN_NOW).once
    assert one is not None
    assert other is not None
    assert one.key == other.key
    assert one.digest != other.digest


# SendGrid: the example of its own Python library's tests.

SENDGRID_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6w"
    "EA3F+g=="
)
SENDGRID_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
SENDGRID = Posted(
    headers={
        "x-twilio-email-event-webhook-signature": "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEA"
        "yBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
        "x-twilio-email-event-webhook-timestamp": "1600112502",
    },
    body=SENDGRID_BODY,
)


def test_sendgrids_own_example_passes() -> None:
    (event,) = sendgrid.webhook(SENDGRID_KEY).receive(SENDGRID, at(1600112502)).events
    assert event.kind is EventKind.REJECTED
    assert event.listed == "hard_bounce"
    assert event.recipient == "hello@world.com"


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SENDGRID, body=SENDGRID_BODY.replace(b"hello", b"jello")),
        replace(SENDGRID, body=SENDGRID_BODY[:-2]),
        replace(SENDGRID, headers={**SENDGRID.headers, "x-twilio-email-event-webhook-timestamp": "1600112503"}),
        replace(SENDGRID, headers={**SENDGRID.headers, "x-twilio-email-event-webhook-timestamp": "timestamp"}),
        replace(SENDGRID, headers={**SENDGRID.headers, "x-twilio-email-event-webhook-signature": "AAAA"}),
        replace(SENDGRID, headers={**SENDGRID.headers, "x-twilio-email-event-webhook-signature": "no base64!"}),
        replace(SENDGRID, headers={}),
    ],
)
def test_what_was_tampered_with_is_not_sendgrids(wrong: Posted) -> None:
    assert refused(sendgrid.webhook(SENDGRID_KEY), wrong, at(1600112502))


def test_a_stale_request_is_not_sendgrids() -> None:
    assert refused(sendgrid.webhook(SENDGRID_KEY), SENDGRID, at(1600112502) + timedelta(hours=25, seconds=1))


def test_another_key_is_not_sendgrids() -> None:
    other = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1N"
        "Ge1OPzpA=="
    )
    assert refused(sendgrid.webhook(other), SENDGRID, at(1600112502))


# Resend, which has its webhooks signed by Svix: the example of Svix's own tests.

SVIX_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SVIX = Posted(
    headers={
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body=b'{"test": 2432232314}',
)
SVIX_NOW = at(1614265330)
ANOTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def svix_headers(**changed: str) -> Posted:
    return replace(SVIX, headers={**SVIX.headers, **{name.replace("_", "-"): value for name, value in changed.items()}})


def test_svixs_own_example_passes() -> None:
    (event,) = resend.webhook(SVIX_SECRET).receive(SVIX, SVIX_NOW).events
    assert event.kind is EventKind.UNKNOWN
    assert event.id == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert json.loads(event.raw) == {"test": 2432232314}


def test_a_secret_may_stand_without_its_prefix_and_headers_may_have_their_standard_names() -> None:
    webhook = resend.webhook(SVIX_SECRET.removeprefix("whsec_"))
    assert webhook.receive(SVIX, SVIX_NOW).events
    standard = {name.replace("svix", "webhook"): value for name, value in SVIX.headers.items()}
    assert webhook.receive(replace(SVIX, headers=standard), SVIX_NOW).events


def test_of_several_signatures_one_is_enough() -> None:
    several = " ".join([ANOTHER, ANOTHER.replace("v1", "v2"), SVIX.headers["svix-signature"], ANOTHER])
    assert resend.webhook(SVIX_SECRET).receive(svix_headers(svix_signature=several), SVIX_NOW).events


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SVIX, body=b'{"test": 2432232315}'),
        svix_headers(svix_signature=ANOTHER),
        svix_headers(svix_signature=SVIX.headers["svix-signature"].replace("v1", "v2")),
        svix_headers(svix_id="msg_another"),
        svix_headers(svix_timestamp="hello"),
        svix_headers(svix_timestamp="1614265331"),
        svix_headers(svix_signature=""),
        replace(SVIX, headers={}),
    ],
)
def test_what_was_tampered_with_is_not_svixs(wrong: Posted) -> None:
    assert refused(resend.webhook(SVIX_SECRET), wrong, SVIX_NOW)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_svixs_window_is_five_minutes(minutes: int) -> None:
    webhook = resend.webhook(SVIX_SECRET)
    assert not refused(webhook, SVIX, SVIX_NOW + timedelta(minutes=minutes))
    assert refused(webhook, SVIX, SVIX_NOW + timedelta(minutes=minutes, seconds=1 if minutes > 0 else -1))


# Amazon SES: no notification with a true signature is published, so we sign as SNS's documents say.

TOPIC = "arn:aws:sns:us-east-1:123456789012:Rundbrief"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem"
SNS_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SNS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "username@example.com", "status": "5.1.1", "action": "failed"}],
        "timestamp": "2026-11-24T11:59:00.000Z",
    },
    "mail": {"destination": ["username@example.com"], "messageId": "00000138111222aa"},
}
MESSAGES: Mapping[str, Mapping[str, str]] = {
    "bounce": {
        "Type": "Notification",
        "MessageId": "f34c6922-c3a1-54a1-bd88-23f998b43978",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps(BOUNCE),
        "Timestamp": "2026-11-24T11:59:45.484Z",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    },
    "subscription": {
        "Type": "SubscriptionConfirmation",
        "MessageId": "334fa09c-cfa2-465c-82aa-733848bece90",
        "Token": "2336412f37fb687f",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336",
        "Timestamp": "2026-11-24T11:59:00.871Z",
    },
}
SIGNED_KEYS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def certificate_of(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


CERTIFICATE = certificate_of(SNS_KEY)


def signed_by(key: rsa.RSAPrivateKey, message: Mapping[str, str], version: str = "1") -> dict[str, str]:
    text = "".join(f"{name}\n{message[name]}\n" for name in SIGNED_KEYS if name in message)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()
    return {**message, "SignatureVersion": version, "Signature": signature, "SigningCertURL": CERTIFICATE_URL}


class Sns:
    """What is fetched of SNS: the certificate, and the address that confirms a subscription."""

    def __init__(self, certificate: bytes = CERTIFICATE) -> None:
        self.certificate = certificate
        self.fetched: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.certificate if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"


def sns_post(name: str, version: str = "1", key: rsa.RSAPrivateKey = SNS_KEY, **changed: str | None) -> Posted:
    message: dict[str, str | None] = {**signed_by(key, MESSAGES[name], version), **changed}
    body = json.dumps({name: value for name, value in message.items() if value is not None}).encode()
    return Posted(headers={"content-type": "text/plain; charset=UTF-8"}, body=body)


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_sns_signed_passes(version: str) -> None:
    (event,) = ses.webhook(TOPIC, Sns()).receive(sns_post("bounce", version), SNS_NOW).events
    assert (event.kind, event.recipient) == (EventKind.HARD_BOUNCE, "username@example.com")
    assert event.at == datetime(2026, 11, 24, 11, 59, tzinfo=UTC)


def test_another_key_is_not_that_of_sns() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refused(ses.webhook(TOPIC, Sns()), sns_post("bounce", key=other), SNS_NOW)


def test_a_certificate_is_fetched_once() -> None:
    sns = Sns()
    webhook = ses.webhook(TOPIC, sns)
    for _ in range(3):
        webhook.receive(sns_post("bounce"), SNS_NOW)
    assert sns.fetched == [CERTIFICATE_URL]


def test_the_subscription_of_our_own_topic_is_confirmed() -> None:
    sns = Sns()
    received = ses.webhook(TOPIC, sns).receive(sns_post("subscription"), SNS_NOW)
    assert list(received.events) == []
    assert [url.partition("&")[0] for url in sns.fetched[1:]] == [
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
    ]


@pytest.mark.parametrize("name", ["bounce", "subscription"])
@pytest.mark.parametrize(
    "changed",
    [
        {"Message": "{}"},
        {"Timestamp": "2026-11-24T11:59:45.485Z"},
        {"MessageId": "another"},
        {"Subject": "", "Type": "Notification", "Message": "x"},
        {"Signature": "AAAA"},
        {"Signature": None},
        {"SignatureVersion": "2"},
        {"SignatureVersion": "3"},
        {"TopicArn": "arn:aws:sns:us-east-1:123456789012:Another"},
        {"Type": "Another"},
    ],
)
def test_what_was_tampered_with_is_not_of_sns(name: str, changed: dict[str, str | None]) -> None:
    sns = Sns()
    assert refused(ses.webhook(TOPIC, sns), sns_post(name, **changed), SNS_NOW)
    assert all(url.endswith(".pem") for url in sns.fetched)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://evil.example/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://s3.amazonaws.com/evil/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://sns.us-east-1.amazonaws.com/?x=/SimpleNotificationService-e372f8ca30337fdb084e8ac449342c77.pem",
        "https://[",
        "",
    ],
)
def test_a_certificate_comes_from_sns_in_the_topics_region_only(url: str) -> None:
    sns = Sns()
    assert refused(ses.webhook(TOPIC, sns), sns_post("bounce", SigningCertURL=url), SNS_NOW)
    assert sns.fetched == []


def test_a_certificate_that_has_expired_is_none() -> None:
    later = datetime(2027, 2, 1, tzinfo=UTC)
    message = signed_by(SNS_KEY, {**MESSAGES["bounce"], "Timestamp": "2027-02-01T00:00:00.000Z"})
    assert refused(ses.webhook(TOPIC, Sns()), Posted(headers={}, body=json.dumps(message).encode()), later)


def test_a_stale_notification_is_not_taken() -> None:
    assert refused(ses.webhook(TOPIC, Sns()), sns_post("bounce"), SNS_NOW + timedelta(hours=2))


def test_what_is_no_certificate_is_not_kept() -> None:
    sns = Sns(b"<html>")
    webhook = ses.webhook(TOPIC, sns)
    assert refused(webhook, sns_post("bounce"), SNS_NOW)
    sns.certificate = CERTIFICATE
    assert not refused(webhook, sns_post("bounce"), SNS_NOW)


def test_where_sns_can_not_be_reached_it_is_to_be_told_again() -> None:
    def unreachable(_url: str) -> bytes:
        raise SourceUnavailable("is away")

    with pytest.raises(SourceUnavailable):
        ses.webhook(TOPIC, unreachable).receive(sns_post("bounce"), SNS_NOW)


@pytest.mark.parametrize("topic", ["", "arn:aws:sqs:us-east-1:250214102493:x", "arn:aws:sns:evil.example/:1:x"])
def test_what_is_no_topic_makes_no_webhook(topic: str) -> None:
    with pytest.raises(ValueError, match="no ARN"):
        ses.webhook(topic, Sns())


# MailerSend, Mandrill, Postal: nothing signed is published, so we sign by their documents.

BODY = b'{"type": "activity.delivered", "data": {"id": "1", "email": {"recipient": {"email": "a@example.org"}}}}'


def test_mailersends_signature() -> None:
    webhook, signature = mailersend.webhook("s3cret"), hmac.digest(b"s3cret", BODY, "sha256").hex()
    assert webhook.receive(Posted(headers={"signature": signature}, body=BODY), NOW).events
    assert refused(webhook, Posted(headers={"signature": signature}, body=BODY + b" "), NOW)
    assert refused(webhook, Posted(headers={"signature": "0" * 64}, body=BODY), NOW)
    assert refused(webhook, Posted(headers={}, body=BODY), NOW)


def test_mandrills_signature_is_of_the_address_and_the_sorted_fields() -> None:
    # The events as a recorded test of the product "morpheus" signed them.
    webhook = mandrill.webhook("testing", "https://None/webhook/mandrill/")
    events = '[{"ts": 10000000000, "event": "open", "_id": "test-webhook", "foobar": ["hello", "world"]}]'
    signed = f"https://None/webhook/mandrill/mandrill_events{events}"
    signature = base64.b64encode(hmac.digest(b"testing", signed.encode(), "sha1")).decode()
    posted = Posted(headers={"x-mandrill-signature": signature}, body=urlencode({"mandrill_events": events}).encode())
    assert [event.kind for event in webhook.receive(posted, NOW).events] == [EventKind.OPENED]
    assert refused(mandrill.webhook("testing", "https://None/webhook/other/"), posted, NOW)
    assert refused(mandrill.webhook("other", "https://None/webhook/mandrill/"), posted, NOW)
    assert refused(webhook, replace(posted, body=posted.body + b"&x=1"), NOW)
    assert refused(webhook, replace(posted, body=b"&".join([b"a=1"] * 1000)), NOW)
    assert refused(webhook, replace(posted, headers={}), NOW)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


POSTAL = json.dumps(
    {
        "event": "MessageSent",
        "timestamp": 1477945177.12994,
        "payload": {"message": {"to": "test@example.com", "direction": "outgoing"}},
        "uuid": "0d0b0c5c-6c0d-4cb9-8cf8-0a1b0a9f9c1e",
    }
).encode()


@pytest.mark.parametrize("as_pem", [True, False])
def test_postals_signature(rsa_key: rsa.RSAPrivateKey, as_pem: bool) -> None:  # noqa: FBT001
    public = rsa_key.public_key()
    form = (
        serialization.Encoding.PEM if as_pem else serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    text = public.public_bytes(*form)
    webhook = postal.webhook(text.decode() if as_pem else base64.b64encode(text).decode())
    for name, algorithm in (("x-postal-signature", hashes.SHA1()), ("x-postal-signature-256", hashes.SHA256())):  # noqa: S303
        signature = base64.b64encode(rsa_key.sign(POSTAL, padding.PKCS1v15(), algorithm)).decode()
        posted = Posted(headers={name: signature}, body=POSTAL)
        assert [event.kind for event in webhook.receive(posted, NOW).events] == [EventKind.DELIVERED]
        assert refused(webhook, replace(posted, body=POSTAL + b" "), NOW)
        assert refused(webhook, replace(posted, headers={name: "AAAA"}), NOW)
        assert refused(webhook, replace(posted, headers={}), NOW)
    assert refused(
        webhook, Posted(headers={"x-postal-signature-256": "AAAA", "x-postal-signature": signature}, body=POSTAL), NOW
    )


# Those who don't sign come with a secret.

SECRET = "correct-horse-battery-staple"


@pytest.mark.parametrize("make", [postmark.webhook, brevo.webhook, mailjet.webhook, smtp2go.webhook, sparkpost.webhook])
@pytest.mark.parametrize(
    ("headers", "token", "passes"),
    [
        ({}, SECRET, True),
        ({"authorization": "Basic " + base64.b64encode(f"rundbrief:{SECRET}".encode()).decode()}, "", True),
        ({"authorization": f"Bearer {SECRET}"}, "", True),
        ({}, "", False),
        ({}, SECRET[:-1], False),
        ({}, SECRET.upper(), False),
        ({"authorization": "Basic " + base64.b64encode(b"rundbrief:").decode()}, "", False),
        ({"authorization": "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode()}, "", False),
        ({"authorization": "Basic !"}, "", False),
        ({"authorization": SECRET}, "", False),
        ({"authorization": "Bearer"}, "", False),
    ],
)
def test_a_secret_in_the_address_or_in_the_login(
    make: Callable[[str], Webhook],
    headers: Mapping[str, str],
    token: str,
    passes: bool,  # noqa: FBT001
) -> None:
    posted = Posted(headers={"content-type": "application/json", **headers}, body=b'{"event": "x"}', token=token)
    assert refused(make(SECRET), posted, NOW) is not passes


def test_the_secret_may_name_the_user_too() -> None:
    webhook = postmark.webhook(f"rundbrief:{SECRET}")
    headers = {"authorization": "Basic " + base64.b64encode(f"rundbrief:{SECRET}".encode()).decode()}
    assert webhook.receive(Posted(headers=headers, body=b"{}"), NOW).events
    wrong = {"authorization": "Basic " + base64.b64encode(f"other:{SECRET}".encode()).decode()}
    assert refused(webhook, Posted(headers=wrong, body=b"{}"), NOW)


@pytest.mark.parametrize("body", [b"", b"x", b"7", b'["x"]', b"[" * 100_000, b"\xff\xfe"])
@pytest.mark.parametrize("make", [postmark.webhook, brevo.webhook, mailjet.webhook, smtp2go.webhook, sparkpost.webhook])
def test_what_is_genuine_and_yet_no_event_is_unreadable(make: Callable[[str], Webhook], body: bytes) -> None:
    with pytest.raises(Unreadable):
        make(SECRET).receive(Posted(headers={"content-type": "application/json"}, body=body, token=SECRET), NOW)


@pytest.mark.parametrize("make", [sendgrid.webhook, postal.webhook, resend.webhook])
@pytest.mark.parametrize("key", ["", "no key", "AAAA!"])
def test_a_key_that_is_none_makes_no_webhook(make: Callable[[str], Webhook], key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (of several libraries)
        make(key)
