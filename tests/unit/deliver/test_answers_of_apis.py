"""What the answers of single providers mean that no other gives so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pipeline.deliver.provider import Provider
from pipeline.deliver.providers.api import ApiProviderWithLog
from pipeline.deliver.providers.mailersend import mailersend
from pipeline.deliver.providers.mailjet import mailjet
from pipeline.deliver.providers.mandrill import mandrill
from pipeline.deliver.providers.postal import postal
from pipeline.deliver.providers.scaleway import scaleway
from pipeline.deliver.providers.smtp2go import smtp2go
from pipeline.deliver.providers.sparkpost import sparkpost
from pipeline.domain.ledger import OutcomeKind
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain
from tests.fakes import mailersend_server, mailjet_server, mandrill_server, postal_server, scaleway_server
from tests.fakes.mailersend_server import MailerSendServer
from tests.fakes.mailgun_server import Fault
from tests.fakes.mailings import a_batch, a_message, a_recipient, unsubscribe_url
from tests.fakes.mailjet_server import MailjetServer
from tests.fakes.mandrill_server import MandrillServer
from tests.fakes.postal_server import PostalServer
from tests.fakes.scaleway_server import ScalewayServer
from tests.fakes.smtp2go_server import API_KEY as SMTP2GO_KEY
from tests.fakes.smtp2go_server import Smtp2GoServer
from tests.fakes.sparkpost_server import API_KEY as SPARKPOST_KEY
from tests.fakes.sparkpost_server import SparkPostServer

TIMEOUT = timedelta(seconds=5)
ONE = a_batch(a_recipient(1))


def a_mailjet(server: MailjetServer) -> Provider:
    return mailjet(
        "mailjet",
        mailjet_server.API_KEY,
        secret_key=mailjet_server.SECRET_KEY,
        base_url=server.base_url,
        timeout=TIMEOUT,
    )


def a_mandrill(server: MandrillServer) -> Provider:
    return mandrill("mandrill", mandrill_server.API_KEY, base_url=server.base_url, timeout=TIMEOUT)


def a_mailersend(server: MailerSendServer) -> Provider:
    return mailersend("mailersend", mailersend_server.API_KEY, headers=True, base_url=server.base_url, timeout=TIMEOUT)


def test_mailjet_accepts_a_part_of_a_call_in_a_400() -> None:
    with MailjetServer() as server:
        server.refused_addresses.add("person2@example.org")
        outcomes = a_mailjet(server).submit(a_batch(), a_message())
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.REJECTED,
        OutcomeKind.ACCEPTED,
    ]
    assert "mj-0013" in outcomes[1].reason
    assert outcomes[0].provider_ref == "70650219165027411"


def test_mailjet_stops_when_the_sender_is_the_cause_for_everybody() -> None:
    with MailjetServer() as server:
        server.unsigned = True
        with pytest.raises(ProviderRejected, match="not an authorized sender"):
            a_mailjet(server).submit(a_batch(), a_message())


def test_mailjet_mails_an_issue_to_an_address_once_and_a_test_of_it_besides() -> None:
    with MailjetServer() as server:
        provider = a_mailjet(server)
        for batch in (ONE, a_batch(a_recipient(1), sequence=1), a_batch(a_recipient(1), test=True)):
            provider.submit(batch, a_message())
        assert server.addresses() == ["person1@example.org"] * 2


@pytest.mark.parametrize("reason", ["invalid-sender", "unsigned", "test-mode-limit"])
def test_mandrill_stops_when_the_account_is_the_cause(reason: str) -> None:
    with MandrillServer() as server:
        server.reject_reason = reason
        with pytest.raises(ProviderRejected, match=reason):
            a_mandrill(server).submit(ONE, a_message())


@pytest.mark.parametrize(("reason", "at_fault"), [("hard-bounce", True), ("unsub", True), ("rule", False)])
def test_mandrill_tells_an_address_from_a_rule_of_the_account(reason: str, *, at_fault: bool) -> None:
    with MandrillServer() as server:
        server.reject_reason = reason
        (outcome,) = a_mandrill(server).submit(ONE, a_message())
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.address_fault is at_fault


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("PaymentRequired", ProviderRejected),
        ("Unknown_Subaccount", ProviderRejected),
        ("ServiceUnavailable", ProviderUnavailable),
        ("GeneralError", SubmissionUncertain),
    ],
)
def test_mandrills_500_says_by_its_name_whether_anything_may_have_been_accepted(
    name: str, error: type[Exception]
) -> None:
    with MandrillServer() as server:
        body = json.dumps({"status": "error", "code": -1, "name": name, "message": "words"})
        server.faults.append(Fault(status=500, body=body))
        with pytest.raises(error, match="words"):
            a_mandrill(server).submit(ONE, a_message())


def test_mailersend_is_asked_what_it_found_wrong_with_an_accepted_call() -> None:
    with MailerSendServer() as server:
        server.refused_addresses.add("person1@example.org")
        server.suppressed.add("person3@example.org")
        outcomes = a_mailersend(server).submit(a_batch(), a_message())
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.REJECTED,
        OutcomeKind.ACCEPTED,
        OutcomeKind.REJECTED,
    ]
    assert all(outcome.address_fault for outcome in outcomes[::2])
    assert outcomes[1].provider_ref == "bulk:000000000000000000000000"


def test_what_mailersend_does_not_know_yet_keeps_nobody_waiting() -> None:
    with MailerSendServer() as server:
        server.slow = True
        outcomes = a_mailersend(server).submit(a_batch(), a_message())
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}


def test_mailersend_gets_the_one_click_address_of_several_ways_out() -> None:
    way_out = ("List-Unsubscribe", "<__SUBST_unsubscribe_url__>, <mailto:leave@news.example.org>")
    with MailerSendServer() as server:
        a_mailersend(server).submit(ONE, a_message(headers=[way_out]))
    assert server.requests[0].document[0]["list_unsubscribe"] == unsubscribe_url(1)


def test_a_plan_of_mailersends_without_headers_can_carry_no_newsletter() -> None:
    provider = mailersend("mailersend", "key", timeout=TIMEOUT)
    assert "custom headers" in provider.capabilities.no_one_click
    with MailerSendServer() as server:
        server.custom_headers = False
        with pytest.raises(ProviderRejected, match="plan"):
            a_mailersend(server).submit(ONE, a_message())


def test_style_sheets_survive_what_keeps_mailersend_from_reading_braces() -> None:
    with MailerSendServer() as server:
        html = "<style>@media x{#a{b:c}}</style><p>{{ a }} {# b #} {$c} {% d %} {e}</p>"
        a_mailersend(server).submit(ONE, a_message(html=html))
        ((_, message),) = server.accepted
    body = message.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == (
        "<style>@media x{ #a{b:c}}</style><p>&#123;{ a }} &#123;# b #} &#123;$c} &#123;% d %} {e}</p>"
    )


def test_scaleways_quota_is_a_wait_although_it_is_a_403() -> None:
    with ScalewayServer() as server:
        server.quota_used_up = True
        provider = scaleway(
            "scaleway",
            scaleway_server.API_KEY,
            project_id=scaleway_server.PROJECT,
            base_url=server.base_url,
            timeout=TIMEOUT,
        )
        with pytest.raises(ProviderUnavailable, match="quota") as caught:
            provider.submit(ONE, a_message())
    assert caught.value.retry_after == timedelta(hours=1)


def test_postal_never_shows_the_credential_that_it_repeats() -> None:
    with PostalServer() as server, pytest.raises(ProviderRejected, match="InvalidServerAPIKey") as caught:
        postal("postal", "geheim-1234", base_url=server.base_url, timeout=TIMEOUT).submit(ONE, a_message())
    assert "geheim" not in f"{caught.value!r} {caught.value}"


def test_postal_stops_when_it_may_not_send_for_the_domain() -> None:
    with PostalServer() as server:
        server.domains = set()
        provider = postal("postal", postal_server.API_KEY, base_url=server.base_url, timeout=TIMEOUT)
        with pytest.raises(ProviderRejected, match="UnauthenticatedFromAddress"):
            provider.submit(ONE, a_message())


def test_postal_is_told_the_batch_as_a_tag() -> None:
    with PostalServer() as server:
        provider = postal("postal", postal_server.API_KEY, base_url=server.base_url, timeout=TIMEOUT)
        (outcome,) = provider.submit(ONE, a_message())
        ((_, message),) = server.accepted
    assert message["X-Postal-Tag"] == str(ONE.id)
    assert outcome.provider_ref == "1"


@pytest.mark.parametrize(
    ("entry", "kind", "at_fault"),
    [
        ({"email_id": "x"}, OutcomeKind.ACCEPTED, False),
        ({"error": "The recipient is on the suppression list"}, OutcomeKind.REJECTED, True),
        ({"error": "An attachment is missing"}, OutcomeKind.REJECTED, False),
        ({}, OutcomeKind.UNCERTAIN, False),
        ("?", OutcomeKind.UNCERTAIN, False),
    ],
)
def test_smtp2gos_answer_is_read_entry_by_entry(entry: Any, kind: OutcomeKind, *, at_fault: bool) -> None:
    with Smtp2GoServer() as server:
        server.faults.append(Fault(body=json.dumps({"request_id": "r", "data": [entry]})))
        provider = smtp2go("smtp2go", SMTP2GO_KEY, base_url=server.base_url, timeout=TIMEOUT)
        (outcome,) = provider.submit(ONE, a_message())
    assert (outcome.kind, outcome.address_fault) == (kind, at_fault)


@pytest.mark.parametrize(
    "make",
    [
        lambda: postal("p", "secret-1", base_url="https://p.example.org", timeout=TIMEOUT),
        lambda: mandrill("m", "secret-1", timeout=TIMEOUT),
        lambda: mailjet("m", "secret-1", secret_key="secret-1", timeout=TIMEOUT),
    ],
)
def test_no_key_is_in_what_a_provider_looks_like(make: Callable[[], Provider]) -> None:
    assert "secret-1" not in repr(make())


def a_sparkpost(server: SparkPostServer) -> ApiProviderWithLog:
    return sparkpost("sparkpost", SPARKPOST_KEY, transactional=True, base_url=server.base_url, timeout=TIMEOUT)


def test_sparkpost_says_how_many_are_refused_and_not_always_who() -> None:
    with SparkPostServer() as server:
        server.refused_addresses.add("person2@example.org")
        server.names_refused = False
        provider = a_sparkpost(server)
        outcomes = provider.submit(a_batch(), a_message())
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.UNCERTAIN}
        found = provider.look_up(a_batch())
    assert found is not None
    assert [outcome.kind for outcome in found] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.UNCERTAIN,
        OutcomeKind.ACCEPTED,
    ]


def test_sparkposts_search_finds_words_and_only_the_batchs_own_events_count() -> None:
    with SparkPostServer() as server:
        provider = a_sparkpost(server)
        provider.submit(a_batch(), a_message())
        server.events[1]["campaign_id"] = f"{a_batch().id.hex}-other"
        found = provider.look_up(a_batch())
    assert found is not None
    assert [outcome.kind for outcome in found].count(OutcomeKind.ACCEPTED) == 2


@pytest.mark.parametrize(("words", "hours"), [("hourly", 1), ("daily", 24)])
def test_a_used_up_limit_of_sparkposts_waits_until_it_is_over(words: str, hours: int) -> None:
    body = json.dumps({"errors": [{"message": f"Exceed Sending Limit ({words})", "code": "2101"}]})
    with SparkPostServer() as server:
        server.faults.append(Fault(status=420, body=body))
        with pytest.raises(ProviderUnavailable) as caught:
            a_sparkpost(server).submit(a_batch(), a_message())
    assert caught.value.retry_after == timedelta(hours=hours)


def test_whom_sparkpost_has_on_its_own_list_is_refused() -> None:
    body = {
        "results": {"id": "1", "total_rejected_recipients": 0, "total_accepted_recipients": 1},
        "errors": [{"message": "Message generation rejected", "description": "suppressed", "code": "1902"}],
    }
    with SparkPostServer() as server:
        server.faults.extend([Fault(status=400, body=json.dumps(body))] * 2)
        (outcome,) = a_sparkpost(server).submit(ONE, a_message())
        assert outcome.kind is OutcomeKind.REJECTED
        with pytest.raises(SubmissionUncertain):
            a_sparkpost(server).submit(a_batch(), a_message())
