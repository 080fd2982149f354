"""Failover: another provider takes what one surely did not, and a provider that fails rests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from pipeline.deliver.provider import Capabilities, Shape
from pipeline.domain.ledger import Batch, Books, IssueId, OutcomeKind
from pipeline.store.store import Store
from tests.fakes.desk import Clock, books, desk, drain, everyone, frozen_issue
from tests.fakes.mailing import NEWSLETTER
from tests.fakes.providers import ANSWER_LOST, CALL_LOST, UNAVAILABLE, FakeProvider, FakeProviderWithLog

PEOPLE = ("a", "b", "c", "d", "e")
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, *PEOPLE)


@dataclass
class Small(FakeProvider):
    """One that takes a single recipient a call."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(shape=Shape.MESSAGES, max_batch=1, key_life=self.key_life)


@pytest.mark.parametrize("fate", [ANSWER_LOST, CALL_LOST])
def test_a_batch_in_doubt_never_goes_to_another_provider(store: Store, issue: IssueId, clock: Clock, fate: str) -> None:
    first, second = FakeProvider("first", script=[fate, *[UNAVAILABLE] * 9]), FakeProvider("second")
    at_desk = desk(store, clock, first, second)
    drain(at_desk)
    clock.forward(100 * HOUR)
    at_desk.resolve_doubts()
    drain(at_desk)
    assert everyone(second) == ["c", "d", "e"]
    assert books(store, issue) == Books(audience=5, accepted=3, in_doubt=2)


def test_who_carried_what_is_in_the_ledger(store: Store, issue: IssueId, clock: Clock) -> None:
    first, second = FakeProvider("first", script=["accept", UNAVAILABLE]), FakeProvider("second")
    drain(desk(store, clock, first, second))
    carried = store.issues.details(issue).carried
    assert [(one.provider, one.deliveries) for one in carried] == [("first", 2), ("second", 3)]


def test_a_provider_that_takes_less_a_call_gets_smaller_batches(store: Store, issue: IssueId, clock: Clock) -> None:
    first, second = FakeProvider("first", script=[UNAVAILABLE]), Small("second")
    drain(desk(store, clock, first, second))
    assert everyone(second) == list(PEOPLE)
    assert second.calls == 5
    assert books(store, issue) == Books(audience=5, accepted=5)


def test_what_was_tried_is_not_tried_under_the_same_key_in_another_size(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    seen: list[tuple[object, object]] = []
    first, second = FakeProvider("first", script=[UNAVAILABLE]), Small("second")
    for provider in (first, second):
        original = provider.submit

        def watching(batch: Batch, message: object, original: object = original) -> object:
            seen.append((batch.id, [one.address for one in batch.recipients]))
            return original(batch, message)  # type: ignore[operator]

        provider.submit = watching  # type: ignore[method-assign, assignment]
    drain(desk(store, clock, first, second))
    by_id: dict[object, object] = {}
    for id_, people in seen:
        assert by_id.setdefault(id_, people) == people


def test_a_provider_that_fails_rests_longer_each_time_with_one_trial_at_a_time(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(script=[UNAVAILABLE] * 5)
    at_desk = desk(store, clock, provider)
    rests = []
    for calls in range(1, 6):
        drain(at_desk)
        assert provider.calls == calls
        until = at_desk.waits_until()
        assert until is not None
        rests.append((until - clock.now).total_seconds())
        clock.now = until
    assert rests == [2, 4, 8, 16, 32]
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)


def test_while_one_tries_a_provider_that_failed_no_other_process_does(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(script=[UNAVAILABLE])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    clock.forward(timedelta(seconds=3))
    other = FakeProvider()
    original = provider.submit

    def meanwhile(*args: object) -> object:
        drain(desk(store, clock, other, owner="another"))
        return original(*args)  # type: ignore[arg-type]

    provider.submit = meanwhile  # type: ignore[method-assign, assignment]
    assert at_desk.submit_next()
    assert other.calls == 0
    drain(desk(store, clock, other, owner="another"))
    assert everyone(provider, other) == list(PEOPLE)


def test_a_provider_that_is_silent_twice_rests_before_all_of_an_issue_is_in_doubt(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    first, second = FakeProvider("first", script=[CALL_LOST] * 5), FakeProvider("second")
    drain(desk(store, clock, first))
    assert first.calls == 2
    assert books(store, issue) == Books(audience=5, in_doubt=4, to_do=1)
    drain(desk(store, clock, first, second))
    assert books(store, issue) == Books(audience=5, accepted=1, in_doubt=4)


def test_after_one_call_that_was_lost_the_next_one_is_made_at_once(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[CALL_LOST])
    drain(desk(store, clock, provider))
    assert books(store, issue) == Books(audience=5, accepted=3, in_doubt=2)


def test_the_trial_of_a_process_that_died_is_over(store: Store, issue: IssueId, clock: Clock) -> None:
    drain(at_desk := desk(store, clock, FakeProvider(script=[UNAVAILABLE])))
    clock.forward(timedelta(seconds=3))
    routes = {NEWSLETTER: at_desk.route(NEWSLETTER)}
    tries = store.ledger.claim(routes, "dead", clock.now, HOUR)
    assert tries is not None
    assert tries.lane is not None
    assert store.ledger.intend(tries, "dead", tries.lane, "hash", clock.now, HOUR) is not None
    assert store.ledger.claim(routes, "me", clock.now, HOUR) is None
    store.ledger.expire(clock.now, ["dead"])
    assert store.ledger.claim(routes, "me", clock.now, HOUR) is not None


def test_another_account_is_never_asked_about_what_the_old_one_may_have(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProviderWithLog(script=[CALL_LOST], key_life=HOUR, log_settles=timedelta(minutes=1))
    drain(desk(store, clock, provider, accounts={"fake": "old"}))
    clock.forward(timedelta(minutes=2))
    moved = desk(store, clock, provider, accounts={"fake": "new"})
    (problem,) = moved.resolve_doubts()
    drain(moved)
    assert "address or the account of fake was changed" in problem.what
    assert books(store, issue).in_doubt == 2
    assert desk(store, clock, provider, accounts={"fake": "old"}).resolve_doubts() == []
    assert everyone(provider) == list(PEOPLE)


def test_what_is_left_of_a_batch_that_was_accepted_in_part_gets_a_key_of_its_own(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.UNCERTAIN})
    drain(desk(store, clock, provider))
    (doubtful,) = store.ledger.in_doubt()
    provider.refused.clear()
    store.ledger.decide(issue, [doubtful.id], accepted=False, now=clock.now)
    assert store.issues.unbalanced() == {}
    drain(desk(store, clock, provider))
    assert everyone(provider) == list(PEOPLE)
    assert len(provider.keys) == 4
