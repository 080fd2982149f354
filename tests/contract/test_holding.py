"""Issues that hold: canaries, pauses, cancellations in the middle; and deliveries that are tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.domain.audience import SubscriptionId
from pipeline.domain.canary import CanaryLimits
from pipeline.domain.event import Event, EventKind, EventRules
from pipeline.domain.issue import Hold, Issue, IssueState
from pipeline.domain.ledger import Books, IssueId, OutcomeKind
from pipeline.store.store import Store
from tests.fakes.desk import Clock, books, desk, drain, everyone, frozen_issue
from tests.fakes.mailing import freeze_immediate, show, sighting
from tests.fakes.providers import CALL_LOST, UNAVAILABLE, FakeProvider
from tests.fakes.times import at

PEOPLE = ("a", "b", "c", "d", "e")
HOUR = timedelta(hours=1)
LIMITS = CanaryLimits(wait=timedelta(minutes=30), bounces=20, complaints=20)
RULES = EventRules(soft_limit=3, soft_within=timedelta(days=30), keep=timedelta(days=180))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, *PEOPLE)


def shown(store: Store, issue: IssueId) -> Issue:
    return store.issues.shown([issue])[0]


def review(store: Store, clock: Clock) -> None:
    store.issues.review_canaries(lambda _: LIMITS, clock.now)


def tell(store: Store, issue: IssueId, kind: EventKind, *names: str) -> None:
    ids = {one.subscriber.address: one.subscriber.id for one in store.subscriptions.listed()}
    events = [
        Event(
            id=f"{kind} {name}",
            kind=kind,
            recipient=f"{name}@example.org",
            issue=shown(store, issue).uid,
            subscriber=ids[f"{name}@example.org"],
        )
        for name in names
    ]
    store.events.record("fake", events, at(20), RULES)


def test_the_first_recipients_go_ahead_and_the_others_follow_when_nothing_comes_back(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider, canary=3)
    drain(at_desk)
    assert everyone(provider) == ["a", "b", "c"]
    assert (shown(store, issue).hold, at_desk.waits_until()) == (Hold.CANARY, None)
    review(store, clock)
    assert shown(store, issue).hold_until == clock.now + LIMITS.wait
    clock.forward(timedelta(minutes=29))
    review(store, clock)
    drain(at_desk)
    assert len(provider.accepted) == 3
    clock.forward(timedelta(minutes=1))
    review(store, clock)
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)
    assert store.issues.finish(clock.now) == [issue]


def test_an_issue_that_is_all_canary_waits_for_nothing(store: Store, issue: IssueId, clock: Clock) -> None:
    drain(desk(store, clock, FakeProvider(), canary=5))
    assert store.issues.finish(clock.now) == [issue]
    assert (shown(store, issue).state, shown(store, issue).hold) == (IssueState.FINISHED, None)


def test_a_canary_whose_provider_fails_goes_on_trying_and_nobody_else_does(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(script=[UNAVAILABLE])
    at_desk = desk(store, clock, provider, canary=2)
    drain(at_desk)
    review(store, clock)
    assert shown(store, issue).hold_until is None, "the wait has not begun"
    clock.forward(timedelta(seconds=5))
    drain(at_desk)
    assert everyone(provider) == ["a", "b"]


def test_a_canary_that_a_dead_process_took_goes_out_all_the_same(store: Store, issue: IssueId, clock: Clock) -> None:
    at_desk = desk(store, clock, FakeProvider(), canary=2, owner="dead")
    assert store.ledger.claim({"brief": at_desk.route("brief")}, "dead", clock.now, HOUR) is not None
    provider = FakeProvider()
    drain(desk(store, clock, provider, canary=2))
    assert provider.calls == 0, "it waits for what was claimed"
    store.ledger.expire(clock.now, ["dead"])
    drain(desk(store, clock, provider, canary=2))
    assert everyone(provider) == ["a", "b"]


@pytest.mark.parametrize(("kind", "word"), [(EventKind.HARD_BOUNCE, "bounced"), (EventKind.COMPLAINED, "complained")])
def test_too_much_that_comes_back_halts_the_issue_until_a_person_resumes_it(
    store: Store, issue: IssueId, clock: Clock, kind: EventKind, word: str
) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider, canary=3)
    drain(at_desk)
    tell(store, issue, kind, "a", "b")
    (halted,) = store.issues.review_canaries(lambda _: LIMITS, clock.now)
    assert halted.why == f"2 of the first 3 recipients {word}: 66.7 %, and 20 % are allowed."
    clock.forward(100 * HOUR)
    review(store, clock)
    drain(at_desk)
    assert (shown(store, issue).hold, shown(store, issue).reason) == (Hold.HALTED, halted.why)
    assert len(provider.accepted) == 3
    assert store.issues.resume(issue)
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)


def test_a_paused_issue_is_left_alone_until_it_is_resumed(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider)
    assert at_desk.submit_next()
    assert store.issues.pause(issue)
    assert not store.issues.pause(issue)
    assert not at_desk.submit_next()
    assert (at_desk.waits_until(), store.issues.finish(clock.now)) == (None, [])
    assert books(store, issue) == Books(audience=5, accepted=2, to_do=3)
    assert store.issues.resume(issue)
    assert not store.issues.resume(issue)
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)


def test_a_pause_stops_even_what_was_claimed(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider)
    held = store.ledger.claim({"brief": at_desk.route("brief")}, "me", clock.now, HOUR)
    assert held is not None
    assert held.lane is not None
    store.issues.pause(issue)
    assert store.ledger.intend(held, "me", held.lane, "hash", clock.now, HOUR) is None
    store.ledger.give_back(held, "me")
    store.issues.resume(issue)
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)


def test_what_is_in_doubt_is_not_submitted_again_while_an_issue_is_paused(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(script=[CALL_LOST], key_life=HOUR)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    store.issues.pause(issue)
    assert len(at_desk.resolve_doubts()) == 1
    store.issues.resume(issue)
    assert at_desk.resolve_doubts() == []
    assert everyone(provider) == list(PEOPLE)


def test_cancelled_in_the_middle_everybody_has_it_or_is_owed_it(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider)
    assert at_desk.submit_next()
    assert store.issues.cancel(issue, "a mistake", clock.now) == 3
    assert store.issues.unbalanced() == {}
    assert shown(store, issue).state is IssueState.CANCELLED
    show(store, [sighting("y")], at(30))
    freeze_immediate(store, at(31))
    clock.now = at(32)
    drain(at_desk)
    titles = {name: [subject for who, subject in provider.accepted if who.startswith(name)] for name in PEOPLE}
    assert titles["a"] == ["Titel x", "Titel y"]
    assert titles["e"] == ["Titel y|Titel x"]


def test_what_is_under_way_when_an_issue_is_cancelled_is_cancelled_if_it_was_not_accepted(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(script=[UNAVAILABLE])
    at_desk = desk(store, clock, provider)
    original = provider.submit

    def meanwhile(*args: object) -> object:
        assert store.issues.cancel(issue, "a mistake", clock.now) == 3
        assert shown(store, issue).hold is Hold.CANCELLING
        return original(*args)  # type: ignore[arg-type]

    provider.submit = meanwhile  # type: ignore[method-assign, assignment]
    drain(at_desk)
    clock.forward(HOUR)
    drain(at_desk)
    store.issues.finish(clock.now)
    assert store.issues.unbalanced() == {}
    assert shown(store, issue).state is IssueState.CANCELLED
    assert books(store, issue) == Books(audience=5, cancelled=5)


def test_a_delivery_that_failed_is_tried_again_and_not_owed_any_more(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.REJECTED}, address_fault=False)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    store.issues.finish(clock.now)
    provider.refused.clear()
    retried = store.issues.retry_failed(issue)
    assert (retried.deliveries, retried.rejected) == (1, 1)
    assert (shown(store, issue).state, books(store, issue)) == (IssueState.OPEN, Books(audience=5, accepted=4, to_do=1))
    assert store.issues.unbalanced() == {}
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)
    show(store, [sighting("y")], at(30))
    freeze_immediate(store, at(31))
    drain(at_desk)
    assert [subject for who, subject in provider.accepted if who.startswith("b")] == ["Titel x", "Titel y"]


def test_what_a_later_issue_has_carried_is_not_tried_again(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.REJECTED}, address_fault=False)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    provider.refused.clear()
    show(store, [sighting("y")], at(30))
    freeze_immediate(store, at(31))
    retried = store.issues.retry_failed(issue)
    assert (retried.deliveries, retried.rejected) == (0, 1)
    drain(at_desk)
    assert [subject for who, subject in provider.accepted if who.startswith("b")] == ["Titel y|Titel x"]


def test_neither_a_bad_address_nor_who_left_is_tried_again(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.REJECTED})
    drain(desk(store, clock, provider))
    assert store.issues.retry_failed(issue).deliveries == 0
    other = frozen_issue(store, "z", key="y", minutes=20)
    clock.now = at(30)
    provider = FakeProvider(refused={"z@example.org": OutcomeKind.REJECTED}, address_fault=False)
    drain(desk(store, clock, provider))
    gone = next(store.subscriptions.listed(address="z@example.org"))
    store.subscriptions.unsubscribe(SubscriptionId(gone.id), at(40), "one-click")
    assert store.issues.retry_failed(other).deliveries == 0


def test_an_event_settles_what_was_in_doubt(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[CALL_LOST])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    tell(store, issue, EventKind.DELIVERED, "a")
    assert len(at_desk.resolve_doubts()) == 1
    assert books(store, issue) == Books(audience=5, accepted=4, in_doubt=1)
    tell(store, issue, EventKind.DELIVERED, "b")
    assert at_desk.resolve_doubts() == []
    assert books(store, issue) == Books(audience=5, accepted=5)
