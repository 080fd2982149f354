from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.mime import build
from pipeline.domain.ledger import Batch, IssueId, Recipient, SubscriberId
from pipeline.domain.message import Message, html_values, placeholder
from pipeline.errors import RenderError

ISSUE = uuid.UUID("00000000-0000-4000-8000-000000000001")
UNSUBSCRIBE = "https://news.example.org/unsubscribe/" + "t" * 180 + "?a=1&b=2"


def a_message(**changes: Any) -> Message:
    fields: dict[str, Any] = {
        "from_": "Redaktion für Köln <redaktion@news.example.org>",
        "subject": "Größe ist „nicht“ alles",
        "html": f'<p>{placeholder("greeting")}</p>\n<a href="{placeholder("unsubscribe_url")}">Ende</a>\n',
        "text": f"{placeholder('greeting')}\n\nEnde: {placeholder('unsubscribe_url')}\n",
        "headers": (
            ("List-Id", "KI <ki.news.example.org>"),
            ("List-Unsubscribe", f"<{placeholder('unsubscribe_url')}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
        "message_id_domain": "news.example.org",
    }
    return Message(**(fields | changes))


def a_recipient(name: str = "Anna", address: str = "anna@example.org", **fields: str) -> Recipient:
    values = {"greeting": "Guten Tag <Anna> & Jörg,", "unsubscribe_url": UNSUBSCRIBE}
    return Recipient(SubscriberId(7), address, name, values | fields)


def a_batch(*, attempt: int = 1, test: bool = False) -> Batch:
    return Batch(
        id=uuid.uuid5(ISSUE, "0"),
        issue=IssueId(1),
        issue_uid=ISSUE,
        sequence=0,
        newsletter="ki",
        attempt=attempt,
        date=datetime(2026, 1, 7, 7, 0, tzinfo=UTC),
        recipients=(),
        test=test,
    )


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def bodies(content: bytes) -> dict[str, str]:
    message = parsed(content)
    return {part.get_content_type(): decoded(part) for part in message.iter_parts()}


def decoded(part: Any) -> str:
    return str(part.get_payload(decode=True).decode("utf-8")).replace("\r\n", "\n")


def test_a_message_has_its_text_first_and_both_parts_in_quoted_printable() -> None:
    content = build(a_message(), a_recipient(), a_batch())
    message = parsed(content)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {str(part["Content-Transfer-Encoding"]) for part in message.iter_parts()} == {"quoted-printable"}
    assert bodies(content) == {
        "text/plain": f"Guten Tag <Anna> & Jörg,\n\nEnde: {UNSUBSCRIBE}\n",
        "text/html": "<p>Guten Tag &lt;Anna&gt; &amp; Jörg,</p>\n"
        f'<a href="{UNSUBSCRIBE.replace("&", "&amp;")}">Ende</a>\n',
    }


def test_its_headers_say_who_and_what_in_every_script() -> None:
    message = parsed(build(a_message(), a_recipient("Jörg „J.“ Müller, B.Sc."), a_batch()))
    assert message["From"].addresses == (Address("Redaktion für Köln", "redaktion", "news.example.org"),)
    assert message["To"].addresses == (Address("Jörg „J.“ Müller, B.Sc.", "anna", "example.org"),)
    assert message["Subject"] == "Größe ist „nicht“ alles"
    assert message["Date"].datetime == datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
    assert message["Message-ID"] == f"<{ISSUE}.7@news.example.org>"
    assert message["MIME-Version"] == "1.0"
    assert [header.defects for header in message.values()] == [()] * len(message.values())


def test_a_long_unsubscribe_address_is_neither_folded_nor_encoded() -> None:
    content = build(a_message(), a_recipient(), a_batch())
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


def test_the_standard_library_would_encode_it_and_that_is_why_it_is_not_asked() -> None:
    message = EmailMessage(policy=SMTP)
    message["List-Unsubscribe"] = f"<{UNSUBSCRIBE}>"
    assert b"=?utf-8?q?" in message.as_bytes()


@pytest.mark.parametrize("poison", ["\r\nBcc: victim@example.org", "\nBcc: v@example.org", "\u2028Bcc: x", "\x00\r"])
def test_no_name_subject_or_value_can_add_a_header(poison: str) -> None:
    message = a_message(subject=f"Hello{poison} {placeholder('greeting')}", headers=(("X-A", f"a{poison}"),))
    content = build(message, a_recipient(f"Anna{poison}", greeting=f"Hi{poison}"), a_batch())
    head = content.partition(b"\r\n\r\n")[0]
    assert b"\nBcc" not in head
    assert parsed(content)["Bcc"] is None
    assert {name.lower() for name in parsed(content).keys()} <= {  # noqa: SIM118 -- a mapping with repeated keys
        *("from", "to", "subject", "date", "message-id", "mime-version", "content-type", "x-a"),
    }


@pytest.mark.parametrize(
    "address",
    ["", "anna", "a@b@\r\n", "anna@example.org\r\nBcc: x@example.org", "a b@example.org", "<a@b>", "a@b,c@d", "@x"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(RenderError, match="not an e-mail address"):
        build(a_message(), a_recipient(address=address), a_batch())


def test_an_internationalised_domain_stands_in_ascii() -> None:
    content = build(a_message(from_="a@bücher.example"), a_recipient("", "anna@straße.example"), a_batch())
    assert b"\r\nTo: anna@xn--strae-oqa.example\r\n" in content
    assert content.startswith(b"From: a@xn--bcher-kva.example\r\n")


def test_every_attempt_sends_the_same_bytes() -> None:
    first = build(a_message(), a_recipient(), a_batch(attempt=1))
    assert build(a_message(), a_recipient(), a_batch(attempt=2)) == first


def test_a_test_never_takes_the_message_id_of_the_real_message() -> None:
    real, test = (parsed(build(a_message(), a_recipient(), a_batch(test=test))) for test in (False, True))
    assert real["Message-ID"] != test["Message-ID"]


def test_a_merge_field_without_a_value_is_named() -> None:
    recipient = Recipient(SubscriberId(7), "anna@example.org", "Anna", {"greeting": "Hi,"})
    with pytest.raises(RenderError, match="unsubscribe_url"):
        build(a_message(), recipient, a_batch())


def test_a_header_that_is_not_a_messages_to_set_is_refused() -> None:
    with pytest.raises(RenderError, match="Date"):
        build(a_message(headers=(("Date", "yesterday"),)), a_recipient(), a_batch())


def test_a_subject_with_a_merge_field_is_encoded_whole() -> None:
    message = a_message(subject=f"{placeholder('greeting')} " + "Überlänge " * 20)
    content = build(message, a_recipient(), a_batch())
    assert parsed(content)["Subject"] == "Guten Tag <Anna> & Jörg, " + ("Überlänge " * 20).strip()


_words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n =.-_äß€🚀\t"), max_size=120
).filter(lambda text: "__" not in text)
_fields = st.sampled_from(["greeting", "unsubscribe_url"]).map(placeholder)
_bodies = st.lists(_words | _fields, max_size=6).map("|".join)


@given(text=_bodies, html=_bodies, greeting=_words, url=_words)
def test_whatever_is_in_a_message_arrives_as_it_was(text: str, html: str, greeting: str, url: str) -> None:
    message = a_message(text=text, html=html, headers=())
    values = {"greeting": greeting, "unsubscribe_url": url}
    content = build(message, a_recipient(**values), a_batch())
    assert bodies(content) == {
        "text/plain": message.merge_text.join(values),
        "text/html": message.merge_html.join(html_values(values)),
    }
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    body = content.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    boundary = re.search(rb'boundary="([^"]+)"', content)
    assert boundary
    assert content.count(boundary[1]) == 4
    assert content.isascii()


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("last", ["x", "ä"])
def test_a_literal_that_fills_its_line_leaves_room_for_the_soft_break(length: int, last: str) -> None:
    text = "x" * length + last + placeholder("greeting")
    content = build(a_message(text=text, html=""), a_recipient(greeting="y" * length + last), a_batch())
    assert bodies(content)["text/plain"] == ("x" * length + last) + ("y" * length + last)
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


@given(name=st.text(max_size=200), subject=st.text(max_size=200))
def test_no_name_or_subject_breaks_the_head(name: str, subject: str) -> None:
    content = build(a_message(subject=subject), a_recipient(name), a_batch())
    head = content.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    message = parsed(content)
    assert message["To"].addresses[0].addr_spec == "anna@example.org"
    assert len(message["To"].addresses) == 1
    assert set(message) == set(parsed(build(a_message(), a_recipient(), a_batch())))
