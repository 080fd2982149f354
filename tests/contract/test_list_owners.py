"""What every provider that owns its list promises: its people get an issue once, whatever happens to the calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest

from pipeline.deliver.provider import Provider
from pipeline.deliver.providers.buttondown import buttondown
from pipeline.deliver.providers.list_owner import ListOwner
from pipeline.deliver.providers.listmonk import listmonk
from pipeline.deliver.providers.mailchimp import mailchimp
from pipeline.domain.audience import list_address
from pipeline.domain.ledger import Batch, OutcomeKind
from pipeline.domain.message import Message, placeholder
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain
from tests.fakes.list_owner_servers import API_KEY, ButtondownServer, ListmonkServer, ListServer, MailchimpServer
from tests.fakes.mailgun_server import Fault
from tests.fakes.mailings import a_batch, a_message, a_recipient

TIMEOUT = timedelta(seconds=5)
PEOPLE = ["anna@example.org", "ben@example.org", "cleo@example.org"]
SERVERS: dict[str, type[ListServer]] = {
    "listmonk": ListmonkServer,
    "buttondown": ButtondownServer,
    "mailchimp": MailchimpServer,
}
STAGES = ["look", "make", "fill", "start"]
GREETING, OUT, DESK = (placeholder(name) for name in ("greeting", "unsubscribe_url", "preferences_url"))


def made(type_: str, key: str, base_url: str) -> ListOwner:
    if type_ == "listmonk":
        return listmonk("lists", key, username="rundbrief", lists=[3], template=1, base_url=base_url, timeout=TIMEOUT)
    if type_ == "mailchimp":
        return mailchimp("lists", key, audience="a1b2", base_url=base_url, timeout=TIMEOUT)
    return buttondown("lists", key, base_url=base_url, timeout=TIMEOUT)


@dataclass
class ListHouse:
    type: str
    server: ListServer
    provider: ListOwner

    def another(self, key: str) -> Provider:
        return made(self.type, key, self.server.base_url)


@pytest.fixture(params=SERVERS)
def house(request: pytest.FixtureRequest) -> Iterator[ListHouse]:
    with SERVERS[request.param]() as server:
        provider = made(request.param, API_KEY, server.base_url)
        yield ListHouse(request.param, server, provider)
        provider.close()


def the_list(attempt: int = 1, sequence: int = 0) -> Batch:
    fields = {"greeting": "Guten Tag,", "unsubscribe_url": "https://ours/u", "preferences_url": "https://ours/p"}
    recipient = a_recipient(1, address=list_address("lists"), name="", fields=fields)
    return a_batch(recipient, attempt=attempt, sequence=sequence)


def a_letter(html: str = "", text: str = "", subject: str = "Grüße 🤖") -> Message:
    return a_message(
        subject=subject,
        html=f'<p>{GREETING}</p>{html}<a href="{OUT}">Abmelden</a> <a href="{DESK}">Themen</a>',
        text=f"{GREETING}\n{text}\n{OUT}\n{DESK}\n",
        reply_to=None,
    )


def html_of(house: ListHouse, place: int = 0) -> str:
    body = house.server.accepted[place][1].get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_everybody_on_the_list_gets_the_issue_with_the_owners_own_ways_out(house: ListHouse) -> None:
    (outcome,) = house.provider.submit(the_list(), a_letter())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.provider_ref == "1"
    assert house.server.addresses() == PEOPLE
    for place, person in enumerate(PEOPLE):
        message, html = house.server.accepted[place][1], html_of(house, place)
        assert message["Subject"] == "Grüße 🤖"
        assert "Guten Tag," in html
        assert f"https://owner.example/u/{person}" in html
        assert f"https://owner.example/m/{person}" in html
        assert "https://ours" not in html


def test_the_same_issue_again_mails_nobody_twice(house: ListHouse) -> None:
    for attempt in (1, 2, 3):
        (outcome,) = house.provider.submit(the_list(attempt), a_letter())
        assert outcome.kind is OutcomeKind.ACCEPTED
    house.provider.submit(the_list(sequence=1), a_letter())
    assert house.server.addresses() == PEOPLE * 2


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("accept", [False, True])
@pytest.mark.parametrize("fault", ["cut", "500", "429"])
def test_whatever_call_is_lost_everybody_gets_it_once(
    house: ListHouse, stage: str, fault: str, *, accept: bool
) -> None:
    wrong = Fault(cut=True, accept=accept) if fault == "cut" else Fault(status=int(fault), body="{}", accept=accept)
    house.server.faults_at[stage] = wrong
    try:
        house.provider.submit(the_list(), a_letter())
    except SubmissionUncertain:
        assert stage == "start"
    except ProviderUnavailable:
        # Surely nobody was mailed: that may be said of all that comes before the start.
        assert stage != "start" or fault == "429"
        assert house.server.accepted == [] or stage == "start"
    (outcome,) = house.provider.submit(the_list(2), a_letter())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert house.server.addresses() == PEOPLE


def test_a_campaign_that_was_made_late_is_never_started(house: ListHouse) -> None:
    house.provider.submit(the_list(), a_letter())
    late = house.server.campaigns[0]
    house.server.keep(late.document, "save" if house.type == "mailchimp" else "draft")
    house.provider.submit(the_list(2), a_letter())
    assert house.server.addresses() == PEOPLE


def test_doubt_is_solved_by_what_the_owner_shows(house: ListHouse) -> None:
    assert house.provider.look_up(the_list()) is None
    house.server.faults_at["start"] = Fault(cut=True)
    with pytest.raises(SubmissionUncertain):
        house.provider.submit(the_list(), a_letter())
    assert house.provider.look_up(the_list()) is None
    house.provider.submit(the_list(2), a_letter())
    found = house.provider.look_up(the_list())
    assert found is not None
    assert [outcome.kind for outcome in found] == [OutcomeKind.ACCEPTED]


def test_a_person_is_not_mailed_by_a_push_to_the_list(house: ListHouse) -> None:
    (outcome,) = house.provider.submit(a_batch(a_recipient(1)), a_message())
    assert outcome.kind is OutcomeKind.REJECTED
    assert not outcome.address_fault
    assert house.server.requests == []


def test_what_looks_like_a_variable_in_an_article_stays_text(house: ListHouse) -> None:
    tricky = "{{ UnsubscribeURL }} {{{x}}} {% if %} {# c #} *|UNSUB|* *|FNAME|* https://example.org/@TrackLink {"
    house.provider.submit(the_list(), a_letter(html=tricky, text=tricky, subject=tricky))
    assert tricky in unescape(html_of(house))
    assert str(house.server.accepted[0][1]["Subject"]).replace("\u2060", "") == tricky


def test_a_test_goes_to_its_one_address_only(house: ListHouse) -> None:
    person = a_recipient(0, address="redaktion@example.org", fields=the_list().recipients[0].fields)
    (outcome,) = house.provider.submit(a_batch(person, test=True), a_letter())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert house.server.tested == ["redaktion@example.org"]
    assert house.server.accepted == []


def test_a_wrong_key_stops_and_says_so(house: ListHouse) -> None:
    with pytest.raises(ProviderRejected) as caught:
        house.another("wrong").submit(the_list(), a_letter())
    assert "wrong" not in str(caught.value)
    assert house.server.campaigns == []


@pytest.mark.parametrize("stage", ["look", "make"])
@pytest.mark.parametrize("body", ["<html>It works!</html>", "{}", "[]", "null"])
def test_an_answer_that_is_not_the_apis_mails_nobody(house: ListHouse, stage: str, body: str) -> None:
    house.server.faults_at[stage] = Fault(body=body)
    with pytest.raises(ProviderUnavailable):
        house.provider.submit(the_list(), a_letter())
    assert house.server.accepted == []


def test_a_start_that_is_refused_stops(house: ListHouse) -> None:
    house.server.faults_at["start"] = Fault(status=400, body='{"message": "No."}')
    with pytest.raises(ProviderRejected, match="400"):
        house.provider.submit(the_list(), a_letter())


def test_mailchimp_can_not_have_answers_go_elsewhere() -> None:
    with MailchimpServer() as server:
        provider = made("mailchimp", API_KEY, server.base_url)
        with pytest.raises(ProviderRejected, match="answers go to"):
            provider.submit(the_list(), a_message(html="<p>x</p>", text="x", subject="x", headers=()))
        provider.close()
