"""Budgets: what is booked is used, for all processes, and nothing goes beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.budget import Budget
from pipeline.domain.ledger import Books, IssueId
from pipeline.store.store import Store
from tests.fakes.desk import Clock, books, desk, drain, everyone, frozen_issue
from tests.fakes.mailing import NEWSLETTER
from tests.fakes.providers import CALL_LOST, UNAVAILABLE, FakeProvider

PEOPLE = ("a", "b", "c", "d", "e", "f", "g")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 3, 2, 9, 15, tzinfo=UTC))


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, *PEOPLE)


def accepted_by_day(store: Store, clock: Clock, provider: FakeProvider, budget: Budget, days: int) -> Sequence[int]:
    at_desk, counts = desk(store, clock, provider, budgets={"fake": budget}), []
    for _ in range(days):
        before = len(provider.accepted)
        drain(at_desk)
        counts.append(len(provider.accepted) - before)
        clock.forward(DAY)
    return counts


def test_an_hour_takes_no_more_than_its_limit_and_the_next_one_goes_on(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider, budgets={"fake": Budget(per_hour=3)})
    drain(at_desk)
    assert everyone(provider) == ["a", "b", "c"], "a batch is divided so that all of the budget is used"
    assert at_desk.waits_until() == datetime(2026, 3, 2, 10, tzinfo=UTC)
    clock.now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    drain(at_desk)
    assert len(provider.accepted) == 6
    clock.forward(HOUR)
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)
    assert books(store, issue) == Books(audience=7, accepted=7)


def test_a_day_takes_no_more_than_its_limit(store: Store, issue: IssueId, clock: Clock) -> None:
    assert accepted_by_day(store, clock, FakeProvider(), Budget(per_day=4), 2) == [4, 3]


def test_a_domain_warms_up_by_the_days_on_which_it_is_mailed_from(store: Store, issue: IssueId, clock: Clock) -> None:
    provider, plan = FakeProvider(), Budget(warm_up=(1, 2))
    assert accepted_by_day(store, clock, provider, plan, 1) == [1]
    clock.forward(30 * DAY)
    assert accepted_by_day(store, clock, provider, plan, 2) == [2, 4], "a month without mail counts for nothing"


def test_another_domain_warms_up_on_its_own(store: Store, issue: IssueId, clock: Clock) -> None:
    provider, budgets = FakeProvider(), {"fake": Budget(warm_up=(1,))}
    drain(desk(store, clock, provider, budgets=budgets, sender="a.example"))
    drain(desk(store, clock, provider, budgets=budgets, sender="a.example"))
    assert len(provider.accepted) == 1
    drain(desk(store, clock, provider, budgets=budgets, sender="b.example"))
    assert len(provider.accepted) == 2


def test_no_second_takes_more_than_its_rate(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider, budgets={"fake": Budget(per_second=1)})
    drain(at_desk)
    assert len(provider.accepted) == 1, "a call is not larger than what a second allows"
    assert at_desk.waits_until() == clock.now + timedelta(seconds=1)
    clock.forward(timedelta(seconds=0.9))
    drain(at_desk)
    assert len(provider.accepted) == 1
    clock.forward(timedelta(seconds=0.1))
    drain(at_desk)
    assert len(provider.accepted) == 2


def test_an_exhausted_budget_hands_over_to_the_next_provider(store: Store, issue: IssueId, clock: Clock) -> None:
    first, second = FakeProvider("first"), FakeProvider("second")
    drain(desk(store, clock, first, second, budgets={"first": Budget(per_day=3)}))
    assert (len(first.accepted), len(second.accepted)) == (3, 4)
    assert everyone(first, second) == list(PEOPLE)
    carried = store.issues.details(issue).carried
    assert [(one.provider, one.deliveries) for one in carried] == [("first", 3), ("second", 4)]


def test_what_surely_was_not_accepted_is_not_counted(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[UNAVAILABLE])
    at_desk = desk(store, clock, provider, budgets={"fake": Budget(per_hour=4)})
    drain(at_desk)
    clock.forward(timedelta(seconds=10))
    drain(at_desk)
    assert len(provider.accepted) == 4


def test_what_may_have_been_accepted_is_counted(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[CALL_LOST])
    drain(desk(store, clock, provider, budgets={"fake": Budget(per_hour=4)}))
    assert len(provider.accepted) == 2
    assert books(store, issue) == Books(audience=7, accepted=2, in_doubt=2, to_do=3)


def test_a_process_that_dies_leaves_its_booking(store: Store, issue: IssueId, clock: Clock) -> None:
    lane = Lane(provider="fake", most=2, budget=Budget(per_hour=3))
    held = store.ledger.claim({NEWSLETTER: Route(lanes=(lane,))}, "dead", clock.now, HOUR)
    assert held is not None
    assert store.ledger.intend(held, "dead", lane, "hash", clock.now, HOUR) is not None
    store.ledger.expire(clock.now, ["dead"])
    provider = FakeProvider()
    drain(desk(store, clock, provider, budgets={"fake": lane.budget}))
    assert len(provider.accepted) == 1


def test_processes_share_a_budget(store: Store, issue: IssueId, clock: Clock) -> None:
    providers = [FakeProvider() for _ in range(4)]
    desks = [
        desk(store, clock, one, owner=str(n), budgets={"fake": Budget(per_hour=5)}) for n, one in enumerate(providers)
    ]
    for one in desks:
        one.ledger = store.ledger  # others are at work between a transition and a look at the books
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, desks))
    assert len(everyone(*providers)) == len(set(everyone(*providers))) == 5
    assert store.issues.unbalanced() == {}
