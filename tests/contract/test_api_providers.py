"""What every provider with an HTTP API promises when its server misbehaves, refuses, or loses an answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.deliver.provider import Queryable, Shape
from pipeline.domain.ledger import Batch, OutcomeKind
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain
from tests.fakes.houses import APIS, ApiHouse
from tests.fakes.mailgun_server import Fault
from tests.fakes.mailings import a_batch, a_message, a_recipient, submitted


@pytest.fixture(params=APIS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApiHouse]:
    with APIS[request.param](tmp_path) as opened:
        yield opened


def addresses(house: ApiHouse) -> list[str]:
    return sorted(str(message["To"].addresses[0].addr_spec) for message in house.mail())


def batch_of(house: ApiHouse, *, most: int = 3, attempt: int = 1, sequence: int = 0) -> Batch:
    """A batch as large as the provider takes, but for ``most``."""
    size = min(most, house.provider.capabilities.max_batch)
    return a_batch(*(a_recipient(number) for number in range(1, size + 1)), attempt=attempt, sequence=sequence)


def everyone(house: ApiHouse) -> list[str]:
    return [recipient.address for recipient in batch_of(house).recipients]


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_when_to_come_again_comes_again_then(house: ApiHouse, status: int) -> None:
    house.faults.append(Fault(status=status, body='{"message": "slow down"}', headers={"Retry-After": "37"}))
    with pytest.raises(ProviderUnavailable) as caught:
        house.provider.submit(batch_of(house), a_message())
    assert caught.value.retry_after == timedelta(seconds=37)
    assert house.mail() == []
    house.provider.submit(batch_of(house), a_message())
    assert addresses(house) == everyone(house)


@pytest.mark.parametrize("body", ["{}", "Rate limit exceeded", "<html>Too Many Requests</html>"])
def test_429_without_a_time_is_unavailable_all_the_same(house: ApiHouse, body: str) -> None:
    house.faults.append(Fault(status=429, body=body))
    with pytest.raises(ProviderUnavailable):
        house.provider.submit(batch_of(house), a_message())


@pytest.mark.parametrize("status", [500, 502, 504, 408])
@pytest.mark.parametrize("accept", [False, True])
def test_after_an_unclear_answer_nobody_is_taken_for_reached_or_for_not_reached(
    house: ApiHouse, status: int, *, accept: bool
) -> None:
    house.faults.append(Fault(status=status, body='{"message": "Internal Server Error"}', accept=accept))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())
    assert house.submissions == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, '{"message": "Not you."}') for status in (401, 402, 403, 404, 409, 422)),
        (403, "<html><body>Not you.</body></html>"),
        (422, "{}"),
    ],
)
def test_what_is_refused_as_such_stops_at_once_and_says_what_was_said(house: ApiHouse, status: int, body: str) -> None:
    house.faults.append(Fault(status=status, body=body))
    with pytest.raises(ProviderRejected, match=str(status)) as caught:
        house.provider.submit(batch_of(house), a_message())
    assert ("Not you" in body) == ("Not you" in caught.value.what)
    assert house.submissions == 1
    assert house.mail() == []


def test_an_answer_that_breaks_off_leaves_the_batch_in_doubt(house: ApiHouse) -> None:
    house.faults.append(Fault(cut=True, accept=True, body='{"id": "1", "message": "Queu'))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())


def test_an_empty_202_is_no_proof_of_anything_unless_it_is_what_the_provider_answers(house: ApiHouse) -> None:
    house.faults.append(Fault(status=202))
    if house.provider.name == "sendgrid":
        outcomes = house.provider.submit(batch_of(house), a_message())
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
        return
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())


@pytest.mark.parametrize("accept", [False, True])
def test_a_connection_that_is_cut_leaves_the_batch_in_doubt(house: ApiHouse, *, accept: bool) -> None:
    house.faults.append(Fault(cut=True, accept=accept))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())
    assert house.submissions == 1


@pytest.mark.parametrize("body", ["<html><body>It works!</body></html>", '{"cut": "of', "[]", "null", "{}"])
def test_a_200_that_is_not_the_apis_leaves_the_batch_in_doubt(house: ApiHouse, body: str) -> None:
    house.faults.append(Fault(body=body, headers={"Content-Type": "text/html"}))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())


def test_a_wrong_key_stops_and_says_so(house: ApiHouse) -> None:
    with pytest.raises(ProviderRejected) as caught:
        house.another(api_key="wrong").submit(batch_of(house), a_message())
    assert "wrong" not in str(caught.value)
    assert caught.value.mend
    assert house.mail() == []


def test_a_redirect_is_not_followed_with_the_key(house: ApiHouse) -> None:
    house.faults.append(Fault(status=307, body="{}", headers={"Location": "http://127.0.0.1:9/elsewhere"}))
    with pytest.raises(ProviderRejected, match="redirect"):
        house.provider.submit(batch_of(house), a_message())


def test_a_server_that_is_not_there_has_surely_accepted_nothing(house: ApiHouse) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ProviderUnavailable):
        house.another(base_url=f"http://127.0.0.1:{port}").submit(batch_of(house), a_message())


def test_a_refusal_of_the_whole_request_is_not_tried_for_everybody_alone(house: ApiHouse) -> None:
    house.faults.extend([Fault(status=400, body=json.dumps({"message": "The sender is not verified."}))] * 50)
    with pytest.raises(ProviderRejected):
        house.provider.submit(batch_of(house, most=32), a_message())
    assert house.submissions == 1


def test_a_call_that_is_too_large_is_divided_and_loses_no_content(house: ApiHouse) -> None:
    recipients = [a_recipient(number) for number in range(1, 9)]
    text = "Wort für Wort " * 2000
    house.limit(4 * len(text))
    outcomes = submitted(house.provider, recipients, a_message(text=text, html="<p>kurz</p>"))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert len(set(addresses(house))) == len(addresses(house)) == 8
    for message in house.mail():
        body = message.get_body(("plain",))
        assert body is not None
        assert body.get_content().split() == text.split()


def test_one_message_that_is_too_large_is_refused_without_blaming_the_address(house: ApiHouse) -> None:
    house.limit(2000)
    (outcome,) = house.provider.submit(a_batch(a_recipient(1)), a_message(text="x " * 5000))
    assert outcome.kind is OutcomeKind.REJECTED
    assert not outcome.address_fault


def test_what_is_in_doubt_in_one_part_does_not_hide_what_was_accepted_in_another(house: ApiHouse) -> None:
    recipients = batch_of(house, most=8).recipients
    text = "Wort für Wort " * 2000
    # The whole is refused, for its size or for an address in it; of its parts one is accepted and one is cut.
    if house.provider.capabilities.shape is Shape.MESSAGES:
        house.limit(4 * len(text))
    else:
        house.refuse(recipients[-1].address)
    house.faults.extend([Fault(accept=True), Fault(accept=True), Fault(cut=True, accept=True)])
    batch, message = a_batch(*recipients), a_message(text=text, html="<p>kurz</p>")
    if house.provider.capabilities.key_life is not None and house.provider.capabilities.shape is Shape.MESSAGES:
        with pytest.raises(SubmissionUncertain):
            house.provider.submit(batch, message)
        # The parts have keys too: handed over again as it was, everybody gets it once.
        outcomes = house.provider.submit(batch, message)
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
        assert sorted(addresses(house)) == sorted(one.address for one in recipients)
        return
    outcomes = house.provider.submit(batch, message)
    reached = set(addresses(house))
    for outcome, recipient in zip(outcomes, recipients, strict=True):
        if outcome.kind is OutcomeKind.ACCEPTED:
            assert recipient.address in reached
        if outcome.kind in (OutcomeKind.DEFERRED, OutcomeKind.REJECTED):
            assert recipient.address not in reached
    # Who names the address that is refused needs only one more call.
    assert (OutcomeKind.UNCERTAIN in {outcome.kind for outcome in outcomes}) == (house.submissions > 2)


def test_the_same_batch_again_is_accepted_once_by_a_provider_that_knows_its_key(house: ApiHouse) -> None:
    if house.provider.capabilities.key_life is None:
        assert isinstance(house.provider, Queryable) or house.provider.capabilities.log_settles is None
        return
    house.faults.append(Fault(cut=True, accept=True))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())
    outcomes = house.provider.submit(batch_of(house, attempt=2), a_message())
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert addresses(house) == everyone(house)


def test_a_log_shows_what_an_answer_lost(house: ApiHouse) -> None:
    if not isinstance(house.provider, Queryable):
        assert house.provider.capabilities.log_settles is None
        return
    assert house.provider.look_up(batch_of(house)) is None
    house.faults.append(Fault(cut=True, accept=True))
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(batch_of(house), a_message())
    outcomes = house.provider.look_up(batch_of(house))
    assert outcomes is not None
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}
    assert house.provider.look_up(batch_of(house, sequence=1)) is None


def test_a_log_that_may_not_be_read_says_so(house: ApiHouse) -> None:
    other = house.another(api_key="wrong")
    if isinstance(other, Queryable):
        with pytest.raises(ProviderRejected):
            other.look_up(batch_of(house))


def test_two_recipients_with_one_address_get_one_message(house: ApiHouse) -> None:
    if house.provider.capabilities.max_batch == 1:
        return
    twice = a_recipient(2, address="PERSON1@example.org")
    outcomes = house.provider.submit(a_batch(a_recipient(1), twice, a_recipient(3)), a_message())
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.REJECTED,
        OutcomeKind.ACCEPTED,
    ]
    assert not outcomes[1].address_fault
    assert len(house.mail()) == 2
