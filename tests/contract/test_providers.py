"""What every provider promises, whichever way it takes a batch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest

from pipeline.domain.ledger import OutcomeKind
from pipeline.errors import ProviderRejected
from tests.fakes.houses import HOUSES, House
from tests.fakes.mailings import ISSUE, NAME, UNSUBSCRIBE, a_batch, a_message, a_recipient, submitted, unsubscribe_url


@pytest.fixture(params=HOUSES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with HOUSES[request.param](tmp_path) as opened:
        yield opened


def by_address(house: House) -> dict[str, EmailMessage]:
    return {mailbox(message): message for message in house.mail()}


def mailbox(message: EmailMessage) -> str:
    addresses = message["To"].addresses
    assert len(addresses) == 1
    return str(addresses[0].addr_spec)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_there_is_one_outcome_per_recipient_in_their_order(house: House) -> None:
    recipients = [a_recipient(number) for number in (5, 3, 9, 1)]
    outcomes = submitted(house.provider, recipients)
    assert [outcome.subscriber for outcome in outcomes] == [5, 3, 9, 1]
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}


def test_everyone_gets_one_message_with_their_own_unsubscribe_address(house: House) -> None:
    recipients = [a_recipient(number) for number in range(1, 6)]
    submitted(house.provider, recipients)
    assert len(house.mail()) == 5
    for number in range(1, 6):
        message = by_address(house)[f"person{number}@example.org"]
        assert message["List-Unsubscribe"] == f"<{unsubscribe_url(number)}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert unsubscribe_url(number) in part(message, "plain")
        assert unsubscribe_url(number).replace("&", "&amp;") in part(message, "html")
        for other in {1, 2, 3, 4, 5} - {number}:
            assert unsubscribe_url(other) not in str(message)


def test_umlauts_quotes_and_emoji_are_right_in_subject_names_and_bodies(house: House) -> None:
    house.provider.submit(a_batch(a_recipient(1, name="Jörg Müßig 🦊")), a_message())
    (message,) = house.mail()
    assert message["Subject"] == "Grüße, Jörg Müßig 🦊: KI & „Roboter“ 🤖"
    assert message["To"].addresses[0].display_name == "Jörg Müßig 🦊"
    assert message["From"].addresses[0].display_name == "Redaktion Übermut"
    assert message["From"].addresses[0].addr_spec == "redaktion@news.example.org"
    assert "Hallo Jörg Müßig 🦊, „schöne“ Grüße 🤖 &amp; mehr." in part(message, "html")
    assert "Hallo Jörg Müßig 🦊,\n\n„schöne“ Grüße 🤖 & mehr.\n.Punkt am Anfang\n" in part(message, "plain")


def test_the_text_comes_before_the_html(house: House) -> None:
    house.provider.submit(a_batch(a_recipient(1)), a_message())
    (message,) = house.mail()
    assert message.get_content_type() == "multipart/alternative"
    assert [piece.get_content_type() for piece in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_message_id_is_stable_for_an_issue_and_a_subscriber(house: House) -> None:
    if not house.provider.capabilities.own_message_id:
        submitted(house.provider, [a_recipient(1)])
        assert house.mail()[0]["Message-ID"] != f"<{ISSUE}.1@news.example.org>"
        return
    submitted(house.provider, [a_recipient(1), a_recipient(2)])
    identities = {mailbox(message): message["Message-ID"] for message in house.mail()}
    assert identities == {
        "person1@example.org": f"<{ISSUE}.1@news.example.org>",
        "person2@example.org": f"<{ISSUE}.2@news.example.org>",
    }


def test_replies_go_where_the_newsletter_wants_them(house: House) -> None:
    house.provider.submit(a_batch(a_recipient(1)), a_message())
    assert house.mail()[0]["Reply-To"] == "antwort@news.example.org"


@pytest.mark.parametrize(
    "name",
    [
        'Anna "die Schnelle" Meier',
        "Meier, Anna",
        "Anna <anna@evil.example>, Eva",
        "Anna\r\nBcc: eva@evil.example\r\n\r\nBuy!",
        "Anna\nX-Injected: yes",
        "Anna\x00\x1b[31m",
        "=?utf-8?q?Anna?=",
        'Ännä (Vorsitz), "Chefin" <x@evil.example>',
        "%recipient.unsubscribe_url% %unsubscribe_url%",
        "__SUBST_unsubscribe_url__",
        "",
    ],
)
def test_no_name_brings_a_header_or_an_address_of_its_own(house: House, name: str) -> None:
    submitted(house.provider, [a_recipient(1, name=name), a_recipient(2)])
    assert sorted(by_address(house)) == ["person1@example.org", "person2@example.org"]
    for message in house.mail():
        assert "Bcc" not in message
        assert "X-Injected" not in message
        assert not message.defects
        assert part(message, "plain").count("/u/1?") == (mailbox(message) == "person1@example.org")
        assert "mailgun's own" not in str(message)
        assert re.search(r"/u/[12]\?", str(message["Subject"])) is None


def test_a_name_is_escaped_in_the_html_and_only_there(house: House) -> None:
    house.provider.submit(a_batch(a_recipient(1, name='<b>R&D\'s "Bo"</b>')), a_message())
    (message,) = house.mail()
    assert "Hallo &lt;b&gt;R&amp;D&#x27;s &quot;Bo&quot;&lt;/b&gt;," in part(message, "html")
    assert 'Hallo <b>R&D\'s "Bo"</b>,' in part(message, "plain")
    assert '<b>R&D\'s "Bo"</b>' in message["Subject"]


def test_what_looks_like_a_providers_variable_in_an_article_stays_text(house: House) -> None:
    tricky = "100% sicher: %recipient.name% %unsubscribe_url% %Recipient_email% {{name}} ${name} [name]"
    text = f"{tricky}\nhttps://example.org/?q=%C3%BC%20x%E4\n{NAME} {UNSUBSCRIBE}\n"
    house.provider.submit(a_batch(a_recipient(1)), a_message(text=text, html=f"<p>{tricky}</p>", subject=tricky))
    (message,) = house.mail()
    seen = "100% sicher: %recipient.name% %unsubscribe_url% %Recipient_email% {{name}} ${name} [name]"
    assert part(message, "plain").replace("\u2060", "").startswith(seen + "\nhttps://example.org/?q=%C3%BC%20x%E4\n")
    assert unescape(part(message, "html")).strip() == f"<p>{seen}</p>"
    assert message["Subject"].replace("\u2060", "") == seen


def test_a_long_line_and_a_leading_dot_arrive_as_they_were(house: House) -> None:
    text = ".\n..\n" + "ü" * 3000 + "\n" + "x" * 3000 + "\n.ende\n"
    html = f"<p>{'wört ' * 1000}</p>\n.<p>.</p>"
    house.provider.submit(a_batch(a_recipient(1)), a_message(text=text, html=html))
    (message,) = house.mail()
    assert part(message, "plain") == text
    assert part(message, "html").strip() == html


def test_an_address_that_is_none_costs_only_itself(house: House) -> None:
    addresses = ["anna", "anna@", "a b@example.org", "anna@example.org\r\nRCPT TO:<eva@evil.example>", "<a@b.c>,d@e.f"]
    bad = [a_recipient(number, address=address) for number, address in enumerate(addresses, start=10)]
    outcomes = submitted(house.provider, [a_recipient(1), *bad, a_recipient(2)])
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.ACCEPTED,
        *([OutcomeKind.REJECTED] * len(bad)),
        OutcomeKind.ACCEPTED,
    ]
    assert all(outcome.address_fault and outcome.reason for outcome in outcomes[1:-1])
    assert sorted(by_address(house)) == ["person1@example.org", "person2@example.org"]


def test_an_address_that_is_refused_costs_only_itself(house: House) -> None:
    address = house.refuse("gone@example.org")
    recipients = [a_recipient(number) for number in range(1, 8)]
    recipients[4] = a_recipient(5, address=address)
    outcomes = submitted(house.provider, recipients)
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.REJECTED if outcome.subscriber == 5 else OutcomeKind.ACCEPTED for outcome in outcomes
    ]
    assert outcomes[4].address_fault
    assert len(house.mail()) == 6
    assert len(by_address(house)) == 6


def test_a_recipient_without_a_value_stops_the_batch_before_anything_is_sent(house: House) -> None:
    lacking = a_recipient(2, fields={"name": "Eva"})
    with pytest.raises(ProviderRejected, match=r"Subscriber 2 has no value for the merge field.*unsubscribe_url"):
        house.provider.submit(a_batch(lacking), a_message())
    house.provider.submit(a_batch(a_recipient(3), sequence=1), a_message())
    assert sorted(by_address(house)) == ["person3@example.org"]


def test_closing_twice_is_fine_and_a_closed_provider_opens_again(house: House) -> None:
    house.provider.close()
    house.provider.submit(a_batch(a_recipient(1)), a_message())
    house.provider.close()
    house.provider.close()
    house.provider.submit(a_batch(a_recipient(2), sequence=1), a_message())
    assert len(house.mail()) == 2


def test_the_longest_call_is_bounded_and_a_batch_has_a_size(house: House) -> None:
    assert house.provider.capabilities.max_batch > 0
    assert house.provider.capabilities.call_timeout.total_seconds() > 0
    assert house.provider.name
