"""Every reason why somebody has an article, gets it or doesn't, from evidence of either database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline.domain.audience import Choice, NewSubscriber, SuppressionReason
from pipeline.domain.event import Event, EventKind, EventRules
from pipeline.domain.explaining import explain
from pipeline.domain.explanation import Explanation, Fate, Prospect
from pipeline.domain.issue import IMMEDIATE, MOST, IssueKey, IssueState
from pipeline.domain.ledger import OutcomeKind
from pipeline.domain.sign_up import NewSignUp
from pipeline.store.store import Store
from tests.fakes.desk import Clock, desk, drain
from tests.fakes.mailing import NEWSLETTER, TERMS, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import CALL_LOST, FakeProvider
from tests.fakes.times import START, at

BERLIN = ZoneInfo("Europe/Berlin")


def explained(store: Store, now: datetime, *, name: str = "a", key: str = "x", **prospect: Any) -> Explanation:
    """Why a, or another, has an article or not, with a newsletter that is configured unless it is said otherwise."""
    article = next(one.id for one in store.articles.newest(limit=None) if one.content.title == f"Titel {key}")
    return explained_article(store, now, article, name=name, **prospect)


def explained_article(store: Store, now: datetime, article: Any, *, name: str = "a", **prospect: Any) -> Explanation:
    given = {"terms": TERMS, "scheduled": True, **prospect}
    terms = {} if given["terms"] is None else {NEWSLETTER: given["terms"]}
    evidence = store.evidence.evidence(f"{name}@Example.org", article, terms)
    prospects: Mapping[str, Prospect] = {NEWSLETTER: Prospect(**given)}
    return explain(evidence, prospects, now, BERLIN)[0]


def codes(found: Explanation) -> tuple[Fate, list[str]]:
    return found.fate, [one.code for one in found.reasons]


def links(found: Explanation) -> list[str]:
    return [one.code for one in found.chain]


def accepted(store: Store, now: datetime) -> FakeProvider:
    provider = FakeProvider("fake")
    drain(desk(store, Clock(now), provider))
    return provider


def test_who_has_it_is_told_the_whole_chain(store: Store) -> None:
    subscribe(store, START, "a", "b", "c")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    accepted(store, at(3))
    told = Event(id="1", kind=EventKind.DELIVERED, at=at(4), recipient="a@example.org", number=issue)
    store.events.record("fake", [told], at(5), EventRules())
    found = explained(store, at(6))
    assert codes(found) == (Fate.HAS, ["accepted"])
    assert links(found) == [
        "subscribed",
        "collected",
        "released",
        "issue",
        "submitted",
        "accepted",
        "event-delivered",
        "stands",
    ]
    put_together = found.chain[3].what
    assert "article is 1 of 1 in variant 1 (de), in revision 1" in put_together
    assert "stood at 0; the issue covers up to 1" in put_together
    assert found.chain[2].what == "Released as number 1, with the topic ki."


def test_nobody_of_that_address(store: Store) -> None:
    show(store, [sighting("x")], at(1))
    assert codes(explained(store, at(2))) == (Fate.NOT, ["not-subscribed"])


def test_a_sign_up_that_was_not_confirmed(store: Store) -> None:
    show(store, [sighting("x")], at(1))
    asked = NewSignUp(newsletter=NEWSLETTER, address="a@example.org", choice=Choice(cadence=IMMEDIATE))
    store.sign_ups.ask(asked, at(1))
    assert codes(explained(store, at(2))) == (Fate.NOT, ["unconfirmed", "not-subscribed"])


def test_a_subscription_that_was_not_confirmed(store: Store) -> None:
    people = [NewSubscriber(address="a@example.org")]
    store.subscriptions.add_subscribers(people, NEWSLETTER, IMMEDIATE, confirmed=False, now=START)
    show(store, [sighting("x")], at(1))
    assert codes(explained(store, at(2))) == (Fate.NOT, ["unconfirmed"])


def test_a_topic_that_was_not_chosen(store: Store) -> None:
    subscribe(store, START, "a", topics=["Sport"])
    show(store, [sighting("x")], at(1))
    assert codes(explained(store, at(1))) == (Fate.NOT, ["topic-not-chosen"]), "before any issue"
    freeze_immediate(store, at(2))
    found = explained(store, at(3))
    assert codes(found) == (Fate.NOT, ["topic-not-chosen"])
    assert found.reasons[0].what == "The article has the topic ki; the person chose the topic sport."


def test_a_topic_that_the_newsletter_does_not_carry(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    found = explained(store, at(2), terms=replace(TERMS, topics=frozenset({"sport"})))
    assert codes(found) == (Fate.NOT, ["topic-not-carried"])


def test_who_came_after_it_was_released(store: Store) -> None:
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    subscribe(store, at(2), "a")
    assert codes(explained(store, at(3))) == (Fate.NOT, ["before-subscription"])


def test_what_was_covered_while_the_person_was_away(store: Store) -> None:
    subscribe(store, START, "a", "b")
    mine = next(store.subscriptions.listed(address="a@example.org"))
    store.subscriptions.unsubscribe(mine.id, at(1), "page")
    show(store, [sighting("x")], at(2))
    freeze_immediate(store, at(3))
    store.subscriptions.resubscribe(mine.id, at(4))
    found = explained(store, at(5))
    assert codes(found) == (Fate.NOT, ["passed-over"])
    assert "The subscription was changed at 2026" in found.reasons[0].what


def test_what_has_not_settled(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1), settle=timedelta(minutes=10))
    found = explained(store, at(2))
    assert codes(found) == (Fate.WAITS, ["unsettled", "comes"])
    assert found.reasons[0].at == at(11)
    assert codes(explained(store, at(11))) == (Fate.COMES, ["comes"])


def test_the_backlog_of_a_new_source(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1), backlog=0)
    assert codes(explained(store, at(2))) == (Fate.NOT, ["backlog"])


def test_what_was_taken_back(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x"), sighting("y")], at(1), complete=True)
    x, y = (store.articles.find(str(n)) for n in (1, 2))
    show(store, [sighting("y")], at(2), complete=True)
    assert codes(explained_article(store, at(3), x)) == (Fate.NOT, ["retracted"])
    store.articles.release(at(3))
    show(store, [], at(4), complete=True)
    assert codes(explained_article(store, at(5), y)) == (Fate.WAITS, ["retracted", "comes"])
    freeze_immediate(store, at(6))
    assert codes(explained_article(store, at(7), y)) == (Fate.WAITS, ["retracted", "owed"])


def test_a_suppressed_address(store: Store) -> None:
    subscribe(store, START, "a", "b")
    store.subscriptions.suppress("a@example.org", SuppressionReason.HARD_BOUNCE, "no such user", at(1))
    show(store, [sighting("x")], at(2))
    found = explained(store, at(2))
    assert codes(found) == (Fate.NOT, ["suppressed"])
    assert found.reasons[0].what.startswith("The address is suppressed (hard bounce: no such user)")
    freeze_immediate(store, at(3))
    found = explained(store, at(4))
    assert codes(found) == (Fate.NOT, ["suppressed"])
    assert "when issue 1 was put together" in found.reasons[0].what


def test_who_pauses(store: Store) -> None:
    subscribe(store, START, "a")
    mine = next(store.subscriptions.listed(address="a@example.org"))
    store.preferences.pause(mine.id, at(100), at(1))
    show(store, [sighting("x")], at(2))
    found = explained(store, at(3))
    assert codes(found) == (Fate.NOT, ["paused"])
    assert " until 2026" in found.reasons[0].what


def test_who_has_left(store: Store) -> None:
    subscribe(store, START, "a")
    mine = next(store.subscriptions.listed(address="a@example.org"))
    show(store, [sighting("x")], at(1))
    store.subscriptions.unsubscribe(mine.id, at(2), "one-click")
    found = explained(store, at(3))
    assert codes(found) == (Fate.NOT, ["unsubscribed"])
    assert "(one-click)" in found.reasons[0].what


def test_a_newsletter_or_a_cadence_that_is_not_configured(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    assert codes(explained(store, at(2), terms=None)) == (Fate.NOT, ["no-newsletter"])
    assert codes(explained(store, at(2), scheduled=False)) == (Fate.NOT, ["no-cadence"])


def test_the_next_issue_and_when_it_comes(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    found = explained(store, at(2), due=at(60))
    assert codes(found) == (Fate.COMES, ["comes"])
    assert found.reasons[0].at == at(60)


def test_more_articles_than_an_issue_carries(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting(f"{n:03}") for n in range(MOST + 1)], at(1))
    store.articles.release(at(1))
    assert explained(store, at(2), key="049").reasons[0].what == "The next run mails it."
    last = explained(store, at(2), key="050").reasons[0].what
    assert last == "It comes 2 issues from now. An issue carries 50 articles, and 50 are before it."


def test_an_article_behind_the_shown_ones_is_a_link(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x"), sighting("y")], at(1))
    freeze_immediate(store, at(2))
    accepted(store, at(3))
    terms = replace(TERMS, shown=1)
    assert "link-only" in links(explained(store, at(4), key="x", terms=terms))
    assert "link-only" not in links(explained(store, at(4), key="y", terms=terms))


@pytest.mark.parametrize("state", [IssueState.MISSED, IssueState.SKIPPED])
def test_slots_that_ended_without_an_issue(store: Store, state: IssueState) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone="Europe/Berlin", slot=at(2))
    store.issues.close_slot(key, state, "7 h late", at(500))
    found = explained(store, at(501))
    assert codes(found) == (Fate.COMES, ["comes"])
    assert f"slot-{state.value}" in links(found)


def test_a_slot_of_another_time_zone_is_not_mine(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(1))
    key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone="Asia/Tokyo", slot=at(2))
    store.issues.close_slot(key, IssueState.MISSED, "7 h late", at(500))
    assert "slot-missed" not in links(explained(store, at(501), terms=replace(TERMS, local_time=True)))


def test_an_issue_that_waits_is_paused_or_was_cancelled(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    assert issue is not None
    assert codes(explained(store, at(3))) == (Fate.UNDER_WAY, ["to-do"])
    store.issues.pause(issue)
    assert codes(explained(store, at(3))) == (Fate.UNDER_WAY, ["paused"])
    store.issues.cancel(issue, "a mistake", at(4))
    found = explained(store, at(5))
    assert codes(found) == (Fate.COMES, ["owed", "cancelled"])
    show(store, [sighting("y")], at(6))
    freeze_immediate(store, at(7))
    accepted(store, at(8))
    found = explained(store, at(9))
    assert codes(found) == (Fate.HAS, ["accepted"])
    assert links(found).count("issue") == 2


@pytest.mark.parametrize("address_fault", [True, False])
def test_what_a_provider_refused_is_owed_unless_the_address_was_the_cause(store: Store, address_fault: bool) -> None:  # noqa: FBT001
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    freeze_immediate(store, at(2))
    refused = {"a@example.org": OutcomeKind.REJECTED}
    drain(desk(store, Clock(at(3)), FakeProvider("fake", refused=refused, address_fault=address_fault)))
    found = explained(store, at(4))
    assert codes(found) == ((Fate.NOT, ["rejected"]) if address_fault else (Fate.COMES, ["owed", "rejected"]))
    assert found.reasons[-1].what == "fake refused the message of issue 1 (told so)."


def test_nobody_knows_whether_it_was_accepted(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    drain(desk(store, Clock(at(3)), FakeProvider("fake", script=[CALL_LOST])))
    found = explained(store, at(4))
    assert codes(found) == (Fate.IN_DOUBT, ["in-doubt"])
    assert f"`rundbrief issues resolve {issue}`" in found.reasons[0].what


def test_what_bounced_after_it_was_accepted(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    issue = freeze_immediate(store, at(2))
    accepted(store, at(3))
    kind = EventKind.SOFT_BOUNCE
    told = Event(id="1", kind=kind, at=at(4), recipient="a@example.org", number=issue, reason="mailbox full")
    store.events.record("fake", [told], at(5), EventRules())
    found = explained(store, at(6))
    assert codes(found) == (Fate.FAILED, ["bounced"])
    assert "mailbox full" in found.reasons[0].what


def test_where_the_subscription_stood_is_not_guessed(store: Store) -> None:
    """A variant may be for groups that stood at different places, and people move between groups."""
    subscribe(store, START, "a")
    show(store, [sighting("x", topics=["sport"])], at(1))
    store.articles.release(at(1))
    subscribe(store, at(2), "b")
    mine = next(store.subscriptions.listed(address="a@example.org"))
    store.subscriptions.choose(mine.id, Choice(cadence=IMMEDIATE, topics=("ki",)), at(3))
    show(store, [sighting("y")], at(4))
    freeze_immediate(store, at(5))
    store.subscriptions.choose(mine.id, Choice(cadence=IMMEDIATE, topics=("ki", "kunst")), at(6))
    put_together = next(one.what for one in explained(store, at(7), key="y").chain if one.code == "issue")
    assert "stood at" not in put_together


def test_all_mailing_is_on_hold(store: Store) -> None:
    subscribe(store, START, "a")
    show(store, [sighting("x")], at(1))
    store.standstills.begin("wrong price", at(1))
    found = explained(store, at(2))
    assert codes(found) == (Fate.COMES, ["comes", "on-hold"])
    assert re.fullmatch(r"Mailing is on hold since 2026-03-01 \d\d:\d\d: wrong price\.", found.reasons[1].what)
