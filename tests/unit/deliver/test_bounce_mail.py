"""Bounces by mail: reports, complaints, servers' own words; and what anybody could write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.events.bounce_mail import read_bounce
from pipeline.deliver.events.verp import Addressed, Verp
from pipeline.domain.event import EventKind
from pipeline.domain.ledger import IssueId, SubscriberId

VERP = Verp("bounces@news.example.org", [b"k" * 32])
ABOUT = Addressed(IssueId(3), SubscriberId(77))
TO = VERP.sender(*ABOUT)

REPORT = """\
Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Tue, 24 Nov 2026 08:00:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; anna@example.net
Original-Recipient: rfc822; anna@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: text/rfc822-headers

From: redaktion@news.example.org
To: anna@example.net
Subject: Neues

--b--
"""


def report(
    action: str = "failed", status: str = "5.1.1", diagnostic: str = "550 5.1.1 User unknown", to: str = TO
) -> bytes:
    return REPORT.format(to=to, action=action, status=status, diagnostic=diagnostic).encode()


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind"),
    [
        (
            "failed",
            "5.1.1",
            "550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown",
            EventKind.HARD_BOUNCE,
        ),
        ("failed", "5.4.4", "Host or domain name not found. Name service error", EventKind.HARD_BOUNCE),
        ("failed", "5.2.1", "550 5.2.1 The email account that you tried to reach is disabled.", EventKind.HARD_BOUNCE),
        ("failed", "5.0.0", "550 No such user here", EventKind.HARD_BOUNCE),
        ("failed (Bad destination mailbox address)", "5.1.1", "", EventKind.HARD_BOUNCE),
        (
            "failed",
            "5.2.2",
            "552 5.2.2 The email account that you tried to reach is over quota.",
            EventKind.SOFT_BOUNCE,
        ),
        (
            "failed",
            "5.7.1",
            "550 5.7.1 Our system has detected that this message is likely spam",
            EventKind.SOFT_BOUNCE,
        ),
        ("failed", "5.0.0", "554 rejected", EventKind.SOFT_BOUNCE),
        ("failed", "4.4.7", "421 4.4.2 Connection timed out", EventKind.SOFT_BOUNCE),
        ("failed", "5.1.8", "550 5.1.8 Sender's domain unknown", EventKind.SOFT_BOUNCE),
        ("delayed", "4.4.1", "connect: Connection refused", EventKind.DEFERRED),
        ("delivered", "2.0.0", "250 ok", EventKind.DELIVERED),
    ],
)
def test_a_delivery_report_says_what_happened(action: str, status: str, diagnostic: str, kind: EventKind) -> None:
    event = read_bounce(report(action, status, diagnostic), VERP)
    assert event is not None
    assert (event.kind, event.number, event.subscriber) == (kind, 3, 77)
    assert event.at == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert event.recipient == ""


@pytest.mark.parametrize("action", ["relayed", "expanded"])
def test_that_a_mail_was_passed_on_is_no_news(action: str) -> None:
    assert read_bounce(report(action, "2.0.0"), VERP) is None


def test_the_same_mail_has_the_same_id() -> None:
    one, again, other = (read_bounce(mail, VERP) for mail in (report(), report(), report(status="5.1.2")))
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.id == again.id != other.id


def test_servers_may_write_the_address_in_small_or_large_letters() -> None:
    assert read_bounce(report(to=TO.upper()), VERP) is not None


@pytest.mark.parametrize(
    "to",
    [
        "bounces@news.example.org",
        "bounces+b-@news.example.org",
        TO.replace("b-", "b-a"),
        TO.replace("@", "a@"),
        TO[: TO.index("@") - 1] + ("a" if TO[TO.index("@") - 1] != "a" else "b") + TO[TO.index("@") :],
        TO.replace("news.example.org", "evil.example"),
        Verp("bounces@news.example.org", [b"j" * 32]).sender(*ABOUT),
        "bounces+b-äöü@news.example.org",
        f"bounces+b-{'a' * 500}@news.example.org",
    ],
)
def test_an_address_that_we_have_not_made_counts_for_nothing(to: str) -> None:
    assert read_bounce(report(to=to), VERP) is None


def test_addresses_that_were_made_with_an_older_key_are_still_good() -> None:
    newer = Verp("bounces@news.example.org", [b"n" * 32, b"k" * 32])
    assert newer.sender(*ABOUT) != TO
    assert read_bounce(report(), newer) is not None


@given(issue=st.integers(1, 2**62), subscriber=st.integers(1, 2**62))
def test_an_envelope_address_fits_and_comes_back(issue: int, subscriber: int) -> None:
    address = VERP.sender(IssueId(issue), SubscriberId(subscriber))
    assert len(address.partition("@")[0]) <= 64
    assert VERP.read(address) == (issue, subscriber)


def test_a_mailbox_with_a_long_name_can_not_have_tokens() -> None:
    with pytest.raises(ValueError, match="longer"):
        Verp("a-very-long-name-of-a-mailbox@news.example.org", [b"k" * 32])


FEEDBACK = """\
From: <abusedesk@isp.example>
To: <abuse@news.example.org>
Subject: FW: Neues
Date: Tue, 24 Nov 2026 08:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{sender}>

--b
Content-Type: message/rfc822

Return-Path: <{sender}>
From: redaktion@news.example.org
To: <Undisclosed Recipients>
Subject: Neues

Text
--b--
"""


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("abuse", EventKind.COMPLAINED), ("fraud", EventKind.COMPLAINED), ("opt-out", EventKind.UNSUBSCRIBED)],
)
def test_a_feedback_report_is_a_complaint(type_: str, kind: EventKind) -> None:
    event = read_bounce(FEEDBACK.format(type=type_, sender=TO).encode(), VERP)
    assert event is not None
    assert (event.kind, event.number, event.subscriber) == (kind, 3, 77)


@pytest.mark.parametrize(("type_", "sender"), [("not-spam", TO), ("auth-failure", TO), ("abuse", "a@example.org")])
def test_a_report_of_something_else_or_of_somebody_elses_mail_is_none(type_: str, sender: str) -> None:
    assert read_bounce(FEEDBACK.format(type=type_, sender=sender).encode(), VERP) is None


QMAIL = """\
From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: failure notice
Date: Tue, 24 Nov 2026 08:00:00 +0100

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@example.net>:
{said}

--- Below this line is a copy of the message.
"""


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", EventKind.HARD_BOUNCE),
        ("The users mailfolder is over the allowed quota (size). (#5.2.2)", EventKind.SOFT_BOUNCE),
    ],
)
def test_servers_that_write_in_their_own_words_are_understood(said: str, kind: EventKind) -> None:
    event = read_bounce(QMAIL.format(to=TO, said=said).encode(), VERP)
    assert event is not None
    assert event.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "Subject: Out of office\nAuto-Submitted: auto-replied\n\nI am away until Monday.\n",
        "Subject: Re: Neues\n\nThank you for your newsletter!\n",
        "",
    ],
)
def test_automatic_replies_and_peoples_answers_are_no_bounces(text: str) -> None:
    assert read_bounce(f"From: anna@example.net\nTo: {TO}\n{text}".encode(), VERP) is None


@given(st.binary(max_size=400))
def test_whatever_arrives_is_read_or_not(content: bytes) -> None:
    read_bounce(content, VERP)
    read_bounce(b"To: " + TO.encode() + b"\nContent-Type: multipart/report; boundary=b\n\n--b\n" + content, VERP)


def test_a_mail_with_very_many_parts_is_read_as_far_as_is_sensible() -> None:
    nested = b"To: " + TO.encode() + b"\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000
    assert read_bounce(nested, VERP) is None
