"""What people do by the link to their preferences, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.audience.choices import Choices
from pipeline.audience.preferences import Preferences
from pipeline.audience.tokens import PREFERENCES, PRIVATE_FEED, UNSUBSCRIBE, TokenKeys
from pipeline.domain.audience import Choice, NewSubscriber, Subscription, SubscriptionState, SuppressionReason
from pipeline.domain.past_issue import read_past_issue_path
from pipeline.store.database import reading
from pipeline.store.past_issues import PastIssues
from pipeline.store.store import Store, open_store
from pipeline.store.tables import metadata
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.providers import FakeProvider
from tests.fakes.signing_up import KEYS, WEEKLY, asked, confirmed, desk_for, render_all, sign_up, subscribed
from tests.fakes.times import START, at

DAY = timedelta(days=1)
ROTATED = TokenKeys(b"n" * 32, [b"k" * 32])


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path, START, lambda _directory: KEYS.address_digests)
    yield opened
    opened.close()


def preferences(store: Store, keys: TokenKeys = KEYS) -> Preferences:
    return Preferences(keys, store.subscriptions, store.preferences, store.sign_ups)


def token(one: Subscription) -> str:
    return KEYS.make(PREFERENCES, one.id)


def the(store: Store, one: Subscription) -> Subscription:
    found = store.subscriptions.subscription(one.id)
    assert found is not None
    return found


def test_a_link_of_another_purpose_or_person_opens_nothing_of_ones_own(store: Store) -> None:
    one, other = subscribed(store, START).subscription, subscribed(store, START, "ben@example.org").subscription
    mine = preferences(store)
    assert mine.find(token(one)) == one
    for wrong in (UNSUBSCRIBE, "confirm", PRIVATE_FEED):
        assert mine.find(KEYS.make(wrong, one.id)) is None
        assert mine.choose(KEYS.make(wrong, one.id), Choice(cadence="x"), "x", START) is None
        assert mine.erase(KEYS.make(wrong, one.id), START) is None
    assert Choices(KEYS, store.subscriptions).find(token(one)) is None
    body, key_id = token(one)[:-2], token(one)[-2:]
    spliced = token(other)[:4] + body[4:] + key_id
    assert mine.find(spliced) is None
    assert mine.find(KEYS.make(PREFERENCES, other.id + 1)) is None


def test_links_work_after_the_key_was_changed(store: Store) -> None:
    one = subscribed(store, START).subscription
    assert preferences(store, ROTATED).find(token(one)) == one
    assert preferences(store, TokenKeys(b"n" * 32)).find(token(one)) is None


def test_what_somebody_chooses_and_is_called_is_taken_over(store: Store) -> None:
    one = subscribed(store, START).subscription
    choice = Choice(cadence="weekly", topics=("Recht",), language="en", timezone="Europe/Dublin")
    changed = preferences(store).choose(token(one), choice, "Änne", at(1))
    assert changed is not None
    assert (changed.cadence, changed.topics, changed.language, changed.timezone, changed.subscriber.name) == (
        "weekly",
        ("recht",),
        "en",
        "Europe/Dublin",
        "Änne",
    )


# Pauses


def test_who_pauses_gets_nothing_and_then_what_is_new(store: Store) -> None:
    subscribe(store, START, "anna", "ben")
    anna = next(store.subscriptions.listed(address="anna@example.org"))
    store.preferences.pause(anna.id, START + DAY, START)
    show(store, [sighting("a")], at(1))
    issue = freeze_immediate(store, at(1))
    assert issue is not None
    (shown,) = store.issues.shown([issue])
    assert shown.books.audience == 1
    assert store.preferences.wake(START + DAY - timedelta(seconds=1)) == 0
    assert the(store, anna).state is SubscriptionState.PAUSED
    assert store.preferences.wake(START + DAY) == 1
    assert (the(store, anna).state, the(store, anna).paused_until) == (SubscriptionState.ACTIVE, None)
    show(store, [sighting("a"), sighting("b")], START + DAY)
    issue = freeze_immediate(store, START + DAY)
    assert issue is not None
    variants = store.issues.details(issue).variants
    assert [(one.subject, one.deliveries) for one in variants] == [("Titel b", 2)]


def test_a_pause_that_begins_while_an_issue_is_mailed_counts_for_the_rest_of_it(store: Store) -> None:
    subscribe(store, START, "anna")
    show(store, [sighting("a")], at(1))
    issue = freeze_immediate(store, at(1))
    anna = next(store.subscriptions.listed(address="anna@example.org"))
    store.preferences.pause(anna.id, START + DAY, at(2))
    assert issue is not None
    provider = FakeProvider()
    desk = desk_for(store, [provider], at(3))
    desk.ledger = store.ledger
    desk.providers = {NEWSLETTER: [provider]}
    assert not desk.submit_next()
    store.issues.finish(at(4))
    (shown,) = store.issues.shown([issue])
    assert (shown.books.suppressed, shown.books.finished, provider.accepted) == (1, True, [])


def test_a_pause_can_be_moved_and_taken_back_but_not_begun_by_who_has_left(store: Store) -> None:
    one = subscribed(store, START).subscription
    store.preferences.pause(one.id, START + DAY, START)
    store.preferences.pause(one.id, START + 2 * DAY, START)
    assert the(store, one).paused_until == START + 2 * DAY
    store.preferences.resume(one.id, START)
    assert the(store, one).state is SubscriptionState.ACTIVE
    store.subscriptions.unsubscribe(one.id, START, "page")
    store.preferences.pause(one.id, START + DAY, START)
    assert the(store, one).state is SubscriptionState.UNSUBSCRIBED
    store.preferences.wake(START + 3 * DAY)
    assert the(store, one).state is SubscriptionState.UNSUBSCRIBED


def test_who_leaves_while_pausing_stays_away(store: Store) -> None:
    one = subscribed(store, START).subscription
    store.preferences.pause(one.id, START + DAY, START)
    store.subscriptions.unsubscribe(one.id, START, "page")
    assert store.preferences.wake(START + 2 * DAY) == 0
    assert the(store, one).paused_until is None


# A feed of one's own


def test_the_address_of_a_feed_that_was_ended_never_comes_back(store: Store) -> None:
    one = subscribed(store, START).subscription
    mine = preferences(store)
    assert mine.feed_token(one) is None
    mine.open_feed(token(one), START)
    mine.open_feed(token(one), START)
    first = mine.feed_token(one)
    assert first is not None
    assert mine.of_feed(first) == one
    mine.close_feed(token(one))
    assert mine.feed_token(one) is None
    assert (mine.of_feed(first), mine.is_feed(first)) == (None, True)
    mine.open_feed(token(one), START)
    second = mine.feed_token(one)
    assert second is not None
    assert second != first
    assert mine.of_feed(first) is None
    other = subscribed(store, START, "ben@example.org").subscription
    mine.open_feed(token(other), START)
    assert mine.of_feed(second) == one


# What is known of a person


def everywhere(store: Store) -> str:
    """Every value of every row in the store."""
    with reading(store.engine) as tx:
        return "\n".join(repr(tuple(row)) for table in metadata.sorted_tables for row in tx.execute(select(table)))


def test_erasing_leaves_nothing_of_a_person_and_keeps_lists_from_bringing_them_back(store: Store) -> None:
    one = subscribed(store, START).subscription
    subscribe(store, START, "anna")
    show(store, [sighting("a")], at(1))
    assert freeze_immediate(store, at(1))
    sign_up(store, at(2), asked(newsletter="monthly"))
    assert preferences(store).move(token(one), "anna@new.example.org", "de", "", at(2))
    sign_up(store, at(2))
    preferences(store).open_feed(token(one), at(2))
    render_all(store)
    assert "anna" in everywhere(store).lower()

    assert preferences(store).erase(token(one), at(3)) == one
    assert "anna" not in everywhere(store).lower()
    assert preferences(store).find(token(one)) is None
    assert preferences(store).erase(token(one), at(4)) is None
    assert list(store.subscriptions.listed()) == []
    assert store.subscriptions.count() == 0

    found = store.subscriptions.suppression("Anna@example.org")
    assert found is not None
    assert found.reason is SuppressionReason.ERASED
    person = NewSubscriber(address="anna@example.org")
    counts = store.subscriptions.add_subscribers([person], WEEKLY, "daily", confirmed=True, now=at(5))
    assert (counts.new, counts.suppressed) == (0, 1)
    assert store.subscriptions.fates([person], WEEKLY).suppressed == 1


def test_who_was_erased_can_come_back_by_themselves(store: Store) -> None:
    one = subscribed(store, START).subscription
    preferences(store).erase(token(one), START)
    (mail,) = sign_up(store, at(1))
    assert store.subscriptions.suppression("anna@example.org"), "not before they have confirmed it"
    done = confirmed(store, mail, at(2))
    assert done is not None
    assert store.subscriptions.suppression("anna@example.org") is None
    assert done.subscription.id != one.id
    assert preferences(store).find(token(one)) is None, "links of before are not theirs again"


def test_a_complaint_outlives_the_erasure(store: Store) -> None:
    one = subscribed(store, START).subscription
    store.subscriptions.suppress("anna@example.org", SuppressionReason.COMPLAINT, "postmark: abuse", START)
    preferences(store).erase(token(one), at(1))
    found = store.subscriptions.suppression("anna@example.org")
    assert found is not None
    assert found.reason is SuppressionReason.COMPLAINT
    assert sign_up(store, at(2)) == []
    assert "anna" not in everywhere(store).lower()


def test_a_digest_is_found_with_an_older_key_and_lifted_by_the_operator(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    preferences(store).erase(token(subscribed(store, START).subscription), START)
    again = open_store(store_url, tmp_path, START, lambda _directory: ROTATED.address_digests)
    assert again.subscriptions.suppression("anna@example.org")
    assert again.subscriptions.unsuppress("anna@example.org")
    assert again.subscriptions.suppression("anna@example.org") is None
    again.close()


def test_the_books_of_an_open_issue_balance_after_an_erasure(store: Store) -> None:
    subscribe(store, START, "anna", "ben")
    show(store, [sighting("a")], at(1))
    issue = freeze_immediate(store, at(1))
    assert issue is not None
    anna = next(store.subscriptions.listed(address="anna@example.org"))
    store.preferences.erase(anna.id, at(2))
    provider = FakeProvider()
    desk = desk_for(store, [provider], at(3))
    desk.ledger = store.ledger
    desk.providers = {NEWSLETTER: [provider]}
    while desk.submit_next():
        pass
    store.issues.finish(at(4))
    (shown,) = store.issues.shown([issue])
    assert (shown.books.accepted, shown.books.suppressed, shown.books.finished) == (1, 1, True)
    assert [address for address, _ in provider.accepted] == ["ben@example.org"]


def test_everything_that_is_known_is_told(store: Store) -> None:
    one = subscribed(store, START).subscription
    subscribe(store, START, "anna")
    show(store, [sighting("a")], at(1))
    assert freeze_immediate(store, at(1))
    told = preferences(store).everything(token(one))
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert (told["address"], told["name"]) == ("anna@example.org", "Anna")
    assert [two["newsletter"] for two in told["subscriptions"]] == [WEEKLY, NEWSLETTER]
    assert [issue["newsletter"] for issue in told["issues"]] == [NEWSLETTER]


# Past issues


def test_past_issues_are_listed_by_cadence_and_each_has_its_page(store: Store) -> None:
    subscribe(store, START, "anna")
    subscribe(store, START, "ben", topics=["ki"])
    for number in range(3):
        show(store, [sighting(f"{number}a", topics=["ki"]), sighting(f"{number}b", topics=["recht"])], at(number))
        assert freeze_immediate(store, at(number))
    past = PastIssues(engine=store.engine)
    assert past.cadences(NEWSLETTER) == ["immediate"]
    assert past.cadences("other") == []
    found = past.listed(NEWSLETTER, "immediate", limit=2)
    assert [one.slot for one in found] == [at(2), at(1)]
    assert all("|" in one.subject for one in found), "the variant with the most in it stands for the issue"
    older = past.listed(NEWSLETTER, "immediate", limit=5, before=found[-1].slot)
    assert [one.slot for one in older] == [at(0)]
    name = read_past_issue_path(NEWSLETTER, found[0].path)
    assert name is not None
    read = past.message(name)
    assert read is not None
    assert read[0] == found[0]
    assert "Hallo" in read[1].html


def test_an_issue_that_is_not_there_has_no_page(store: Store) -> None:
    subscribe(store, START, "anna")
    show(store, [sighting("a")], at(1))
    store.articles.release(at(1))
    past = PastIssues(engine=store.engine)
    for path in ("2026-03-01-0123456789abcdef.1", "2026-02-30-0123456789abcdef.1", "x", "2026-03-01-0.1", ""):
        name = read_past_issue_path(NEWSLETTER, path)
        assert name is None or past.message(name) is None
