from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.deliver.events.verp import Verp
from pipeline.deliver.providers.smtp import SmtpProvider
from pipeline.deliver.providers.smtp_replies import Reply
from pipeline.domain.ledger import OutcomeKind
from pipeline.errors import ConfigError, ProviderRejected, ProviderUnavailable
from tests.fakes.mailings import a_batch, a_message, a_recipient
from tests.fakes.smtp_server import Certificate, Script, SmtpServer

SECOND = timedelta(seconds=1)


@contextmanager
def provider_for(server: SmtpServer, **settings: Any) -> Iterator[SmtpProvider]:
    defaults: dict[str, Any] = {"security": "none", "local_hostname": "localhost", "max_batch": 50}
    host = settings.pop("host", "127.0.0.1")
    provider = SmtpProvider("mail", host, server.port, timeout=5 * SECOND, **(defaults | settings))
    try:
        yield provider
    finally:
        provider.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


def kinds(outcomes: Any) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def test_a_batch_is_one_recipient_unless_more_are_asked_for() -> None:
    assert SmtpProvider("mail", "mail.example.org", 587).capabilities.max_batch == 1


def test_the_envelope_has_the_from_address_or_what_is_set() -> None:
    with SmtpServer() as server:
        with provider_for(server) as provider:
            provider.submit(a_batch(a_recipient(1)), a_message())
        with provider_for(server, envelope_from="bounces@news.example.org") as provider:
            provider.submit(a_batch(a_recipient(2)), a_message())
    assert [(received.sender, received.recipient) for received in server.received] == [
        ("redaktion@news.example.org", "person1@example.org"),
        ("bounces@news.example.org", "person2@example.org"),
    ]


def test_each_delivery_can_have_an_envelope_address_of_its_own_but_a_test_has_none() -> None:
    verp = Verp("bounces@news.example.org", [b"k" * 32])
    envelope = {"envelope_from": "bounces@news.example.org", "envelope_of": verp.sender}
    with SmtpServer() as server, provider_for(server, **envelope) as provider:
        batch = a_batch(a_recipient(1), a_recipient(2))
        provider.submit(batch, a_message())
        provider.submit(replace(batch, test=True), a_message())
    senders = [received.sender for received in server.received]
    assert [verp.read(sender) for sender in senders[:2]] == [(batch.issue, 1), (batch.issue, 2)]
    assert senders[2:] == ["bounces@news.example.org"] * 2


def test_lines_end_in_crlf_and_are_never_longer_than_the_protocol_allows() -> None:
    with SmtpServer() as server, provider_for(server) as provider:
        provider.submit(a_batch(a_recipient(1)), a_message(text="." * 5000 + "\n.\n", html="ü" * 5000))
    content = server.received[0].content
    assert content.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()


def test_a_connection_is_kept_and_one_that_the_server_has_closed_is_replaced() -> None:
    with SmtpServer() as server, provider_for(server) as provider:
        for number in range(1, 4):
            provider.submit(a_batch(a_recipient(number)), a_message())
        assert server.connections == 1
        server.script.cut_at_mail = 1
        outcomes = provider.submit(a_batch(a_recipient(4), a_recipient(5)), a_message())
    assert kinds(outcomes) == [OutcomeKind.ACCEPTED] * 2
    assert server.connections == 2
    assert [received.recipient for received in server.received] == [f"person{n}@example.org" for n in range(1, 6)]


def test_each_thread_has_a_connection_of_its_own_and_closing_ends_all() -> None:
    with SmtpServer() as server, provider_for(server) as provider:
        threads = [
            threading.Thread(target=provider.submit, args=(a_batch(a_recipient(number)), a_message()))
            for number in range(1, 5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections == 4
        assert len(server.received) == 4


def test_a_refused_connection_is_surely_no_submission() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ProviderUnavailable, match=f"No connection to 127.0.0.1:{port}: Connection refused"):
        SmtpProvider("mail", "127.0.0.1", port, security="none").submit(a_batch(), a_message())


@pytest.mark.parametrize(
    ("greeting", "error"),
    [("421 4.3.2 Too busy", ProviderUnavailable), ("554 5.7.1 Not you", ProviderRejected)],
)
def test_a_server_that_does_not_want_to_talk_has_accepted_nothing(greeting: str, error: type[Exception]) -> None:
    with (
        SmtpServer(script=Script(greeting=greeting)) as server,
        provider_for(server) as provider,
        pytest.raises(error, match=greeting[4:]),
    ):
        provider.submit(a_batch(), a_message())


def test_a_server_that_always_hangs_up_is_unavailable() -> None:
    with (
        SmtpServer(script=Script(cut_at_mail=9)) as server,
        provider_for(server) as provider,
        pytest.raises(ProviderUnavailable, match="ended the connection"),
    ):
        provider.submit(a_batch(), a_message())


@pytest.mark.parametrize(
    ("reply", "kind", "address_fault"),
    [
        ("450 4.2.0 Greylisted", OutcomeKind.DEFERRED, False),
        ("452 4.2.2 Mailbox full", OutcomeKind.DEFERRED, False),
        ("550 5.1.1 No such user", OutcomeKind.REJECTED, True),
        ("550 5.1.10 Null MX", OutcomeKind.REJECTED, True),
        ("550 5.2.1 Disabled", OutcomeKind.REJECTED, True),
        ("550 No such user", OutcomeKind.REJECTED, True),
        ("552 5.2.2 Mailbox full", OutcomeKind.REJECTED, False),
        ("550 5.7.1 Blocked", OutcomeKind.REJECTED, False),
        ("550 5.1.8 Bad sender", OutcomeKind.REJECTED, False),
        ("550 Relay access denied", OutcomeKind.REJECTED, False),
        ("554 Policy", OutcomeKind.REJECTED, False),
    ],
)
def test_a_refused_recipient_costs_only_itself_and_is_blamed_only_for_its_address(
    reply: str,
    kind: OutcomeKind,
    address_fault: bool,  # noqa: FBT001
) -> None:
    with SmtpServer(script=Script(rcpt={"person2@example.org": reply})) as server, provider_for(server) as provider:
        outcomes = provider.submit(a_batch(), a_message())
    assert kinds(outcomes) == [OutcomeKind.ACCEPTED, kind, OutcomeKind.ACCEPTED]
    assert outcomes[1].address_fault is address_fault
    assert outcomes[1].reason == reply


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("451 4.3.0 Later", OutcomeKind.DEFERRED), ("554 5.6.0 Looks like spam", OutcomeKind.REJECTED)],
)
def test_a_refusal_after_the_message_is_an_answer(reply: str, kind: OutcomeKind) -> None:
    with SmtpServer(script=Script(data=deque([reply]))) as server, provider_for(server) as provider:
        outcomes = provider.submit(a_batch(), a_message())
    assert kinds(outcomes) == [kind, OutcomeKind.ACCEPTED, OutcomeKind.ACCEPTED]
    assert not outcomes[0].address_fault


def test_a_sender_who_is_refused_stops_the_batch() -> None:
    with SmtpServer(script=Script(mail=deque(["550 5.7.1 Not your domain"]))) as server, provider_for(server) as mail:
        with pytest.raises(ProviderRejected, match=r"refuses the sender redaktion@news\.example\.org") as caught:
            mail.submit(a_batch(), a_message())
        assert "envelope_from" in caught.value.mend
        assert not server.received


def test_a_sender_who_has_to_wait_is_deferred() -> None:
    with SmtpServer(script=Script(mail=deque(["452 4.3.1 Full"]))) as server, provider_for(server) as provider:
        outcomes = provider.submit(a_batch(), a_message())
    assert kinds(outcomes) == [OutcomeKind.DEFERRED, OutcomeKind.ACCEPTED, OutcomeKind.ACCEPTED]


@pytest.mark.parametrize("keep", [True, False])
def test_a_connection_that_breaks_after_the_message_leaves_that_delivery_in_doubt_and_no_other(
    keep: bool,  # noqa: FBT001
) -> None:
    with SmtpServer(script=Script(cut_after_data=True, keep=keep)) as server, provider_for(server) as provider:
        first = provider.submit(a_batch(a_recipient(1)), a_message())
        server.script = Script()
        others = provider.submit(a_batch(a_recipient(2), a_recipient(3)), a_message())
    assert kinds(first) == [OutcomeKind.UNCERTAIN]
    assert kinds(others) == [OutcomeKind.ACCEPTED] * 2
    assert len(server.received) == 2 + keep


def test_a_server_that_is_silent_after_the_message_leaves_it_in_doubt() -> None:
    with SmtpServer(script=Script(wait=5)) as server, provider_for(server, data_timeout=SECOND / 10) as provider:
        outcomes = provider.submit(a_batch(a_recipient(1)), a_message())
    assert kinds(outcomes) == [OutcomeKind.UNCERTAIN]
    assert "timed out" in outcomes[0].reason


def test_after_the_first_accepted_message_trouble_defers_the_rest_instead_of_raising() -> None:
    replies = deque(["250 Fine", "550 5.7.1 Enough for today"])
    with SmtpServer() as server, provider_for(server) as provider:
        provider.submit(a_batch(a_recipient(1)), a_message())
        server.script.mail = replies
        replies.popleft()
        with pytest.raises(ProviderRejected):
            provider.submit(a_batch(a_recipient(2)), a_message())
        server.script.rcpt = {"person4@example.org": "530 5.7.0 Log in first"}
        outcomes = provider.submit(a_batch(a_recipient(3), a_recipient(4), a_recipient(5)), a_message())
    assert kinds(outcomes) == [OutcomeKind.ACCEPTED, OutcomeKind.DEFERRED, OutcomeKind.DEFERRED]
    assert "530" in outcomes[1].reason


def test_it_logs_in_where_it_is_told_to() -> None:
    with (
        SmtpServer(users={"rundbrief": "secret"}) as server,
        provider_for(server, username="rundbrief", password="secret") as provider,
    ):
        provider.submit(a_batch(), a_message())
    assert server.logins == ["rundbrief"]
    assert len(server.received) == 3


def test_a_wrong_password_stops_and_is_not_repeated_in_the_error() -> None:
    with (
        SmtpServer(users={"rundbrief": "secret"}) as server,
        provider_for(server, username="rundbrief", password="wr0ng-passw0rd") as provider,
    ):
        with pytest.raises(ProviderRejected, match="refuses the login: 535") as caught:
            provider.submit(a_batch(), a_message())
        assert "wr0ng-passw0rd" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"
        assert "password_env" in caught.value.mend


def test_a_server_that_wants_a_login_says_so_before_anything_is_sent() -> None:
    with (
        SmtpServer(users={"rundbrief": "secret"}) as server,
        provider_for(server) as provider,
        pytest.raises(ProviderRejected, match="takes mail only from who has logged in"),
    ):
        provider.submit(a_batch(), a_message())


def test_a_server_that_wants_encryption_is_told_apart_from_one_that_wants_a_login() -> None:
    with SmtpServer() as server, provider_for(server) as provider:
        server.script.mail.append("530 5.7.0 Must issue a STARTTLS command first")
        with pytest.raises(ProviderRejected, match="only by an encrypted connection") as caught:
            provider.submit(a_batch(), a_message())
    assert "starttls" in caught.value.mend


def test_a_password_never_goes_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ConfigError) as caught:
        SmtpProvider("mail", "mail.example.org", 25, security="none", username="rundbrief", password="secret")
    assert caught.value.problems[0].where == "providers.mail.security"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_encrypts_and_checks_the_certificate(certificate: Certificate, security: str) -> None:
    tls = security == "tls"
    with SmtpServer(certificate=certificate, tls=tls) as server:
        with provider_for(server, host="localhost", security=security, ca_file=certificate.certificate) as provider:
            provider.submit(a_batch(a_recipient(1)), a_message())
        assert server.encrypted or tls
        with (
            provider_for(server, host="localhost", security=security) as provider,
            pytest.raises(ProviderRejected, match=r"certificate of localhost:.* is not to be trusted"),
        ):
            provider.submit(a_batch(a_recipient(2)), a_message())
        assert len(server.received) == 1


def test_it_does_not_go_on_without_starttls() -> None:
    with (
        SmtpServer() as server,
        provider_for(server, security="starttls") as provider,
        pytest.raises(ProviderRejected, match="does not offer STARTTLS"),
    ):
        provider.submit(a_batch(), a_message())
    assert not server.received


def test_tls_at_a_port_that_speaks_plain_is_told_apart() -> None:
    with (
        SmtpServer() as server,
        provider_for(server, security="tls") as provider,
        pytest.raises(ProviderRejected, match="No encrypted connection"),
    ):
        provider.submit(a_batch(), a_message())


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    jorg = a_recipient(1, address="jörg@example.org")
    with SmtpServer() as server, provider_for(server) as provider:
        assert kinds(provider.submit(a_batch(jorg), a_message())) == [OutcomeKind.ACCEPTED]
    assert server.received[0].recipient == "jörg@example.org"
    with SmtpServer(smtputf8=False) as server, provider_for(server) as provider:
        outcomes = provider.submit(a_batch(jorg, a_recipient(2)), a_message())
    assert kinds(outcomes) == [OutcomeKind.REJECTED, OutcomeKind.ACCEPTED]
    assert "beyond ASCII" in outcomes[0].reason


def test_an_internationalised_domain_goes_in_its_ascii_form() -> None:
    with SmtpServer(smtputf8=False) as server, provider_for(server) as provider:
        provider.submit(a_batch(a_recipient(1, address="anna@müller.example")), a_message())
    assert server.received[0].recipient == "anna@xn--mller-kva.example"


def test_a_reply_is_kept_on_one_line_and_short() -> None:
    reply = Reply.read(550, b"5.1.1 No\r\nsuch\x1b[31m user " + b"x" * 2000)
    assert str(reply).startswith("550 5.1.1 No such [31m user x")
    assert len(str(reply)) < 310
