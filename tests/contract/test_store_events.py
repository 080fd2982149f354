"""What events lead to, on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from pipeline.deliver.dispatch import Desk
from pipeline.deliver.event import Listed, NotGenuine, Once, Recorded
from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.audience import NewSubscriber, SubscriptionState, SuppressionReason
from pipeline.domain.event import Event, EventKind, EventRules
from pipeline.domain.issue import IMMEDIATE
from pipeline.domain.ledger import Batch, IssueId, Outcome, SubscriberId
from pipeline.domain.message import Message
from pipeline.store.database import reading, writing
from pipeline.store.store import Store
from pipeline.store.tables import event, subscriber, subscription, suppression
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import FakeProvider
from tests.fakes.times import START, at

NOW = at(12)
ROUTES = {NEWSLETTER: Route(lanes=(Lane(provider="mailgun", most=1000),))}
RULES = EventRules(soft_limit=3, soft_within=timedelta(days=30), keep=timedelta(days=180))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def issue(store: Store) -> IssueId:
    """An issue for three people, in two batches."""
    subscribe(store, START, "a", "b", "c")
    return another_issue(store, "x", at(1))


def another_issue(store: Store, key: str, when: datetime) -> IssueId:
    show(store, [sighting(key)], when)
    frozen = freeze_immediate(store, when + MINUTE)
    assert frozen is not None
    return frozen


def uid_of(store: Store, issue: IssueId) -> uuid.UUID:
    return store.issues.shown([issue])[0].uid


def person(store: Store, name: str) -> SubscriberId:
    return next(iter(store.subscriptions.listed(address=f"{name}@example.org"))).subscriber.id


def told(store: Store, issue: IssueId, name: str, kind: EventKind, when: datetime = NOW, id_: str = "") -> Event:
    return Event(
        id=id_ or f"{issue} {name} {kind} {when}",
        kind=kind,
        at=when,
        recipient=f"{name}@example.org",
        issue=uid_of(store, issue),
        subscriber=person(store, name),
        reason="550 5.1.1 unknown",
    )


def record(store: Store, *events: Event, provider: str = "mailgun", now: datetime = NOW) -> Recorded:
    return store.events.record(provider, events, now, RULES)


def suppressed(store: Store, name: str) -> SuppressionReason | None:
    found = store.subscriptions.suppression(f"{name}@example.org")
    return found.reason if found else None


def state(store: Store, name: str) -> SubscriptionState:
    return next(iter(store.subscriptions.listed(address=f"{name}@example.org"))).state


@dataclass
class Attentive(FakeProvider):
    batches: list[Batch] = field(default_factory=list)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        self.batches.append(batch)
        return super().submit(batch, message)


def hand_over(store: Store, now: datetime) -> list[Batch]:
    """The batches that a provider was given."""
    provider = Attentive()
    desk = Desk(
        ledger=store.ledger,
        providers={NEWSLETTER: [provider]},
        fields=lambda addressee, _language: {"unsubscribe_url": f"https://x.example/{addressee.subscription}"},
        owner="me",
        clock=lambda: now,
    )
    while desk.submit_next():
        pass
    return provider.batches


def test_an_event_that_is_told_twice_counts_once(store: Store, issue: IssueId) -> None:
    one = told(store, issue, "a", EventKind.DELIVERED)
    assert record(store, one, one) == Recorded(new=1, repeated=1)
    assert record(store, one) == Recorded(repeated=1)
    assert record(store, one, provider="another").new == 1
    assert store.events.rates(issue).by_kind == {EventKind.DELIVERED: 1}


def test_recipients_are_counted_by_kind(store: Store, issue: IssueId) -> None:
    record(
        store,
        told(store, issue, "a", EventKind.DELIVERED),
        told(store, issue, "b", EventKind.DEFERRED),
        told(store, issue, "b", EventKind.DEFERRED, NOW + MINUTE),
        told(store, issue, "b", EventKind.HARD_BOUNCE),
        told(store, issue, "c", EventKind.SOFT_BOUNCE),
        told(store, issue, "a", EventKind.COMPLAINED),
    )
    rates = store.events.rates(issue)
    assert rates.by_kind[EventKind.DEFERRED] == 1
    assert (rates.bounced, rates.complained) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (EventKind.HARD_BOUNCE, SuppressionReason.HARD_BOUNCE),
        (EventKind.COMPLAINED, SuppressionReason.COMPLAINT),
    ],
)
def test_a_hard_bounce_and_a_complaint_suppress_at_once(
    store: Store, issue: IssueId, kind: EventKind, reason: SuppressionReason
) -> None:
    assert record(store, told(store, issue, "b", kind)).suppressed == 1
    assert suppressed(store, "b") is reason
    assert suppressed(store, "a") is None


@pytest.mark.parametrize("kind", [EventKind.HARD_BOUNCE, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED])
def test_they_count_between_freezing_and_submission(store: Store, issue: IssueId, kind: EventKind) -> None:
    record(store, told(store, issue, "b", kind))
    batches = hand_over(store, at(3))
    assert sorted(one.address for batch in batches for one in batch.recipients) == ["a@example.org", "c@example.org"]
    assert store.issues.shown([issue])[0].books.suppressed == 1


def test_who_unsubscribes_at_the_provider_ends_that_newsletter_only(store: Store, issue: IssueId) -> None:
    assert record(store, told(store, issue, "a", EventKind.UNSUBSCRIBED)).ended == 1
    assert state(store, "a") is SubscriptionState.UNSUBSCRIBED
    assert suppressed(store, "a") is None
    assert next(iter(store.subscriptions.listed(address="a@example.org"))).ended_how == "told by mailgun"


def test_who_came_back_since_stays(store: Store, issue: IssueId) -> None:
    chosen = next(iter(store.subscriptions.listed(address="a@example.org"))).id
    store.subscriptions.unsubscribe(chosen, at(5), "page")
    store.subscriptions.resubscribe(chosen, at(6))
    assert record(store, told(store, issue, "a", EventKind.UNSUBSCRIBED, at(4))).ended == 0
    assert state(store, "a") is SubscriptionState.ACTIVE
    assert record(store, told(store, issue, "a", EventKind.UNSUBSCRIBED, at(7))).ended == 1


def test_who_unsubscribes_from_mail_that_is_not_of_an_issue_is_suppressed(store: Store, issue: IssueId) -> None:
    del issue
    record(store, Event(id="1", kind=EventKind.UNSUBSCRIBED, at=NOW, recipient="A@EXAMPLE.org"))
    assert suppressed(store, "a") is SuppressionReason.UNSUBSCRIBED


def test_the_providers_own_list_is_believed(store: Store, issue: IssueId) -> None:
    dropped = replace(told(store, issue, "a", EventKind.REJECTED), listed=SuppressionReason.COMPLAINT)
    record(store, dropped)
    assert suppressed(store, "a") is SuppressionReason.COMPLAINT
    assert store.events.rates(issue).complained == 0


def test_the_first_reason_stays(store: Store, issue: IssueId) -> None:
    record(store, told(store, issue, "a", EventKind.COMPLAINED))
    assert record(store, told(store, issue, "a", EventKind.HARD_BOUNCE)).suppressed == 0
    assert suppressed(store, "a") is SuppressionReason.COMPLAINT


def test_a_person_who_lifts_a_suppression_is_not_overruled_by_an_old_event(store: Store, issue: IssueId) -> None:
    bounce = told(store, issue, "a", EventKind.HARD_BOUNCE)
    record(store, bounce)
    store.subscriptions.unsuppress("a@example.org")
    record(store, bounce)
    assert suppressed(store, "a") is None


def soft(store: Store, issues: Sequence[IssueId], *days: int, name: str = "a") -> list[Event]:
    return [
        told(store, issue, name, EventKind.SOFT_BOUNCE, NOW + day * DAY)
        for issue, day in zip(issues, days, strict=False)
    ]


@pytest.fixture
def issues(store: Store, issue: IssueId) -> Sequence[IssueId]:
    return [issue, *(another_issue(store, f"more {n}", at(2) + n * timedelta(hours=1)) for n in range(4))]


def later(days: int) -> datetime:
    return NOW + days * DAY


def test_soft_bounces_suppress_after_so_many_issues(store: Store, issues: Sequence[IssueId]) -> None:
    first, second, third = soft(store, issues, 0, 1, 2)
    record(store, first, second, now=later(3))
    assert suppressed(store, "a") is None
    assert record(store, third, now=later(3)).suppressed == 1
    assert suppressed(store, "a") is SuppressionReason.SOFT_BOUNCE
    assert suppressed(store, "b") is None


def test_several_soft_bounces_of_one_issue_count_as_one(store: Store, issues: Sequence[IssueId]) -> None:
    again = [told(store, issues[0], "a", EventKind.SOFT_BOUNCE, NOW + n * MINUTE) for n in range(5)]
    record(store, *again, now=later(1))
    assert suppressed(store, "a") is None


def test_soft_bounces_that_are_long_ago_do_not_count(store: Store, issues: Sequence[IssueId]) -> None:
    record(store, *soft(store, issues, 0, 1, 31), now=later(32))
    assert suppressed(store, "a") is None


def test_a_delivery_clears_the_soft_bounces_before_it(store: Store, issues: Sequence[IssueId]) -> None:
    events = soft(store, issues, 0, 1, 3)
    delivered = told(store, issues[3], "a", EventKind.DELIVERED, later(2))
    record(store, *events[:2], delivered, events[2], now=later(4))
    assert suppressed(store, "a") is None


def test_a_delivery_that_is_told_of_late_clears_them_too(store: Store, issues: Sequence[IssueId]) -> None:
    record(store, *soft(store, issues, 0, 1, 2), now=later(4))
    assert suppressed(store, "a") is SuppressionReason.SOFT_BOUNCE
    record(store, told(store, issues[3], "a", EventKind.DELIVERED, NOW - DAY), now=later(4))
    assert suppressed(store, "a") is SuppressionReason.SOFT_BOUNCE
    record(store, told(store, issues[3], "a", EventKind.DELIVERED, later(3)), now=later(4))
    assert suppressed(store, "a") is None


def test_a_delivery_lifts_no_other_suppression(store: Store, issue: IssueId) -> None:
    record(store, told(store, issue, "a", EventKind.HARD_BOUNCE), told(store, issue, "a", EventKind.DELIVERED))
    assert suppressed(store, "a") is SuppressionReason.HARD_BOUNCE


def test_a_hard_bounce_is_a_stronger_reason_than_soft_ones(store: Store, issues: Sequence[IssueId]) -> None:
    record(store, *soft(store, issues, 0, 1, 2), now=later(3))
    record(store, told(store, issues[3], "a", EventKind.COMPLAINED, later(3)), now=later(3))
    record(store, told(store, issues[4], "a", EventKind.DELIVERED, later(3)), now=later(3))
    assert suppressed(store, "a") is SuppressionReason.COMPLAINT


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)), pages=st.integers(1, 5))
def test_the_order_in_which_events_are_told_does_not_matter(
    store: Store, issues: Sequence[IssueId], order: list[int], pages: int
) -> None:
    with writing(store.engine) as tx:
        tx.execute(delete(event))
        tx.execute(delete(suppression))
    events = [
        *soft(store, issues, 0, 1, 3),
        told(store, issues[3], "a", EventKind.DELIVERED, later(2)),
        told(store, issues[4], "b", EventKind.HARD_BOUNCE, later(1)),
    ]
    shuffled = [events[place] for place in order]
    for start in range(0, len(shuffled), pages):
        record(store, *shuffled[start : start + pages], now=later(4))
    assert suppressed(store, "a") is None
    assert suppressed(store, "b") is SuppressionReason.HARD_BOUNCE


def test_events_of_tests_and_of_other_installations_change_nothing(store: Store, issue: IssueId) -> None:
    bounce = told(store, issue, "a", EventKind.HARD_BOUNCE)
    trial = uuid.uuid4()
    recorded = record(
        store,
        replace(bounce, id="1", issue=trial, batch=trial, subscriber=SubscriberId(0)),
        replace(bounce, id="2", issue=None, batch=trial, subscriber=None),
        replace(bounce, id="3", subscriber=SubscriberId(4711)),
        replace(bounce, id="4", issue=None, subscriber=None, recipient="stranger@example.org"),
        replace(bounce, id="5", issue=None, subscriber=None, recipient=""),
        replace(bounce, id="6", issue=None),
    )
    assert recorded == Recorded(foreign=6)
    assert suppressed(store, "a") is None
    assert store.subscriptions.suppressions() == []
    assert store.events.rates(issue).by_kind == {}


def test_a_batch_and_an_address_are_enough(store: Store, issue: IssueId) -> None:
    batch = next(
        one for one in hand_over(store, at(3)) if any(person.address == "a@example.org" for person in one.recipients)
    )
    record(store, Event(id="1", kind=EventKind.UNSUBSCRIBED, at=NOW, recipient="A@Example.ORG", batch=batch.id))
    assert state(store, "a") is SubscriptionState.UNSUBSCRIBED
    assert store.events.rates(issue).by_kind == {EventKind.UNSUBSCRIBED: 1}


def test_an_address_in_the_form_that_dns_has_is_known(store: Store) -> None:
    people = [NewSubscriber(address="zoe@bücher.example")]
    store.subscriptions.add_subscribers(people, NEWSLETTER, IMMEDIATE, confirmed=True, now=START)
    record(store, Event(id="1", kind=EventKind.HARD_BOUNCE, at=NOW, recipient="Zoe <zoe@xn--bcher-kva.example>"))
    found = store.subscriptions.suppression("zoe@bücher.example")
    assert found is not None


def test_a_suppression_outlives_the_subscriber(store: Store, issue: IssueId) -> None:
    uid, who = uid_of(store, issue), person(store, "a")
    with writing(store.engine) as tx:
        tx.execute(delete(subscription).where(subscription.c.subscriber_id == who))
        tx.execute(delete(subscriber).where(subscriber.c.id == who))
    record(
        store, Event(id="1", kind=EventKind.COMPLAINED, at=NOW, recipient="a@example.org", issue=uid, subscriber=who)
    )
    assert suppressed(store, "a") is SuppressionReason.COMPLAINT
    subscribe(store, NOW, "a")
    assert list(store.subscriptions.listed(address="a@example.org")) == []


def test_a_token_comes_once(store: Store, issue: IssueId) -> None:
    once = Once("token", "digest", NOW + DAY)
    one, other = told(store, issue, "a", EventKind.DELIVERED), told(store, issue, "b", EventKind.HARD_BOUNCE)
    assert store.events.record("mailgun", [one], NOW, RULES, once).new == 1
    assert store.events.record("mailgun", [one], NOW, RULES, once) == Recorded(repeated=1)
    with pytest.raises(NotGenuine):
        store.events.record("mailgun", [other], NOW, RULES, once._replace(digest="another"))
    assert suppressed(store, "b") is None
    assert store.events.rates(issue).by_kind == {EventKind.DELIVERED: 1}
    # Another provider's tokens are others.
    assert store.events.record("another", [one], NOW, RULES, once).new == 1


def test_events_that_are_older_than_what_is_remembered_are_not_taken(store: Store, issue: IssueId) -> None:
    bounce = told(store, issue, "a", EventKind.HARD_BOUNCE, NOW - timedelta(days=181))
    assert record(store, bounce) == Recorded(old=1)
    assert suppressed(store, "a") is None


def test_old_events_become_numbers(store: Store, issue: IssueId) -> None:
    bounce = told(store, issue, "a", EventKind.HARD_BOUNCE)
    record(store, bounce, told(store, issue, "b", EventKind.DELIVERED, NOW + DAY))
    assert store.events.prune(NOW + timedelta(days=180), RULES) == 0
    much_later = NOW + timedelta(days=182)
    assert store.events.prune(much_later, RULES) == 2
    assert store.events.rates(issue).by_kind == {EventKind.DELIVERED: 1, EventKind.HARD_BOUNCE: 1}
    assert record(store, bounce, now=much_later) == Recorded(old=1)
    assert store.events.prune(much_later, RULES) == 0
    assert suppressed(store, "a") is SuppressionReason.HARD_BOUNCE


def test_the_books_stay_what_they_are(store: Store, issue: IssueId) -> None:
    before = store.issues.shown([issue])[0].books
    record(store, *(told(store, issue, "a", kind) for kind in EventKind))
    assert store.issues.shown([issue])[0].books == before


def test_of_whom_there_are_events_is_known(store: Store, issue: IssueId) -> None:
    record(store, told(store, issue, "a", EventKind.DEFERRED), told(store, issue, "b", EventKind.UNKNOWN))
    assert store.events.told_of(issue) == {person(store, "a")}


def test_words_that_are_not_known_are_kept_as_they_came(store: Store, issue: IssueId) -> None:
    record(store, replace(told(store, issue, "a", EventKind.UNKNOWN), raw='{"event": "levitated"}'))
    with reading(store.engine) as tx:
        assert tx.execute(select(event.c.raw)).scalar_one() == '{"event": "levitated"}'


def test_the_future_has_not_happened_yet(store: Store, issues: Sequence[IssueId]) -> None:
    record(store, told(store, issues[3], "a", EventKind.DELIVERED, NOW + 300 * DAY))
    record(store, *soft(store, issues, 1, 2, 3), now=later(4))
    assert suppressed(store, "a") is SuppressionReason.SOFT_BOUNCE


def test_lists_of_a_provider_are_taken_over(store: Store, issue: IssueId) -> None:
    del issue
    listed = [
        Listed("a@example.org", SuppressionReason.HARD_BOUNCE, "550"),
        Listed("Nobody@example.org", SuppressionReason.COMPLAINT),
    ]
    assert store.events.suppress_listed("mailgun", listed, NOW) == (2, 2)
    assert store.events.suppress_listed("mailgun", iter(listed), NOW) == (2, 0)
    assert suppressed(store, "nobody") is SuppressionReason.COMPLAINT


def test_what_polls_have_read_is_remembered(store: Store) -> None:
    polls = store.event_polls
    assert polls.state("x").due(5 * MINUTE, NOW)
    polls.failed("x", NOW, "away")
    polls.failed("x", NOW + MINUTE, "still away")
    assert polls.state("x").failing_since == NOW
    polls.done("x", NOW + 2 * MINUTE, NOW)
    found = polls.state("x")
    assert (found.read_until, found.failing_since, found.error) == (NOW, None, "")
    assert not found.due(5 * MINUTE, NOW + 6 * MINUTE)
    assert found.due(5 * MINUTE, NOW + 7 * MINUTE)
