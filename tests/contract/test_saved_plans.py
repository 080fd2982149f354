"""Plans that are saved: nothing goes out before somebody says so, nothing is lost, and nothing is mailed twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.audience import Choice, SuppressionReason
from pipeline.domain.issue import Hold, Issue, IssueKey, IssueState
from pipeline.domain.ledger import IssueId
from pipeline.domain.past_issue import PastIssueName
from pipeline.store.past_issues import PastIssues
from pipeline.store.store import Store
from tests.fakes.desk import Clock, desk, drain, everyone
from tests.fakes.mailing import NEWSLETTER, TERMS, rendered, show, sighting, subscribe
from tests.fakes.providers import FakeProvider
from tests.fakes.times import START, at

HOUR = timedelta(hours=1)
SLOT = at(60)
"""An hour after everything here begins."""


def key(slot: datetime = SLOT) -> IssueKey:
    return IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=TERMS.zone, slot=slot)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plan(store: Store) -> IssueId:
    """A plan of one article for three people, saved and rendered before its slot."""
    subscribe(store, START, "a", "b", "c", cadence="daily")
    show(store, [sighting("x")], at(1))
    return saved(store, at(5))


def saved(store: Store, now: datetime) -> IssueId:
    store.articles.release(now)
    made = rendered(store, store.plans.save(key(), TERMS, now, HOUR))
    assert made is not None
    return made


def shown(store: Store, issue: IssueId) -> Issue:
    return store.issues.shown([issue])[0]


def mail_at(store: Store, slot: datetime) -> list[tuple[str, str]]:
    """What the issue of a slot brings to whom."""
    rendered(store, store.issues.freeze(key(slot), TERMS, slot))
    return handed_over(store, slot)


def handed_over(store: Store, now: datetime) -> list[tuple[str, str]]:
    provider, clock = FakeProvider(), Clock()
    clock.now = now
    drain(desk(store, clock, provider))
    store.issues.finish(now)
    return sorted((address.partition("@")[0], subject) for address, subject in provider.accepted)


def test_nothing_goes_out_of_a_saved_plan_before_somebody_says_so(store: Store, plan: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    drain(desk(store, clock, provider))
    assert everyone(provider) == []
    assert store.issues.open_issues() == []
    assert store.issues.finish(at(10)) == []
    assert (shown(store, plan).hold, shown(store, plan).hold_until) == (Hold.SAVED, SLOT + HOUR)
    assert not store.issues.pause(plan)
    assert not store.issues.resume(plan)
    past = PastIssues(engine=store.engine)
    assert past.listed(NEWSLETTER, "daily", limit=5) == []
    assert past.cadences(NEWSLETTER) == []
    name = PastIssueName(
        newsletter=NEWSLETTER, day=SLOT.date(), zone=UTC, key=shown(store, plan).uid.hex[:16], number=1
    )
    assert past.message(name) is None


def test_what_a_plan_showed_is_mailed_whatever_came_since(store: Store, plan: IssueId) -> None:
    (variant,) = store.plans.saved(plan)
    assert (variant.recipients, variant.suppressed, variant.message.subject) == (3, 0, "Titel x")
    show(store, [sighting("x", "Anders"), sighting("y")], at(6))
    store.articles.release(at(7))
    subscribe(store, at(8), "late", cadence="daily")
    assert store.plans.let_go(plan, SLOT)
    assert handed_over(store, SLOT) == [(name, "Titel x") for name in "abc"]
    assert shown(store, plan).state is IssueState.FINISHED
    assert mail_at(store, SLOT + 24 * HOUR) == [(name, "Titel y") for name in "abc"]


def test_a_plan_that_is_sent_early_goes_out_at_its_slot(store: Store, plan: IssueId) -> None:
    assert store.plans.let_go(plan, at(10))
    assert store.plans.review(at(59)) == []
    assert handed_over(store, at(59)) == []
    assert (shown(store, plan).hold, shown(store, plan).hold_until) == (Hold.SLOT, SLOT + HOUR)
    assert store.issues.freeze(key(), TERMS, SLOT) is None
    assert store.plans.review(SLOT) == []
    assert len(handed_over(store, SLOT)) == 3


@pytest.mark.parametrize("sent", [None, at(10)])
def test_a_plan_that_waits_for_too_long_ends_and_its_articles_come_with_the_next_issue(
    store: Store, plan: IssueId, sent: datetime | None
) -> None:
    assert sent is None or store.plans.let_go(plan, sent)
    late = SLOT + HOUR + timedelta(seconds=1)
    assert not store.plans.let_go(plan, late)
    assert store.plans.review(late) == [plan]
    ended = shown(store, plan)
    assert (ended.state, ended.books.cancelled, ended.books.balanced) == (IssueState.CANCELLED, 3, True)
    assert ended.reason == ("no run came in time for its slot" if sent else "its plan was not sent in time")
    assert handed_over(store, late) == []
    assert mail_at(store, SLOT + 24 * HOUR) == [(name, "Titel x") for name in "abc"]


def test_a_plan_that_is_taken_back_leaves_its_slot_as_it_was(store: Store, plan: IssueId) -> None:
    assert store.plans.take_back(plan)
    assert store.issues.shown() == []
    assert not store.plans.take_back(plan)
    show(store, [sighting("y")], at(6))
    store.articles.release(at(7))
    assert mail_at(store, SLOT) == [(name, "Titel y|Titel x") for name in "abc"]
    assert mail_at(store, SLOT + 24 * HOUR) == []


def test_a_plan_can_be_saved_again_after_it_was_taken_back(store: Store, plan: IssueId) -> None:
    show(store, [sighting("x", "Berichtigt")], at(6))
    assert store.plans.take_back(plan)
    again = saved(store, at(8))
    assert [one.contents.articles[0].content.html for one in store.plans.saved(again)] == ["<p>Berichtigt</p>"]
    assert store.plans.let_go(again, SLOT)
    assert len(handed_over(store, SLOT)) == 3


def test_a_plan_takes_nothing_from_those_who_choose_otherwise_meanwhile(store: Store, plan: IssueId) -> None:
    subscription = next(store.subscriptions.listed(address="a@example.org")).id
    store.subscriptions.choose(subscription, Choice(cadence="weekly"), at(10))
    assert store.plans.take_back(plan)
    assert mail_at(store, SLOT) == [("b", "Titel x"), ("c", "Titel x")]
    weekly = replace(key(SLOT + HOUR), cadence="weekly")
    rendered(store, store.issues.freeze(weekly, TERMS, SLOT + HOUR))
    assert handed_over(store, SLOT + HOUR) == [("a", "Titel x")]


def test_who_has_left_or_is_suppressed_by_then_gets_nothing(store: Store, plan: IssueId) -> None:
    subscription = next(store.subscriptions.listed(address="a@example.org")).id
    store.subscriptions.unsubscribe(subscription, at(10), "page")
    store.subscriptions.suppress("b@example.org", SuppressionReason.MANUAL, "", at(10))
    assert store.plans.let_go(plan, SLOT)
    assert handed_over(store, SLOT) == [("c", "Titel x")]
    assert shown(store, plan).books.balanced


def test_who_is_suppressed_when_a_plan_is_saved_misses_nothing_where_it_is_taken_back(store: Store) -> None:
    subscribe(store, START, "a", "b", cadence="daily")
    store.subscriptions.suppress("b@example.org", SuppressionReason.MANUAL, "", at(1))
    show(store, [sighting("x")], at(1))
    plan = saved(store, at(5))
    assert [(one.recipients, one.suppressed) for one in store.plans.saved(plan)] == [(1, 1)]
    assert store.plans.take_back(plan)
    store.subscriptions.unsuppress("b@example.org")
    assert mail_at(store, SLOT) == [("a", "Titel x"), ("b", "Titel x")]


def test_a_plan_in_which_nobody_gets_anything_is_not_saved_and_its_slot_stays(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    assert store.plans.save(key(), TERMS, at(5), HOUR) is None
    assert store.issues.shown() == []
    show(store, [sighting("x")], at(6))
    store.articles.release(at(7))
    assert len(mail_at(store, SLOT)) == 1
    show(store, [sighting("y")], at(70))
    store.articles.release(at(71))
    assert store.plans.save(key(), TERMS, at(72), HOUR) is None, "the slot has its issue"


def test_a_plan_of_which_a_message_is_missing_is_not_sent(store: Store) -> None:
    subscribe(store, START, "a", cadence="daily")
    show(store, [sighting("x")], at(1))
    store.articles.release(at(2))
    plan = store.plans.save(key(), TERMS, at(5), HOUR)
    assert plan is not None
    assert not store.plans.let_go(plan, at(6)), "its process died before anybody could look at it"
    assert store.plans.review(SLOT + 2 * HOUR) == [plan]


def test_an_issue_that_has_gone_out_is_not_taken_back(store: Store, plan: IssueId) -> None:
    assert store.plans.let_go(plan, SLOT)
    assert not store.plans.take_back(plan)
    assert not store.plans.let_go(plan, SLOT), "once is enough"
    assert len(handed_over(store, SLOT)) == 3
    assert not store.plans.take_back(plan)


def test_a_saved_plan_that_is_cancelled_is_owed(store: Store, plan: IssueId) -> None:
    assert store.issues.cancel(plan, "cancelled by a person", at(10)) == 3
    assert shown(store, plan).state is IssueState.CANCELLED
    assert mail_at(store, SLOT) == [], "its slot has ended"
    assert mail_at(store, SLOT + 24 * HOUR) == [(name, "Titel x") for name in "abc"]
