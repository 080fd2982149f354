from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from pipeline.deliver.dispatch import Desk
from pipeline.deliver.lanes import Lane, Route
from pipeline.deliver.provider import Provider
from pipeline.domain.audience import SubscriptionId, SuppressionReason
from pipeline.domain.ledger import Batch, Books, IssueId, Outcome, OutcomeKind, RetryPolicy
from pipeline.domain.message import Message
from pipeline.store.store import Store
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import (
    ACCEPT,
    ANSWER_LOST,
    CALL_LOST,
    REJECT,
    UNAVAILABLE,
    FakeProvider,
    FakeProviderWithLog,
)
from tests.fakes.times import START, at

HOUR = timedelta(hours=1)
LANE = Lane(provider="fake", most=2)
ROUTES = {NEWSLETTER: Route(lanes=(LANE,))}


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: at(10))

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue(store: Store) -> IssueId:
    """An issue of one article for three people, in two batches."""
    subscribe(store, START, "a", "b", "c")
    show(store, [sighting("x")], at(1))
    frozen = freeze_immediate(store, at(2))
    assert frozen is not None
    return frozen


def desk(store: Store, clock: Clock, *providers: Provider, owner: str = "me", attempts: int = 12) -> Desk:
    return Desk(
        ledger=store.ledger,
        providers={NEWSLETTER: providers},
        fields=lambda addressee, _language: {"unsubscribe_url": f"https://x.example/{addressee.subscription}"},
        owner=owner,
        clock=clock,
        policy=RetryPolicy(attempts=attempts),
    )


def drain(desk: Desk) -> None:
    while desk.submit_next():
        pass


def books(store: Store, issue: IssueId) -> Books:
    return store.issues.shown([issue])[0].books


def everyone(provider: FakeProvider) -> list[str]:
    return sorted(address.partition("@")[0] for address, _ in provider.accepted)


def test_everyone_gets_it_once_and_the_issue_is_finished(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider()
    drain(desk(store, clock, provider))
    assert everyone(provider) == ["a", "b", "c"]
    assert books(store, issue) == Books(audience=3, accepted=3)
    assert store.issues.finish(at(11)) == [issue]
    assert store.issues.finish(at(12)) == []


def test_an_unavailable_provider_is_tried_again_later(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[UNAVAILABLE])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert provider.accepted == []
    waits = at_desk.waits_until()
    assert waits is not None
    assert waits > clock.now
    clock.now = waits
    drain(at_desk)
    assert everyone(provider) == ["a", "b", "c"]
    assert books(store, issue).accepted == 3


def test_an_unavailable_provider_hands_over_to_the_next(store: Store, issue: IssueId, clock: Clock) -> None:
    first, second = FakeProvider("first", script=[UNAVAILABLE] * 9), FakeProvider("second")
    drain(desk(store, clock, first, second))
    assert everyone(second) == ["a", "b", "c"]
    assert first.calls == 1
    assert books(store, issue).accepted == 3


def test_giving_up_rejects_and_owes_the_articles_again(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[UNAVAILABLE] * 2)
    at_desk = desk(store, clock, provider, attempts=1)
    drain(at_desk)
    clock.now = at(60)
    drain(at_desk)
    assert books(store, issue) == Books(audience=3, rejected=3)
    assert [problem.code for problem in at_desk.problems] == ["mail-given-up", "mail-given-up"]
    show(store, [sighting("y")], at(61))
    freeze_immediate(store, at(62))
    clock.now = at(63)
    drain(at_desk)
    assert {subject for _, subject in provider.accepted} == {"Titel y|Titel x"}
    assert everyone(provider) == ["a", "b", "c"]


def test_refused_credentials_stop_and_lose_nothing(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[REJECT])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert provider.calls == 1
    assert [problem.what for problem in at_desk.problems] == ["bad key"]
    assert books(store, issue) == Books(audience=3, to_do=3)
    drain(desk(store, clock, provider))
    assert everyone(provider) == ["a", "b", "c"]


@pytest.mark.parametrize("fate", [ANSWER_LOST, CALL_LOST])
def test_a_batch_in_doubt_is_never_submitted_again_without_a_key(
    store: Store, issue: IssueId, clock: Clock, fate: str
) -> None:
    provider = FakeProvider(script=[fate])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert books(store, issue) == Books(audience=3, accepted=1, in_doubt=2)
    clock.now = at(100_000)
    problems = at_desk.resolve_doubts()
    drain(at_desk)
    assert [problem.code for problem in problems] == ["mail-in-doubt"]
    assert provider.calls == 2
    assert store.issues.finish(clock.now) == []


@pytest.mark.parametrize("fate", [ANSWER_LOST, CALL_LOST])
def test_a_provider_with_keys_gets_the_same_batch_again(store: Store, issue: IssueId, clock: Clock, fate: str) -> None:
    provider = FakeProvider(script=[fate], key_life=HOUR)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert at_desk.resolve_doubts() == []
    assert everyone(provider) == ["a", "b", "c"]
    assert books(store, issue).accepted == 3


def test_a_key_that_has_died_is_not_relied_on(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[ANSWER_LOST], key_life=HOUR)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    clock.now = at(10 + 61)
    assert len(at_desk.resolve_doubts()) == 1
    assert provider.calls == 2


def test_a_provider_with_a_log_is_asked(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProviderWithLog(script=[ANSWER_LOST])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert at_desk.resolve_doubts() == []
    assert books(store, issue).accepted == 3
    assert everyone(provider) == ["a", "b", "c"]


def test_the_silence_of_a_log_is_believed_only_when_it_has_settled(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProviderWithLog(script=[CALL_LOST], log_settles=HOUR)
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert len(at_desk.resolve_doubts()) == 1
    assert books(store, issue).in_doubt == 2
    clock.now = at(10 + 61)
    assert at_desk.resolve_doubts() == []
    drain(at_desk)
    assert everyone(provider) == ["a", "b", "c"]


def test_one_refused_address_costs_only_itself(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.REJECTED})
    drain(desk(store, clock, provider))
    assert everyone(provider) == ["a", "c"]
    assert books(store, issue) == Books(audience=3, accepted=2, rejected=1)
    assert [s.address_key for s in store.subscriptions.suppressions()] == []


def test_a_refusal_that_was_not_the_addresss_fault_gives_its_articles_back(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.REJECTED}, address_fault=False)
    drain(desk(store, clock, provider))
    provider.refused.clear()
    show(store, [sighting("y")], at(20))
    freeze_immediate(store, at(21))
    clock.now = at(22)
    drain(desk(store, clock, provider))
    assert ("b@example.org", "Titel y|Titel x") in provider.accepted
    assert ("a@example.org", "Titel y") in provider.accepted
    assert books(store, issue).rejected == 1


def test_a_deferred_address_waits_in_a_batch_of_its_own(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.DEFERRED})
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    assert books(store, issue) == Books(audience=3, accepted=2, to_do=1)
    provider.refused.clear()
    clock.now = at(60)
    drain(at_desk)
    assert everyone(provider) == ["a", "b", "c"]
    assert store.issues.finish(clock.now) == [issue]


def test_some_uncertain_recipients_put_the_batch_in_doubt_and_the_rest_is_written_down(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider(refused={"b@example.org": OutcomeKind.UNCERTAIN})
    drain(desk(store, clock, provider))
    assert books(store, issue) == Books(audience=3, accepted=2, in_doubt=1)


@pytest.mark.parametrize(("accepted", "calls"), [(True, 2), (False, 3)])
def test_a_person_decides_what_nobody_else_can(
    store: Store, issue: IssueId, clock: Clock, *, accepted: bool, calls: int
) -> None:
    provider = FakeProvider(script=[CALL_LOST])
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    doubtful = [held.id for held in store.ledger.in_doubt()]
    assert store.ledger.decide(issue, doubtful, accepted=accepted, now=clock.now) == 2
    drain(at_desk)
    assert provider.calls == calls
    assert books(store, issue).accepted == 3


def test_who_unsubscribes_or_is_suppressed_after_the_freeze_gets_nothing(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    first = next(store.subscriptions.listed(address="a@example.org"))
    store.subscriptions.unsubscribe(SubscriptionId(first.id), at(5), "one-click")
    store.subscriptions.suppress("b@example.org", SuppressionReason.HARD_BOUNCE, "", at(5))
    provider = FakeProvider()
    drain(desk(store, clock, provider))
    assert everyone(provider) == ["c"]
    assert books(store, issue) == Books(audience=3, accepted=1, suppressed=2)
    assert store.issues.finish(at(11)) == [issue]


def test_a_claim_that_runs_out_is_ready_again(store: Store, issue: IssueId, clock: Clock) -> None:
    store.ledger.claim(ROUTES, "dead", at(3), timedelta(minutes=1))
    store.ledger.expire(at(3), [])
    assert books(store, issue).to_do == 3
    provider = FakeProvider()
    store.ledger.expire(at(5), [])
    drain(desk(store, clock, provider))
    assert everyone(provider) == ["a", "b", "c"]


def test_a_submission_that_runs_out_is_in_doubt_and_never_ready(store: Store, issue: IssueId) -> None:
    held = store.ledger.claim(ROUTES, "dead", at(3), timedelta(minutes=1))
    assert held is not None
    assert store.ledger.intend(held, "dead", LANE, "hash", at(3), timedelta(minutes=3)) is not None
    store.ledger.expire(at(4), [])
    assert books(store, issue).in_doubt == 0
    store.ledger.expire(at(7), [])
    assert books(store, issue) == Books(audience=3, in_doubt=2, to_do=1)


def test_a_dead_owner_is_not_waited_for(store: Store, issue: IssueId) -> None:
    held = store.ledger.claim(ROUTES, "dead", at(3), HOUR)
    assert held is not None
    assert store.ledger.owners() == ["dead"]
    assert store.ledger.expire(at(3), ["dead"]) == 1
    assert store.ledger.intend(held, "dead", LANE, "hash", at(3), HOUR) is None, "its claim is gone"


def test_an_answer_that_comes_after_the_lease_is_still_written_down_once(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    late = FakeProvider(key_life=HOUR)
    original: Callable[..., Sequence[object]] = late.submit

    def slow(*args: object) -> Sequence[object]:
        outcomes = original(*args)
        store.ledger.expire(at(100), [])
        return outcomes

    late.submit = slow  # type: ignore[method-assign, assignment]
    drain(desk(store, clock, late))
    assert books(store, issue) == Books(audience=3, accepted=3)
    assert everyone(late) == ["a", "b", "c"]


def test_two_workers_never_get_the_same_batch(store: Store, issue: IssueId) -> None:
    held = [store.ledger.claim(ROUTES, owner, at(3), HOUR) for owner in ("eins", "zwei", "drei")]
    assert len({batch.id for batch in held if batch}) == 2
    assert held[2] is None


def test_the_same_batch_has_the_same_bytes_in_every_attempt(store: Store, issue: IssueId, clock: Clock) -> None:
    seen: list[object] = []
    provider = FakeProvider(script=[CALL_LOST, ACCEPT], key_life=HOUR)
    original = provider.submit

    def watching(batch: Batch, message: Message) -> Sequence[Outcome]:
        seen.append((batch.id, batch.recipients, batch.date, message))
        return original(batch, message)

    provider.submit = watching  # type: ignore[method-assign]
    at_desk = desk(store, clock, provider)
    drain(at_desk)
    clock.now = at(20)
    at_desk.resolve_doubts()
    assert seen[0] == seen[2]
