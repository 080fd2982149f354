from __future__ import annotations

import html
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.deliver.addresses import one_line
from pipeline.deliver.provider import Queryable, Shape
from pipeline.deliver.providers.http_calls import Answer
from pipeline.deliver.providers.mailgun import MailgunProvider
from pipeline.deliver.providers.mailgun_form import Form
from pipeline.domain.ledger import Outcome, OutcomeKind, Recipient
from pipeline.domain.message import placeholder
from pipeline.errors import ConfigError, ProviderRejected, ProviderUnavailable, SubmissionUncertain
from tests.fakes.mailgun_calls import Call, parse_form
from tests.fakes.mailgun_server import (
    Fault,
    MailgunServer,
    cut,
    delayed,
    html_page,
    internal_error,
    rate_limited,
)
from tests.fakes.mailings import NAME, a_batch, a_message, a_recipient, unsubscribe_url

PROJECT = Path(__file__).parents[3]
WHERE = "providers.mailgun"
_CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("%{}<>&\"'\\")
ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
DEFERRED, UNCERTAIN = OutcomeKind.DEFERRED, OutcomeKind.UNCERTAIN


@pytest.fixture
def server() -> Iterator[MailgunServer]:
    with MailgunServer() as running:
        yield running


@pytest.fixture
def mailgun(server: MailgunServer) -> Iterator[MailgunProvider]:
    provider = a_provider(server)
    yield provider
    provider.close()


def a_provider(server: MailgunServer, **settings: Any) -> MailgunProvider:
    defaults: dict[str, Any] = {"api_key": "key-test", "base_url": server.base_url, "timeout": timedelta(seconds=5)}
    return MailgunProvider("mailgun", "mg.example.org", **(defaults | settings))


def many(count: int) -> list[Recipient]:
    return [a_recipient(number) for number in range(1, count + 1)]


def kinds(outcomes: Sequence[Outcome] | None) -> list[OutcomeKind]:
    assert outcomes is not None
    return [outcome.kind for outcome in outcomes]


def test_a_thousand_recipients_are_one_call_with_values_of_their_own(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    outcomes = mailgun.submit(a_batch(*many(1000)), a_message())
    assert kinds(outcomes) == [ACCEPTED] * 1000
    assert server.requests == 1
    (call,) = server.calls
    assert call.render(call.first("h:List-Unsubscribe"), "person700@example.org") == f"<{unsubscribe_url(700)}>"
    assert len({call.render(call.first("h:List-Unsubscribe"), address) for address, _ in call.recipients}) == 1000
    assert call.every("o:tag") == [str(a_batch().id), "wochenblick"]
    assert {call.first(f"o:tracking{kind}") for kind in ("", "-clicks", "-opens")} == {"no"}


def test_it_takes_values_and_a_thousand_recipients_and_has_no_keys(mailgun: MailgunProvider) -> None:
    capabilities = mailgun.capabilities
    assert (capabilities.shape, capabilities.max_batch) == (Shape.VARIABLES, 1000)
    assert capabilities.key_life is None
    assert isinstance(mailgun, Queryable)


def test_a_new_domain_can_have_smaller_batches(server: MailgunServer) -> None:
    assert a_provider(server, max_batch=8).capabilities.max_batch == 8
    assert a_provider(server, max_batch=5000).capabilities.max_batch == 1000


def test_each_recipient_has_a_message_id_of_their_own_which_is_ours(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    outcomes = mailgun.submit(batch := a_batch(), a_message())
    received = {str(message["Message-ID"]) for _, message in server.messages}
    expected = {f"<{batch.issue_uid}.{one.subscriber}@news.example.org>" for one in batch.recipients}
    assert received == expected
    assert {outcome.provider_ref for outcome in outcomes} == {None}, "it needs no other name"


def test_connections_are_kept(server: MailgunServer, mailgun: MailgunProvider) -> None:
    for number in range(3):
        mailgun.submit(a_batch(a_recipient(number)), a_message())
    assert len(server.accepted) == 3
    assert server.connections == 1


@pytest.mark.parametrize("status", [429, 420])
def test_a_limit_is_surely_no_submission_and_names_the_wait(
    server: MailgunServer, mailgun: MailgunProvider, status: int
) -> None:
    server.faults.append(
        rate_limited("Mon, 23 Nov 2026 07:00:31 UTC", status=status, date="Mon, 23 Nov 2026 07:00:01 GMT")
    )
    with pytest.raises(ProviderUnavailable, match="recipient limit exceeded") as caught:
        mailgun.submit(a_batch(), a_message())
    assert caught.value.retry_after == timedelta(seconds=30)
    assert not server.accepted


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "17"}, "", timedelta(seconds=17)),
        ({"Retry-After": "Mon, 23 Nov 2026 07:02:01 GMT"}, "", timedelta(minutes=2)),
        ({}, '{"message": "Please retry after 30 seconds"}', timedelta(seconds=30)),
        ({}, '{"message": "try again in 2 minutes"}', timedelta(minutes=2)),
        ({}, '{"message": "try again after Mon, 23 Nov 2026 06:00:00 UTC"}', timedelta()),
        ({}, '{"message": "try again after Mon, 99 Foo 2026 06:00:00 UTC"}', None),
        ({}, "slow down", None),
        ({}, "", None),
    ],
)
def test_a_wait_is_found_in_the_header_or_in_the_words(
    headers: dict[str, str], body: str, wait: timedelta | None
) -> None:
    answer = Answer(429, {"Date": "Mon, 23 Nov 2026 07:00:01 GMT", **headers}, body.encode())
    assert answer.retry_after == wait


@pytest.mark.parametrize("accept", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        internal_error(accept=False),
        Fault(status=502, body="<html>Bad Gateway</html>"),
        Fault(status=503, body="down"),
        Fault(status=504, body=""),
        Fault(status=408, body=""),
        Fault(status=200, body='{"message": "Queued. Thank you."}'),
        Fault(status=200, body='{"id": ""}'),
        Fault(status=200, body='["id"]'),
        html_page(accept=False),
        cut(accept=False),
    ],
    ids=lambda fault: f"{fault.status}-{'cut' if fault.cut else fault.body[:12]}",
)
def test_what_leaves_acceptance_open_is_in_doubt_and_not_tried_again(
    server: MailgunServer,
    mailgun: MailgunProvider,
    fault: Fault,
    accept: bool,  # noqa: FBT001
) -> None:
    server.faults.append(
        Fault(status=fault.status, body=fault.body, headers=fault.headers, cut=fault.cut, accept=accept)
    )
    with pytest.raises(SubmissionUncertain):
        mailgun.submit(a_batch(), a_message())
    assert server.requests == 1
    assert len(server.accepted) == (3 if accept else 0)


def test_a_late_answer_is_in_doubt(server: MailgunServer) -> None:
    server.faults.append(delayed(0.5))
    provider = a_provider(server, timeout=timedelta(seconds=0.1))
    with pytest.raises(SubmissionUncertain, match=r"did not answer within 0\.1 s"):
        provider.submit(a_batch(), a_message())
    provider.close()


def test_an_overload_that_names_its_end_is_surely_no_submission(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.faults.append(Fault(status=503, headers={"Retry-After": "5"}))
    with pytest.raises(ProviderUnavailable) as caught:
        mailgun.submit(a_batch(), a_message())
    assert caught.value.retry_after == timedelta(seconds=5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_refused_connection_is_surely_no_submission(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    provider = MailgunProvider("mailgun", "mg.example.org", "key-test", base_url=f"http://{host}:{port}")
    with pytest.raises(ProviderUnavailable, match="No connection"):
        provider.submit(a_batch(), a_message())
    provider.close()


def test_a_name_that_is_not_found_is_surely_no_submission() -> None:
    provider = MailgunProvider("mailgun", "mg.example.org", "key-test", base_url="https://api.mailgun.invalid")
    with pytest.raises(ProviderUnavailable, match=r"No connection to api\.mailgun\.invalid"):
        provider.submit(a_batch(), a_message())
    provider.close()


def test_encryption_where_none_is_spoken_is_surely_no_submission(server: MailgunServer) -> None:
    provider = a_provider(server, base_url=server.base_url.replace("http:", "https:"))
    with pytest.raises(ProviderRejected, match="encryption"):
        provider.submit(a_batch(), a_message())
    provider.close()


def test_a_wrong_key_stops_and_says_which_without_showing_it(server: MailgunServer) -> None:
    provider = a_provider(server, api_key="key-wrong-secret", api_key_env="MAILGUN_API_KEY")
    with pytest.raises(ProviderRejected, match="401: Forbidden") as caught:
        provider.submit(a_batch(), a_message())
    assert "MAILGUN_API_KEY" in caught.value.mend
    assert "key-wrong-secret" not in f"{caught.value!r} {caught.value} {provider!r}"
    provider.close()


def test_an_unknown_domain_stops_and_points_to_the_region(server: MailgunServer) -> None:
    provider = MailgunProvider("mailgun", "other.example.org", "key-test", base_url=server.base_url)
    with pytest.raises(ProviderRejected, match="Domain not found") as caught:
        provider.submit(a_batch(), a_message())
    assert "api.eu.mailgun.net" in caught.value.mend
    provider.close()


def test_a_domain_that_may_not_send_large_batches_is_told_what_to_set(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.largest_batch = 2
    with pytest.raises(ProviderRejected, match="large batches") as caught:
        mailgun.submit(a_batch(), a_message())
    assert "max_batch" in caught.value.mend
    assert server.requests == 1


def test_a_redirect_is_not_followed(server: MailgunServer, mailgun: MailgunProvider) -> None:
    with MailgunServer() as elsewhere:
        server.faults.append(
            Fault(status=307, headers={"Location": f"{elsewhere.base_url}/v3/mg.example.org/messages"})
        )
        with pytest.raises(ProviderRejected, match="redirect"):
            mailgun.submit(a_batch(), a_message())
        assert elsewhere.requests == 0


def test_an_address_of_the_api_that_has_no_such_thing_is_told_apart(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.faults.append(Fault(body="Mailgun Magnificent API"))
    with pytest.raises(ProviderRejected, match="no messages API"):
        mailgun.submit(a_batch(), a_message())


def test_the_version_may_stand_in_the_base_url(server: MailgunServer) -> None:
    provider = a_provider(server, base_url=server.base_url + "/v3/")
    assert kinds(provider.submit(a_batch(), a_message())) == [ACCEPTED] * 3
    provider.close()


@pytest.mark.parametrize(
    ("domain", "key", "base_url", "where"),
    [
        ("mg.example.org/../x", "key", "https://api.mailgun.net", f"{WHERE}.domain"),
        ("mg.example.org", "", "https://api.mailgun.net", f"{WHERE}.api_key_env"),
        ("mg.example.org", "kéy", "https://api.mailgun.net", f"{WHERE}.api_key_env"),
        ("mg.example.org", "key\n", "https://api.mailgun.net", f"{WHERE}.api_key_env"),
        ("mg.example.org", "key", "http://api.mailgun.net", f"{WHERE}.base_url"),
        ("mg.example.org", "key", "ftp://localhost", f"{WHERE}.base_url"),
        ("mg.example.org", "key", "api.mailgun.net", f"{WHERE}.base_url"),
    ],
)
def test_what_would_give_the_key_away_or_never_work_is_a_mistake_in_the_configuration(
    domain: str, key: str, base_url: str, where: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        MailgunProvider("mailgun", domain, key, base_url=base_url)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_one_bad_recipient_is_found_by_halving_and_costs_only_itself(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.refused_addresses = {"person3@example.org", "person700@example.org"}
    outcomes = mailgun.submit(a_batch(*many(1000)), a_message())
    rejected = [outcome for outcome in outcomes if outcome.kind is not ACCEPTED]
    assert [(outcome.subscriber, outcome.kind, outcome.address_fault) for outcome in rejected] == [
        (3, REJECTED, True),
        (700, REJECTED, True),
    ]
    assert len(server.accepted) == len(set(server.accepted)) == 998
    assert server.requests <= 1 + 2 * 2 * 10


def test_a_batch_that_is_too_large_is_halved_until_it_fits(server: MailgunServer, mailgun: MailgunProvider) -> None:
    server.largest_body = 20_000
    outcomes = mailgun.submit(a_batch(*many(100)), a_message())
    assert kinds(outcomes) == [ACCEPTED] * 100
    assert len(server.accepted) == len(set(server.accepted)) == 100


def test_a_message_that_is_too_large_alone_is_rejected_and_no_address_is_blamed(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.largest_body = 10
    outcomes = mailgun.submit(a_batch(), a_message())
    assert kinds(outcomes) == [REJECTED] * 3
    assert not any(outcome.address_fault for outcome in outcomes)


def test_doubt_about_a_part_is_about_that_part_and_nothing_is_called_after_it(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.refused_addresses = {"person7@example.org"}
    server.faults.extend([Fault(status=413), Fault(status=413)])
    server.faults.extend([Fault(status=200, accept=True), internal_error(accept=True)])
    outcomes = mailgun.submit(a_batch(*many(8)), a_message())
    assert kinds(outcomes) == [ACCEPTED] * 2 + [UNCERTAIN] * 2 + [DEFERRED] * 4
    assert server.requests == 4


def test_a_limit_that_comes_after_the_first_part_defers_the_rest(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.faults.extend([Fault(status=413), Fault(status=200, accept=True), Fault(status=429, body="slow down")])
    outcomes = mailgun.submit(a_batch(*many(4)), a_message())
    assert kinds(outcomes) == [ACCEPTED] * 2 + [DEFERRED] * 2
    assert "slow down" in outcomes[2].reason


def test_a_limit_that_comes_before_anything_is_accepted_is_raised(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.faults.extend([Fault(status=413), Fault(status=429, headers={"Retry-After": "9"})])
    with pytest.raises(ProviderUnavailable):
        mailgun.submit(a_batch(*many(4)), a_message())


def test_halving_ends_when_the_time_of_a_call_is_over(server: MailgunServer) -> None:
    server.faults.extend([Fault(status=413), Fault(status=413), Fault(status=200, accept=True)])
    seconds = iter([0.0, 4.0, 8.0, 12.0])  # at the start, and after each call
    provider = a_provider(server, monotonic=lambda: next(seconds))
    outcomes = provider.submit(a_batch(*many(8)), a_message())
    assert kinds(outcomes) == [ACCEPTED] * 2 + [DEFERRED] * 6
    assert "no time left" in outcomes[7].reason
    provider.close()


def test_the_same_address_twice_is_handed_over_once(server: MailgunServer, mailgun: MailgunProvider) -> None:
    twice = a_recipient(9, address="Person1@example.org")
    outcomes = mailgun.submit(a_batch(a_recipient(1), twice), a_message())
    assert kinds(outcomes) == [ACCEPTED, REJECTED]
    assert not outcomes[1].address_fault
    assert server.accepted == ["person1@example.org"]


def test_headers_that_are_longer_than_mailgun_takes_are_named(mailgun: MailgunProvider) -> None:
    with pytest.raises(ProviderRejected, match="16 kB"):
        mailgun.submit(a_batch(), a_message(headers=[("X-Long", "x" * 17_000)]))


def test_a_field_that_would_collide_with_another_is_named(mailgun: MailgunProvider) -> None:
    recipient = a_recipient(1, fields={"name": "a", "name_html": "b", "unsubscribe_url": "c"})
    with pytest.raises(ProviderRejected, match="name_html"):
        mailgun.submit(a_batch(recipient), a_message(subject=f"{NAME} {placeholder('name_html')}"))


def test_threads_do_not_get_in_each_others_way(server: MailgunServer, mailgun: MailgunProvider) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 10):
            mailgun.submit(a_batch(a_recipient(number), sequence=number), a_message())

    threads = [threading.Thread(target=work, args=(10 * first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.accepted) == sorted(f"person{number}@example.org" for number in range(40))


# The log


def test_a_batch_in_doubt_is_found_by_its_tag_when_it_was_accepted(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    server.faults.append(internal_error(accept=True))
    batch = a_batch(*many(700))
    with pytest.raises(SubmissionUncertain):
        mailgun.submit(batch, a_message())
    outcomes = mailgun.look_up(batch)
    assert kinds(outcomes) == [ACCEPTED] * 700
    assert outcomes is not None
    assert outcomes[699].provider_ref == f"{batch.issue_uid}.700@news.example.org"


def test_a_batch_that_the_log_does_not_show_stays_in_doubt(server: MailgunServer, mailgun: MailgunProvider) -> None:
    mailgun.submit(a_batch(*many(3), sequence=1), a_message())
    assert mailgun.look_up(a_batch(*many(3), sequence=2)) is None


def test_one_event_stands_for_its_whole_call(server: MailgunServer, mailgun: MailgunProvider) -> None:
    batch = a_batch(*many(500))
    mailgun.submit(batch, a_message())
    server.visible_events = 1
    assert kinds(mailgun.look_up(batch)) == [ACCEPTED] * 500


def test_one_event_of_a_divided_batch_does_not_stand_for_the_other_parts(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    batch = a_batch(*many(8))
    server.faults.extend([Fault(status=413), Fault(status=200, accept=True), internal_error(accept=False)])
    mailgun.submit(batch, a_message())
    server.visible_events = 1
    assert kinds(mailgun.look_up(batch)) == [ACCEPTED] * 4 + [UNCERTAIN] * 4


def test_an_event_of_the_tag_with_other_recipients_stands_only_for_its_own(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    mailgun.submit(a_batch(a_recipient(1), a_recipient(2)), a_message())
    assert kinds(mailgun.look_up(a_batch(a_recipient(2), a_recipient(3)))) == [ACCEPTED, UNCERTAIN]


def test_the_log_is_read_page_by_page_where_events_name_no_part(
    server: MailgunServer, mailgun: MailgunProvider
) -> None:
    batch = a_batch(*many(50))
    mailgun.submit(batch, a_message())
    server.page_size = 7
    server.shows_user_variables = False
    assert kinds(mailgun.look_up(batch)) == [ACCEPTED] * 50
    assert server.requests == 1 + 8


def test_a_log_that_cannot_be_read_now_leaves_the_doubt(server: MailgunServer, mailgun: MailgunProvider) -> None:
    batch = a_batch(*many(3))
    mailgun.submit(batch, a_message())
    for fault in (Fault(status=500), Fault(status=429), html_page(accept=False), Fault(body="[]"), Fault(body="{}")):
        server.faults.append(fault)
        assert mailgun.look_up(batch) is None


def test_a_key_that_may_only_send_is_told_so(server: MailgunServer, mailgun: MailgunProvider) -> None:
    server.key_may_read_events = False
    with pytest.raises(ProviderRejected) as caught:
        mailgun.look_up(a_batch())
    assert "read events" in caught.value.mend


def test_the_key_does_not_follow_a_page_to_another_host(server: MailgunServer, mailgun: MailgunProvider) -> None:
    with MailgunServer() as elsewhere:
        event = {"event": "accepted", "recipient": "person1@example.org"}
        page = {"items": [event], "paging": {"next": f"{elsewhere.base_url}/v3/mg.example.org/events"}}
        server.faults.append(Fault(body=json.dumps(page)))
        assert kinds(mailgun.look_up(a_batch())) == [ACCEPTED, UNCERTAIN, UNCERTAIN]
        assert elsewhere.requests == 0


# What a recipient reads


@given(st.text(_CHARACTERS, max_size=40), st.text(_CHARACTERS, max_size=40))
def test_any_value_and_any_article_reads_in_the_mail_as_it_was_written(value: str, article: str) -> None:
    assume("__SUBST_" not in article)
    recipient = a_recipient(1, fields={"name": value, "unsubscribe_url": unsubscribe_url(1)})
    message = a_message(
        text=f"{article}|{NAME}", html=f"<p>{html.escape(article)}|{NAME}</p>", subject=f"{one_line(article)} {NAME}"
    )
    form = Form(a_batch(recipient), message, where=WHERE, tracking=False)
    body, content_type = form.body(form.addressees)
    form = parse_form(body, content_type)
    variables = json.loads(next(text for name, text in form if name == "recipient-variables"))
    call = Call(form, [("person1@example.org", "")], variables)
    read = {part: call.render(call.first(part), "person1@example.org") for part in ("text", "html", "subject")}
    line = value if value.isprintable() else one_line(value)
    assert read["text"].replace("\u2060", "") == f"{article}|{line}".replace("\u2060", "")
    assert html.unescape(read["html"]) == html.unescape(f"<p>{html.escape(article)}|{html.escape(line)}</p>")
    assert one_line(read["subject"]).replace("\u2060", "") == one_line(f"{article} {line}").replace("\u2060", "")


def test_what_is_no_character_at_all_does_not_stop_a_mailing(server: MailgunServer, mailgun: MailgunProvider) -> None:
    broken = "\ud800"
    message = a_message(text=f"{broken} {NAME}", html=broken, subject=broken)
    assert kinds(mailgun.submit(a_batch(a_recipient(1, name=f"Anna{broken}")), message)) == [ACCEPTED]
    ((_, received),) = server.messages
    body = received.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "? Anna"


def test_no_escape_sequence_of_json_reaches_a_reader(server: MailgunServer, mailgun: MailgunProvider) -> None:
    mailgun.submit(a_batch(a_recipient(1, name="Ünal & Söhne <3 \x85 \u2028 😀")), a_message())
    (call,) = server.calls
    assert "\\u" not in call.first("recipient-variables")
    ((_, message),) = server.messages
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert read["Subject"] == "Grüße, Ünal & Söhne <3 😀: KI & „Roboter“ 🤖"


# As a process of its own


def test_the_server_runs_as_a_process_and_keeps_a_record_that_outlives_its_clients(tmp_path: Path) -> None:
    store = tmp_path / "accepted.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.mailgun_server", "--port", "0", "--store", store],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        provider = MailgunProvider("mailgun", "mg.example.org", "key-test", base_url=base_url)
        faults = json.dumps([{"status": 500, "accept": True}]).encode()
        urllib.request.urlopen(f"{base_url}/_faults", faults).close()  # noqa: S310 -- loopback
        with pytest.raises(SubmissionUncertain):
            provider.submit(a_batch(), a_message())
        provider.submit(a_batch(*many(2), sequence=1), a_message())
        provider.close()
        lines = [json.loads(line) for line in store.read_text(encoding="utf-8").splitlines()]
        assert [line["recipient"] for line in lines] == [f"person{number}@example.org" for number in (1, 2, 3, 1, 2)]
        assert lines[0]["tag"] == str(a_batch().id)
        assert lines[1]["list_unsubscribe"] == f"<{unsubscribe_url(2)}>"
        with urllib.request.urlopen(f"{base_url}/_count") as answer:  # noqa: S310
            assert json.load(answer) == {"accepted": 5, "requests": 2}
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.communicate()


def test_the_server_answers_a_thousand_recipients_in_no_time(server: MailgunServer) -> None:
    form = Form(a_batch(*many(1000)), a_message(), where=WHERE, tracking=False)
    body, content_type = form.body(form.addressees)
    connection = http.client.HTTPConnection(*server.address)
    began = time.perf_counter()
    connection.request(
        "POST",
        "/v3/mg.example.org/messages",
        body,
        {"Content-Type": content_type, "Authorization": "Basic YXBpOmtleS10ZXN0"},
    )
    assert connection.getresponse().status == 200
    assert time.perf_counter() - began < 1
    connection.close()
