"""What each provider's words mean in ours; the payloads have the form that its documents show."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.deliver.event import Posted, Unreadable
from pipeline.deliver.events import (
    ses,
)
from pipeline.domain.event import Event, EventKind
from tests.fakes.webhook_posts import NOW, SECONDS, SECRET, WAYS, with_secret

BATCH, ISSUE = uuid.UUID(int=1), uuid.UUID(int=2)
OURS = {"batch": str(BATCH), "issue": str(ISSUE), "subscriber": "77"}
MESSAGE_ID = f"<{ISSUE}.77@news.example.org>"


def told(provider: str, body: object) -> Sequence[Event]:
    webhook, post = WAYS[provider]
    return webhook.receive(post(body), NOW).events


def one(provider: str, body: object) -> Event:
    (event,) = told(provider, body)
    return event


def is_ours(event: Event) -> bool:
    return (event.batch in (BATCH, None)) and event.issue in (ISSUE, None) and bool(event.batch or event.issue)


# Mailgun


def mailgun_data(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "id": "CPgfbmQMTCKtHW6uIWtuVe",
        "timestamp": SECONDS - 1 + 0.5,
        "recipient": "alice@example.com",
        "message": {"headers": {"message-id": MESSAGE_ID.strip("<>")}},
        "user-variables": OURS,
        "tags": [str(BATCH)],
        **more,
    }


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (mailgun_data("accepted"), EventKind.ACCEPTED),
        (mailgun_data("delivered"), EventKind.DELIVERED),
        (mailgun_data("opened"), EventKind.OPENED),
        (mailgun_data("clicked"), EventKind.CLICKED),
        (mailgun_data("unsubscribed"), EventKind.UNSUBSCRIBED),
        (mailgun_data("complained"), EventKind.COMPLAINED),
        (mailgun_data("rejected", reject={"reason": "Sandbox"}), EventKind.REJECTED),
        (mailgun_data("stored"), EventKind.UNKNOWN),
        (mailgun_data("failed", severity="temporary", reason="generic"), EventKind.DEFERRED),
        (
            mailgun_data(
                "failed",
                severity="permanent",
                reason="bounce",
                **{"delivery-status": {"code": 550, "message": "5.1.1 The email account does not exist"}},
            ),
            EventKind.HARD_BOUNCE,
        ),
        (
            mailgun_data(
                "failed",
                severity="permanent",
                reason="bounce",
                **{"delivery-status": {"code": 550, "message": "5.7.1 Likely unsolicited mail"}},
            ),
            EventKind.SOFT_BOUNCE,
        ),
        (mailgun_data("failed", severity="permanent", reason="old"), EventKind.SOFT_BOUNCE),
        (mailgun_data("failed", severity="permanent", reason="suppress-bounce"), EventKind.REJECTED),
    ],
)
def test_mailgun(data: dict[str, Any], kind: EventKind) -> None:
    event = one("mailgun", data)
    assert (event.kind, event.recipient, event.subscriber) == (kind, "alice@example.com", 77)
    assert (event.batch, event.issue) == (BATCH, ISSUE)
    assert event.at == NOW - timedelta(seconds=0.5)
    assert event.id == "2026-11-24.CPgfbmQMTCKtHW6uIWtuVe"
    assert bool(event.raw) is (kind is EventKind.UNKNOWN)


@pytest.mark.parametrize(
    ("reason", "listed"),
    [("suppress-bounce", "hard_bounce"), ("suppress-complaint", "complaint"), ("suppress-unsubscribe", "unsubscribed")],
)
def test_mailguns_own_list(reason: str, listed: str) -> None:
    assert one("mailgun", mailgun_data("failed", severity="permanent", reason=reason)).listed == listed


def test_a_webhook_of_mailgun_that_names_no_event_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        told("mailgun", {})


# SendGrid


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"event": "processed"}, EventKind.ACCEPTED),
        ({"event": "delivered", "response": "250 OK"}, EventKind.DELIVERED),
        ({"event": "deferred", "response": "400 try again later"}, EventKind.DEFERRED),
        (
            {"event": "bounce", "type": "bounce", "status": "5.0.0", "reason": "500 unknown recipient"},
            EventKind.HARD_BOUNCE,
        ),
        ({"event": "bounce", "type": "bounce", "status": "5.2.2", "reason": "552 quota"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "type": "blocked", "reason": "550 5.7.1 blocked"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "type": "bounce", "bounce_classification": "Reputation"}, EventKind.SOFT_BOUNCE),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, EventKind.REJECTED),
        ({"event": "spamreport"}, EventKind.COMPLAINED),
        ({"event": "unsubscribe"}, EventKind.UNSUBSCRIBED),
        ({"event": "group_unsubscribe", "asm_group_id": 10}, EventKind.UNSUBSCRIBED),
        ({"event": "group_resubscribe", "asm_group_id": 10}, EventKind.UNKNOWN),
        ({"event": "open"}, EventKind.OPENED),
        ({"event": "click", "url": "https://x.example"}, EventKind.CLICKED),
    ],
)
def test_sendgrid(data: dict[str, Any], kind: EventKind) -> None:
    common = {"email": "example@test.com", "timestamp": SECONDS, "sg_event_id": "sg1", "smtp-id": MESSAGE_ID, **OURS}
    event = one("sendgrid", [common | data])
    assert (event.kind, event.recipient, event.subscriber, event.id, event.at) == (
        kind,
        "example@test.com",
        77,
        "sg1",
        NOW,
    )
    assert is_ours(event)
    assert event.listed == ("unsubscribed" if kind is EventKind.REJECTED else None)


def test_a_request_of_sendgrid_has_many_events() -> None:
    events = [
        {"email": f"{n}@x.example", "event": "delivered", "timestamp": SECONDS, "sg_event_id": str(n)}
        for n in range(500)
    ]
    assert len({event.id for event in told("sendgrid", events)}) == 500


# Postmark


TO_JOHN = {"Recipient": "john@example.com"}
BY_JOHN = {"RecordType": "SubscriptionChange", "SuppressSending": True, "Origin": "Recipient", **TO_JOHN}


def postmark_bounce(type_: str, record: str = "Bounce") -> dict[str, Any]:
    return {"RecordType": record, "ID": 42, "Type": type_, "Email": "john@example.com"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"RecordType": "Delivery", "DeliveredAt": "2026-11-24T07:00:00-05:00", **TO_JOHN}, EventKind.DELIVERED),
        (postmark_bounce("HardBounce"), EventKind.HARD_BOUNCE),
        (postmark_bounce("SoftBounce"), EventKind.SOFT_BOUNCE),
        (postmark_bounce("Transient"), EventKind.DEFERRED),
        (postmark_bounce("AutoResponder"), EventKind.UNKNOWN),
        (postmark_bounce("SpamComplaint", "SpamComplaint"), EventKind.COMPLAINED),
        ({"RecordType": "Open", **TO_JOHN}, EventKind.OPENED),
        ({"RecordType": "Click", **TO_JOHN}, EventKind.CLICKED),
        (BY_JOHN | {"SuppressionReason": "ManualSuppression"}, EventKind.UNSUBSCRIBED),
        (BY_JOHN | {"SuppressionReason": "HardBounce"}, EventKind.UNKNOWN),
        (BY_JOHN | {"SuppressSending": False}, EventKind.UNKNOWN),
    ],
)
def test_postmark(data: dict[str, Any], kind: EventKind) -> None:
    common = {"MessageID": "883953f4", "Tag": str(BATCH), "Metadata": {"issue": str(ISSUE), "subscriber": "77"}}
    event = one("postmark", common | data)
    assert (event.kind, event.recipient, event.subscriber) == (kind, "john@example.com", 77)
    assert (event.batch, event.issue) == (BATCH, ISSUE)
    assert one("postmark", common | data).id == event.id


def test_postmarks_times_have_seven_digits() -> None:
    event = one("postmark", {"RecordType": "Delivery", "DeliveredAt": "2026-11-24T07:00:00.1234567-05:00"})
    assert event.at == NOW.replace(microsecond=123456)


def test_postmarks_own_list() -> None:
    change = {"RecordType": "SubscriptionChange", "SuppressSending": True, "Origin": "Customer"}
    assert one("postmark", change | {"SuppressionReason": "HardBounce"}).listed == "hard_bounce"
    assert one("postmark", change | {"SuppressionReason": "SpamComplaint"}).listed == "complaint"
    assert one("postmark", change | {"SuppressionReason": "ManualSuppression"}).listed == "manual"


# Brevo


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("request", EventKind.ACCEPTED),
        ("delivered", EventKind.DELIVERED),
        ("deferred", EventKind.DEFERRED),
        ("hard_bounce", EventKind.HARD_BOUNCE),
        ("invalid_email", EventKind.HARD_BOUNCE),
        ("soft_bounce", EventKind.SOFT_BOUNCE),
        ("spam", EventKind.COMPLAINED),
        ("unsubscribed", EventKind.UNSUBSCRIBED),
        ("unique_opened", EventKind.OPENED),
        ("click", EventKind.CLICKED),
        ("blocked", EventKind.REJECTED),
        ("list_addition", EventKind.UNKNOWN),
    ],
)
def test_brevo(word: str, kind: EventKind) -> None:
    data = {
        "event": word,
        "email": "recipient@example.com",
        "id": 9999999,
        "message-id": MESSAGE_ID,
        "ts_epoch": SECONDS * 1000,
        "tag": json.dumps([str(BATCH), "brief"]),
        "tags": [str(BATCH), "brief"],
    }
    event = one("brevo", data)
    assert (event.kind, event.at, event.batch, event.issue, event.subscriber) == (kind, NOW, BATCH, ISSUE, 77)
    assert one("brevo", data).id == event.id != one("brevo", data | {"ts_epoch": 0}).id


# Mailjet


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"event": "sent"}, EventKind.DELIVERED),
        ({"event": "open"}, EventKind.OPENED),
        ({"event": "click", "url": "https://x.example"}, EventKind.CLICKED),
        ({"event": "bounce", "hard_bounce": True, "error": "user unknown"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "hard_bounce": False, "error": "quota exceeded"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "hard_bounce": False, "error": "greylisted"}, EventKind.DEFERRED),
        ({"event": "blocked", "error": "spam reporter"}, EventKind.REJECTED),
        ({"event": "spam"}, EventKind.COMPLAINED),
        ({"event": "unsub"}, EventKind.UNSUBSCRIBED),
        ({"event": "other"}, EventKind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("grouped", [True, False])
def test_mailjet(data: dict[str, Any], kind: EventKind, grouped: bool) -> None:  # noqa: FBT001
    payload = json.dumps({"batch": str(BATCH), "subscriber": "77"})
    whole = {"time": SECONDS, "MessageID": 19421777835146490, "email": "api@mailjet.com", "Payload": payload, **data}
    event = one("mailjet", [whole] if grouped else whole)
    assert (event.kind, event.at, event.batch, event.subscriber) == (kind, NOW, BATCH, 77)
    assert event.listed == ("complaint" if kind is EventKind.REJECTED else None)


# Resend


@pytest.mark.parametrize(
    ("word", "more", "kind"),
    [
        ("email.sent", {}, EventKind.ACCEPTED),
        ("email.delivered", {}, EventKind.DELIVERED),
        ("email.delivery_delayed", {}, EventKind.DEFERRED),
        ("email.complained", {}, EventKind.COMPLAINED),
        ("email.opened", {}, EventKind.OPENED),
        ("email.clicked", {}, EventKind.CLICKED),
        ("email.failed", {"failed": {"reason": "reached_daily_quota"}}, EventKind.REJECTED),
        (
            "email.bounced",
            {"bounce": {"type": "Permanent", "subType": "General", "message": "no"}},
            EventKind.HARD_BOUNCE,
        ),
        ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}, EventKind.SOFT_BOUNCE),
        ("email.bounced", {"bounce": {"type": "Permanent", "subType": "Suppressed"}}, EventKind.REJECTED),
        ("domain.created", {}, EventKind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("tags", [{"batch": str(BATCH)}, [{"name": "batch", "value": str(BATCH)}]])
def test_resend(word: str, more: dict[str, Any], kind: EventKind, tags: object) -> None:
    data = {"email_id": "56761188", "to": ["delivered@resend.dev"], "tags": tags, **more}
    event = one("resend", {"type": word, "created_at": "2026-11-24T12:00:00.000Z", "data": data})
    assert (event.kind, event.at, event.recipient, event.batch) == (kind, NOW, "delivered@resend.dev", BATCH)
    assert event.id == "msg_1"


# MailerSend, Mandrill, SMTP2GO, Postal


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("activity.sent", EventKind.ACCEPTED),
        ("activity.delivered", EventKind.DELIVERED),
        ("activity.hard_bounced", EventKind.HARD_BOUNCE),
        ("activity.soft_bounced", EventKind.SOFT_BOUNCE),
        ("activity.spam_complaint", EventKind.COMPLAINED),
        ("activity.unsubscribed", EventKind.UNSUBSCRIBED),
        ("activity.opened", EventKind.OPENED),
        ("maintenance.start", EventKind.UNKNOWN),
    ],
)
def test_mailersend(word: str, kind: EventKind) -> None:
    email = {"recipient": {"email": "r@example.com"}, "tags": [str(BATCH), str(ISSUE)]}
    data = {"id": "62f114f8165fe0d8db0288e3", "created_at": "2026-11-24T12:00:00.000000Z", "email": email}
    event = one("mailersend", {"type": word, "data": data})
    assert (event.kind, event.at, event.recipient, event.batch) == (kind, NOW, "r@example.com", BATCH)
    assert event.id == "62f114f8165fe0d8db0288e3"


@pytest.mark.parametrize(
    ("word", "message", "kind"),
    [
        ("send", {}, EventKind.ACCEPTED),
        ("deferral", {}, EventKind.DEFERRED),
        ("hard_bounce", {"bounce_description": "bad_mailbox", "diag": "smtp;550 5.1.1 unknown"}, EventKind.HARD_BOUNCE),
        ("hard_bounce", {"bounce_description": "general", "diag": "smtp;550 5.7.1 policy"}, EventKind.SOFT_BOUNCE),
        ("soft_bounce", {}, EventKind.SOFT_BOUNCE),
        ("spam", {}, EventKind.COMPLAINED),
        ("unsub", {}, EventKind.UNSUBSCRIBED),
        ("open", {}, EventKind.OPENED),
        ("click", {}, EventKind.CLICKED),
        ("reject", {"reject": {"reason": "hard-bounce"}}, EventKind.REJECTED),
        ("inbound", {}, EventKind.UNKNOWN),
    ],
)
def test_mandrill(word: str, message: dict[str, Any], kind: EventKind) -> None:
    data = {"event": word, "_id": "abc", "ts": SECONDS, "msg": {"email": "r@example.com", "metadata": OURS, **message}}
    event = one("mandrill", [data])
    assert (event.kind, event.at, event.recipient, event.subscriber) == (kind, NOW, "r@example.com", 77)
    assert event.listed == ("hard_bounce" if kind is EventKind.REJECTED else None)


def test_mandrills_own_list_changes() -> None:
    change = {
        "type": "blacklist",
        "action": "add",
        "ts": SECONDS,
        "reject": {"email": "r@example.com", "reason": "spam"},
    }
    assert one("mandrill", [change]).listed == "complaint"
    assert one("mandrill", [change | {"action": "remove"}]).listed is None
    assert told("mandrill", []) == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"event": "processed"}, EventKind.ACCEPTED),
        ({"event": "delivered"}, EventKind.DELIVERED),
        ({"event": "bounce", "bounce": "hard"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "bounce": "soft"}, EventKind.SOFT_BOUNCE),
        ({"event": "spam"}, EventKind.COMPLAINED),
        ({"event": "unsubscribe"}, EventKind.UNSUBSCRIBED),
        ({"event": "open"}, EventKind.OPENED),
        ({"event": "reject"}, EventKind.REJECTED),
        ({"event": "resubscribe"}, EventKind.UNKNOWN),
    ],
)
@pytest.mark.parametrize("as_form", [True, False])
def test_smtp2go(data: dict[str, Any], kind: EventKind, as_form: bool) -> None:  # noqa: FBT001
    whole = {
        "rcpt": "r@example.com",
        "email_id": "1u4sPp",
        "time": "2026-11-24T12:00:00",
        "Message-Id": MESSAGE_ID,
        "X-Rundbrief": f"{BATCH}.77",
        **data,
    }
    posted = with_secret(whole)
    if as_form:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        posted = Posted(headers=headers, body=urlencode(whole).encode(), token=SECRET)
    (event,) = WAYS["smtp2go"][0].receive(posted, NOW).events
    assert (event.kind, event.at, event.batch, event.issue, event.subscriber) == (kind, NOW, BATCH, ISSUE, 77)


@pytest.mark.parametrize(
    ("word", "payload", "kind"),
    [
        ("MessageSent", {"status": "Sent"}, EventKind.DELIVERED),
        ("MessageDelayed", {"status": "SoftFail"}, EventKind.DEFERRED),
        ("MessageDeliveryFailed", {"status": "HardFail", "output": "550 5.1.1 unknown"}, EventKind.HARD_BOUNCE),
        ("MessageDeliveryFailed", {"status": "HardFail", "output": "550 5.7.1 spam"}, EventKind.SOFT_BOUNCE),
        ("MessageHeld", {"details": "Recipient (r@example.com) is on the suppression list"}, EventKind.REJECTED),
        ("MessageLoaded", {}, EventKind.OPENED),
        ("MessageLinkClicked", {"url": "https://x.example"}, EventKind.CLICKED),
        ("DomainDNSError", {}, EventKind.UNKNOWN),
    ],
)
def test_postal(word: str, payload: dict[str, Any], kind: EventKind) -> None:
    message = {"id": 12345, "message_id": MESSAGE_ID.strip("<>"), "to": "r@example.com", "tag": str(BATCH)}
    document = {"event": word, "timestamp": float(SECONDS), "payload": {"message": message, **payload}, "uuid": "u1"}
    event = one("postal", document)
    assert (event.kind, event.at, event.batch, event.issue, event.id) == (kind, NOW, BATCH, ISSUE, "u1")
    assert event.listed == ("hard_bounce" if kind is EventKind.REJECTED else None)


def test_what_postal_says_of_mail_that_comes_in_is_not_about_ours() -> None:
    document = {"event": "MessageSent", "payload": {"message": {"direction": "incoming", "to": "x@example.org"}}}
    assert told("postal", document) == []


# SparkPost


def sparkpost_event(type_: str, **more: Any) -> dict[str, Any]:
    data = {
        "type": type_,
        "event_id": "92356927693813856",
        "timestamp": str(SECONDS),
        "rcpt_to": "alice@example.com",
        "raw_rcpt_to": "Alice@example.com",
        "rcpt_meta": OURS,
        "transmission_id": "65832150921904138",
        **more,
    }
    return {"msys": {"message_event": data}}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (sparkpost_event("injection"), EventKind.ACCEPTED),
        (sparkpost_event("delivery"), EventKind.DELIVERED),
        (sparkpost_event("delay", bounce_class="21"), EventKind.DEFERRED),
        (sparkpost_event("bounce", bounce_class="10", raw_reason="550 5.1.1 unknown"), EventKind.HARD_BOUNCE),
        (sparkpost_event("bounce", bounce_class="22", raw_reason="552 5.2.2 full"), EventKind.SOFT_BOUNCE),
        (sparkpost_event("bounce", bounce_class="51", raw_reason="550 5.7.1 spam"), EventKind.SOFT_BOUNCE),
        (sparkpost_event("bounce", bounce_class="1", raw_reason="550 no such user"), EventKind.HARD_BOUNCE),
        (sparkpost_event("bounce", bounce_class="1", raw_reason="what?"), EventKind.SOFT_BOUNCE),
        (sparkpost_event("bounce", bounce_class="90"), EventKind.UNSUBSCRIBED),
        (sparkpost_event("out_of_band", bounce_class="60"), EventKind.UNKNOWN),
        (sparkpost_event("spam_complaint"), EventKind.COMPLAINED),
        (sparkpost_event("list_unsubscribe"), EventKind.UNSUBSCRIBED),
        (sparkpost_event("open"), EventKind.OPENED),
        (sparkpost_event("click"), EventKind.CLICKED),
        (sparkpost_event("generation_failure"), EventKind.REJECTED),
        (sparkpost_event("levitation"), EventKind.UNKNOWN),
    ],
)
def test_sparkpost(body: dict[str, Any], kind: EventKind) -> None:
    event = one("sparkpost", [body])
    assert event.kind is kind
    assert event.id == "92356927693813856"
    assert event.recipient == "Alice@example.com"
    assert (event.at, event.subscriber) == (datetime.fromtimestamp(SECONDS, UTC), 77)
    assert is_ours(event)


def test_sparkposts_own_list() -> None:
    why = "550 5.7.1 recipient address was suppressed due to customer policy"
    assert one("sparkpost", [sparkpost_event("policy_rejection", raw_reason=why)]).listed == "manual"
    assert one("sparkpost", [sparkpost_event("policy_rejection", raw_reason="501 syntax")]).listed is None


def test_the_try_when_a_webhook_of_sparkpost_is_made_is_no_event() -> None:
    assert told("sparkpost", [{"msys": {}}]) == []


# Amazon SES (whose signature the notifications of SNS have: see the tests of signatures)


def notified(document: object) -> Sequence[Event]:
    text = document if isinstance(document, str) else json.dumps(document)
    return ses.read_notification({"MessageId": "m1", "Timestamp": "2026-11-24T12:00:01Z", "Message": text})


def ses_mail(**more: Any) -> dict[str, Any]:
    tags = {name: [value] for name, value in OURS.items()} | {"ses:operation": ["SendBulkEmail"]}
    return {"destination": ["r@example.com"], "messageId": "0000", "tags": tags, **more}


@pytest.mark.parametrize(
    ("word", "data", "kind", "listed"),
    [
        ("Send", {}, EventKind.ACCEPTED, None),
        ("Delivery", {"recipients": ["r@example.com"], "timestamp": "2026-11-24T12:00:00Z"}, EventKind.DELIVERED, None),
        ("DeliveryDelay", {"delayedRecipients": [{"emailAddress": "r@example.com"}]}, EventKind.DEFERRED, None),
        ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}, EventKind.HARD_BOUNCE, None),
        ("Bounce", {"bounceType": "Transient", "bounceSubType": "MailboxFull"}, EventKind.SOFT_BOUNCE, None),
        ("Bounce", {"bounceType": "Undetermined", "bounceSubType": "Undetermined"}, EventKind.SOFT_BOUNCE, None),
        (
            "Bounce",
            {"bounceType": "Permanent", "bounceSubType": "OnAccountSuppressionList"},
            EventKind.REJECTED,
            "hard_bounce",
        ),
        ("Complaint", {"complainedRecipients": [{"emailAddress": "r@example.com"}]}, EventKind.COMPLAINED, None),
        ("Complaint", {"complaintSubType": "OnAccountSuppressionList"}, EventKind.REJECTED, "complaint"),
        ("Complaint", {"complaintFeedbackType": "not-spam"}, EventKind.UNKNOWN, None),
        ("Subscription", {"source": "UnsubscribeHeader"}, EventKind.UNSUBSCRIBED, None),
        ("Open", {}, EventKind.OPENED, None),
        ("Click", {"link": "https://x.example"}, EventKind.CLICKED, None),
        ("Reject", {"reason": "Bad content"}, EventKind.REJECTED, None),
        ("Rendering Failure", {"errorMessage": "no"}, EventKind.REJECTED, None),
        ("Levitation", {}, EventKind.UNKNOWN, None),
    ],
)
def test_ses(word: str, data: dict[str, Any], kind: EventKind, listed: str | None) -> None:
    about = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}.get(word, word.lower())
    (event,) = notified({"eventType": word, "mail": ses_mail(), about: data})
    assert (event.kind, event.listed, event.recipient, event.subscriber) == (kind, listed, "r@example.com", 77)
    assert (event.batch, event.issue, event.id) == (BATCH, ISSUE, "m1.0")


def test_a_permanent_bounce_of_ses_for_policy_is_soft() -> None:
    bounced = [{"emailAddress": "r@example.com", "status": "5.7.1", "diagnosticCode": "smtp; 550 5.7.1 blocked"}]
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": bounced}
    (event,) = notified({"eventType": "Bounce", "mail": ses_mail(), "bounce": bounce})
    assert event.kind is EventKind.SOFT_BOUNCE


def test_what_sns_says_itself_is_no_event() -> None:
    assert notified("Successfully validated SNS topic for Amazon SES event publishing.") == []
    with pytest.raises(Unreadable):
        notified("Something else")


# Whatever is posted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        *("event", "type", "data", "to", "tags", "msg", "mail", "bounce", "payload", "message", "user-variables"),
        *(
            "RecordType",
            "Type",
            "Metadata",
            "Tag",
            "email",
            "recipient",
            "timestamp",
            "time",
            "ts",
            "ts_epoch",
            "reject",
        ),
        *("bouncedRecipients", "destination", "eventType", "delivery-status", "id", "subscriber", "batch", "issue"),
    ]
)
WORDS = st.sampled_from(
    ["failed", "bounce", "Bounce", "email.bounced", "hard_bounce", "MessageHeld", "reject", "Delivery"]
)
LIKELY = st.dictionaries(NAMES, st.one_of(WORDS, JSON, st.dictionaries(NAMES, JSON, max_size=4)), max_size=8)


@settings(max_examples=150, deadline=None)
@given(body=st.one_of(LIKELY, JSON, st.lists(LIKELY, max_size=3)), provider=st.sampled_from(sorted(WAYS)))
def test_whatever_a_provider_posts_is_read_or_unreadable(body: object, provider: str) -> None:
    try:
        events = told(provider, body)
    except Unreadable:
        return
    assert all(0 < len(event.id) <= 200 for event in events)


@settings(max_examples=100, deadline=None)
@given(LIKELY)
def test_whatever_ses_says_is_read_or_unreadable(document: dict[str, object]) -> None:
    assert all(event.id for event in notified(document))
