"""The API over real HTTP: what programs do with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from pipeline import wiring
from pipeline.domain.api_token import Scope
from pipeline.domain.audience import NewSubscriber, SuppressionReason
from pipeline.domain.issue import IMMEDIATE, IssueKey
from pipeline.domain.run import RunOutcome
from pipeline.store.database import reading
from pipeline.store.tables import metadata
from tests.fakes.api_house import ApiHouse, api_house, write_articles

ARTICLE = {
    "source": "cms",
    "id": "post-1",
    "title": "Die Brücke",
    "url": "https://www.example.org/bruecke",
    "html": '<p>Text <script>alert("x")</script><img src="/a.jpg" alt="Brücke"></p>',
    "topics": ["Bau"],
    "published": "2026-11-20T10:00:00+01:00",
}
PERSON = {"newsletter": "brief", "address": "Anna@Example.org", "name": "Anna", "cadence": "immediate"}
CONSENT = {"confirmed": True, "consent": "Ich will den Brief."}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    with api_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def token(house: ApiHouse) -> str:
    return house.token()


def test_an_article_that_is_sent_in_is_cleaned_and_settles_before_mail_carries_it(house: ApiHouse, token: str) -> None:
    house.app.store.subscriptions.add_subscribers(
        [NewSubscriber(address="a@example.org")], "brief", "immediate", confirmed=True, now=house.now
    )
    answer = house.ask("POST", "/articles", ARTICLE, token=token)
    assert (answer.status_code, answer.json()["fate"]) == (201, "new")
    made = answer.json()
    assert made["html"] == '<p>Text <img src="https://www.example.org/a.jpg" alt="Brücke"></p>'
    assert made["topics"] == ["Bau", "Haus"], "those of the source are added"
    assert made["published"] == "2026-11-20T09:00:00Z"
    assert house.app.release() == 0
    house.forward(timedelta(minutes=10))
    assert house.app.release() == 1, "what is sent first is no backlog"
    assert house.ask("GET", f"/articles/{made['id']}", token=token).json()["release"] == 1


def test_what_is_sent_again_is_revised_and_not_doubled(house: ApiHouse, token: str) -> None:
    first = house.ask("POST", "/articles", ARTICLE, token=token).json()
    again = house.ask("POST", "/articles", ARTICLE, token=token)
    assert (again.status_code, again.json()["fate"]) == (200, "unchanged")
    revised = house.ask("POST", "/articles", {**ARTICLE, "title": "Die alte Brücke"}, token=token).json()
    assert (revised["id"], revised["fate"], revised["revision"]) == (first["id"], "revised", 2)
    content = {"title": "Die neue Brücke", "text": "Eins.\n\nZwei & drei."}
    put = house.ask("PUT", f"/articles/{first['id']}", content, token=token).json()
    assert (put["html"], put["revision"]) == ("<p>Eins.</p><p>Zwei &amp; drei.</p>", 3)
    assert house.app.store.articles.count() == 1
    assert house.changes == [3], "what is unchanged is not published again"


def test_what_is_taken_back_is_retracted_and_may_come_again(house: ApiHouse, token: str) -> None:
    made = house.ask("POST", "/articles", ARTICLE, token=token).json()
    assert house.ask("DELETE", f"/articles/{made['id']}", token=token).status_code == 204
    assert house.ask("GET", f"/articles/{made['id']}", token=token).json()["retracted"] is not None
    assert house.ask("GET", "/articles", token=token).json()["articles"] == []
    house.ask("POST", "/articles", ARTICLE, token=token)
    assert house.ask("GET", f"/articles/{made['id']}", token=token).json()["retracted"] is None


def test_who_sends_an_article_is_told_what_was_odd_about_it(house: ApiHouse, token: str) -> None:
    odd = {"source": "cms", "id": "1", "html": "<p>Kein Titel.</p>", "published": "2031-01-01T00:00:00Z"}
    notes = house.ask("POST", "/articles", odd, token=token).json()["notes"]
    assert ["no title" in notes[0] or "lies in the future" in notes[0], len(notes)] == [True, 2]


def test_an_old_article_goes_to_the_feeds_and_not_to_mail(house: ApiHouse, token: str) -> None:
    house.ask("POST", "/articles", {**ARTICLE, "backlog": True}, token=token)
    house.ask("POST", "/articles", {"source": "cms", "id": "2", "title": "Neu", "text": "Anderes."}, token=token)
    house.forward(timedelta(minutes=11))
    assert house.app.release() == 1


def test_what_another_source_shows_is_not_changed_here(house: ApiHouse, token: str) -> None:
    write_articles(house, ["Eins"])
    answer = house.ask("DELETE", "/articles/1", token=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-sent")
    assert "it comes from artikel" in answer.json()["detail"]
    wrong = house.ask("POST", "/articles", {**ARTICLE, "source": "artikel"}, token=token)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/source")


def test_a_list_is_read_page_by_page(house: ApiHouse, token: str) -> None:
    write_articles(house, [f"Nummer {n}" for n in range(5)])
    seen, cursor = [], ""
    while cursor is not None:
        page = house.ask("GET", f"/articles?limit=2&cursor={cursor}" if cursor else "/articles?limit=2", token=token)
        seen += [one["title"] for one in page.json()["articles"]]
        cursor = page.json()["next"]
    assert seen == [f"Nummer {n}" for n in (4, 3, 2, 1, 0)]
    assert len(house.ask("GET", "/articles?topic=KI", token=token).json()["articles"]) == 5
    assert house.ask("GET", "/articles?topic=Bau", token=token).json()["articles"] == []


def test_who_is_signed_up_is_asked_to_confirm_and_nothing_is_told_of_them(house: ApiHouse, token: str) -> None:
    first = house.ask("POST", "/subscribers", PERSON, token=token)
    assert (first.status_code, first.json()) == (202, {"state": "asked"})
    house.ask("POST", "/subscribers", {**PERSON, **CONSENT, "address": "b@example.org"}, token=token)
    known = house.ask("POST", "/subscribers", {**PERSON, "address": "b@example.org"}, token=token)
    assert (known.status_code, known.content) == (202, first.content)
    assert house.app.store.sign_ups.decide(house.now) == 2
    assert house.wakes == [3]


def test_who_has_agreed_before_is_subscribed_with_the_words_that_they_agreed_to(house: ApiHouse, token: str) -> None:
    answer = house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["address"], made["state"], made["cadence"]) == ("Anna@example.org", "active", "immediate")
    known = house.app.store.preferences.everything(made["id"])
    assert known is not None
    assert [one["words"] for one in known["consents"]] == ["Ich will den Brief."]
    assert house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token).status_code == 200
    without = house.ask("POST", "/subscribers", {**PERSON, "confirmed": True}, token=token)
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/consent")


def test_nobody_is_revived_who_left_or_is_suppressed(house: ApiHouse, token: str) -> None:
    made = house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token).json()
    left = house.ask("POST", f"/subscribers/{made['id']}/unsubscribe", token=token).json()
    assert (left["state"], left["ended_how"]) == ("unsubscribed", "api")
    assert house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token).json()["code"] == "ended"
    house.app.store.subscriptions.suppress("c@example.org", SuppressionReason.COMPLAINT, "", house.now)
    refused = house.ask("POST", "/subscribers", {**PERSON, **CONSENT, "address": "c@example.org"}, token=token)
    assert (refused.status_code, refused.json()["code"]) == (409, "suppressed")


def test_a_subscription_is_found_changed_and_erased(house: ApiHouse, token: str) -> None:
    made = house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token).json()
    found = house.ask("POST", "/subscribers/search", {"address": "ANNA@example.org"}, token=token).json()
    assert [one["id"] for one in found["subscribers"]] == [made["id"]]
    change = {"cadence": "daily", "topics": ["Bau"], "name": "Anna B."}
    changed = house.ask("PATCH", f"/subscribers/{made['id']}", change, token=token).json()
    assert (changed["cadence"], changed["topics"], changed["name"]) == ("daily", ["bau"], "Anna B.")
    assert changed["language"] is None
    assert house.ask("DELETE", f"/subscribers/{made['id']}", token=token).status_code == 204
    assert house.ask("GET", f"/subscribers/{made['id']}", token=token).status_code == 404
    assert house.ask("GET", "/subscribers", token=token).json() == {"subscribers": [], "next": None}


def test_subscribers_of_a_newsletter_and_a_state_come_in_pages(house: ApiHouse, token: str) -> None:
    people = [NewSubscriber(address=f"p{n}@example.org") for n in range(5)]
    house.app.store.subscriptions.add_subscribers(people, "brief", "daily", confirmed=True, now=house.now)
    path = "/subscribers?newsletter=brief&state=active&limit=3"
    first = house.ask("GET", path, token=token).json()
    rest = house.ask("GET", f"{path}&cursor={first['next']}", token=token).json()
    shown = [one["address"] for one in first["subscribers"] + rest["subscribers"]]
    assert shown == [f"p{n}@example.org" for n in range(5)]
    assert rest["next"] is None
    assert house.ask("GET", "/subscribers?newsletter=brief&state=paused", token=token).json()["subscribers"] == []
    assert house.ask("GET", "/subscribers?state=paused", token=token).status_code == 422


def test_an_issue_is_read_with_its_books_and_controlled(house: ApiHouse, token: str) -> None:
    made = house.ask("POST", "/subscribers", {**PERSON, **CONSENT}, token=token).json()
    article = house.ask("POST", "/articles", ARTICLE, token=token).json()
    house.forward(timedelta(minutes=11))
    asked = {"address": made["address"], "article": article["id"]}
    assert house.ask("POST", "/explanations", asked, token=token).json()["explanations"][0]["fate"] == "comes"
    (planned,) = [one for one in house.ask("GET", "/plan?newsletter=brief", token=token).json()["issues"] if one["due"]]
    assert (planned["recipients"], planned["articles"]) == (1, [article["id"]])
    issue = _frozen(house)
    listed = house.ask("GET", "/issues", token=token).json()["issues"]
    assert [(one["id"], one["books"]["to_do"], one["state"]) for one in listed] == [(issue, 1, "open")]
    assert house.ask("POST", f"/issues/{issue}/pause", token=token).json()["hold"] == "paused"
    assert house.ask("POST", f"/issues/{issue}/pause", token=token).status_code == 409
    assert house.ask("POST", f"/issues/{issue}/resume", token=token).json()["hold"] is None
    cancelled = house.ask("POST", f"/issues/{issue}/cancel", {"reason": "a mistake"}, token=token).json()
    assert (cancelled["state"], cancelled["books"]["cancelled"]) == ("cancelled", 1)
    chain = house.ask("GET", f"/issues/{issue}", token=token).json()["chain"]
    assert chain[-1]["what"] == "It was cancelled (a mistake): 0 of 1 were accepted."


def _frozen(house: ApiHouse) -> int:
    """The immediate issue of what has settled."""
    house.app.release()
    letter = house.app.newsletters["brief"]
    key = IssueKey(newsletter="brief", cadence=IMMEDIATE, zone="Europe/Berlin", slot=house.now)
    issue = house.app.store.issues.freeze(key, wiring.mail.terms(letter, house.app.providers(letter)), house.now)
    assert issue is not None
    return issue


def test_runs_are_listed_and_read(house: ApiHouse, token: str) -> None:
    run = house.app.store.runs.begin("collect/cms", None, "me", house.now)
    assert run is not None
    house.app.store.runs.end(run, RunOutcome.DONE, {"new": 1}, (), house.now)
    (listed,) = house.ask("GET", "/runs?job=collect/cms", token=token).json()["runs"]
    assert (listed["id"], listed["outcome"]) == (run, "done")
    assert house.ask("GET", f"/runs/{run}", token=token).json()["counts"] == {"new": 1}
    assert house.ask("GET", "/runs/99", token=token).status_code == 404


def test_mailing_is_put_on_hold_and_goes_on(house: ApiHouse, token: str) -> None:
    assert house.ask("GET", "/hold", token=token).json()["held"] is False
    held = house.ask("PUT", "/hold", {"reason": "wrong price"}, token=token).json()
    assert (held["held"], held["reason"]) == (True, "wrong price")
    assert house.app.store.standstills.now() is not None
    assert house.ask("DELETE", "/hold", token=token).json()["held"] is False


def test_a_request_that_comes_twice_with_one_key_is_carried_out_once(house: ApiHouse, token: str) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = house.ask("POST", "/subscribers", PERSON, token=token, headers=key)
    again = house.ask("POST", "/subscribers", PERSON, token=token, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert house.app.store.sign_ups.decide(house.now) == 1
    other = house.ask("POST", "/subscribers", {**PERSON, "name": "Else"}, token=token, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key")
    elsewhere = house.ask("POST", "/subscribers", PERSON, token=house.token(), headers=key)
    assert "idempotency-replayed" not in elsewhere.headers, "a key is its token's"


def test_who_is_erased_is_in_no_answer_that_is_kept(house: ApiHouse, token: str) -> None:
    sent = {**PERSON, **CONSENT}
    made = house.ask("POST", "/subscribers", sent, token=token, headers={"Idempotency-Key": "a-1"}).json()
    house.ask("DELETE", f"/subscribers/{made['id']}", token=token)
    with reading(house.app.store.engine) as tx:
        every = [tx.execute(table.select()).all() for table in metadata.sorted_tables]
    assert "example.org" not in str(every).replace("news.example.org", "").lower()


def test_a_request_that_failed_may_be_made_again_with_its_key(house: ApiHouse, token: str) -> None:
    key = {"Idempotency-Key": "a-1"}
    assert house.ask("POST", "/issues/1/pause", token=token, headers=key).status_code == 404
    assert house.ask("POST", "/issues/1/pause", token=token, headers=key).status_code == 404
    wrong = house.ask("POST", "/issues/1/pause", token=token, headers={"Idempotency-Key": "ü" * 2 + "x" * 70})
    assert wrong.status_code == 400


def test_the_document_is_openapi_and_names_every_route(house: ApiHouse) -> None:
    document = house.ask("GET", "/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "https://news.example.org/api/v1"}]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    pushed = document["paths"]["/articles"]["post"]
    assert set(pushed["responses"]) >= {"200", "201", "401", "403", "409", "413", "415", "422", "429"}
    named = set(_references(document))
    assert named <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert {scope.value for scope in Scope} == {
        one["description"].split("`")[1] for path in document["paths"].values() for one in path.values()
    }


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)
