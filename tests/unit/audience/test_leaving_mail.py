"""Mail by which somebody leaves."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audience.leaving_mail import leaving_token
from pipeline.render.headers import way_out
from tests.unit.render.test_renderer import a_look

TOKEN = "AbC-d_9" * 4
LINK = f"https://news.example.org/unsubscribe/{TOKEN}"


def mail(subject: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "anna@example.org", "leave@news.example.org", subject
    message.set_content("")
    return message.as_bytes()


def test_what_our_own_header_asks_for_is_understood() -> None:
    headers = dict(way_out(a_look(unsubscribe_address="leave@news.example.org")))
    url, address = headers["List-Unsubscribe"].replace("__SUBST_unsubscribe_url__", LINK).split(", ")
    assert url == f"<{LINK}>"
    parts = urlsplit(address.strip("<>"))
    assert (parts.scheme, parts.path) == ("mailto", "leave@news.example.org")
    (subject,) = parse_qs(parts.query)["subject"]
    assert leaving_token(mail(subject)) == TOKEN


@pytest.mark.parametrize(
    "content",
    [
        f"Subject: unsubscribe:{LINK}\n\n".encode(),
        f"Subject: unsubscribe:\n {LINK[:40]}\n\t{LINK[40:]}\n\n".encode(),
        f"subject: =?utf-8?q?unsubscribe=3A{LINK.replace('_', '=5F')}?=\n\n".encode(),
        f"Subject: unsubscribe:https://example.org/below/unsubscribe/{TOKEN}\r\n\r\nbye".encode(),
    ],
)
def test_however_a_mail_program_writes_it(content: bytes) -> None:
    assert leaving_token(content) == TOKEN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\0",
        b"Subject: unsubscribe\n\nplease",
        b"Subject: =?x-unknown?q?unsubscribe?=\n\n",
        b"Subject: =?utf-8?b?a?=\n\n",
        f"Subject: Undelivered\n\nList-Unsubscribe: <mailto:x@y?subject=unsubscribe:{LINK}>\n".encode(),
        f"Subject: Fwd: {LINK}\n\n".encode(),
        f"Subject: unsubscribe:{LINK}/ more\n\n".encode(),
        b"Subject: unsubscribe:" + b"x" * 100_000 + b"\n\n",
    ],
)
def test_other_mail_ends_nothing(content: bytes) -> None:
    assert leaving_token(content) is None


@given(subject=st.binary(max_size=80) | st.text(alphabet="=?utf-8bqQB_ \r\n", max_size=80).map(str.encode))
def test_no_subject_breaks_it(subject: bytes) -> None:
    assert leaving_token(b"Subject: " + subject + b"\r\n\r\n") is None
