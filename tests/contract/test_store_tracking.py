"""Openings and clicks as numbers, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipeline.domain.ledger import IssueId
from pipeline.store.store import Store
from pipeline.store.tracking import Tally
from tests.fakes.mailing import NEWSLETTER, freeze_immediate, show, sighting, subscribe
from tests.fakes.times import START, at

A, B = "https://example.org/a", "https://example.org/" + "ü" * 3000


@pytest.fixture
def issue(store: Store) -> IssueId:
    subscribe(store, START, "a", "b")
    show(store, [sighting("x")], at(1))
    frozen = freeze_immediate(store, at(2))
    assert frozen is not None
    return frozen


def test_an_issue_nobody_has_looked_at_has_no_numbers(store: Store, issue: IssueId) -> None:
    assert store.tracking.of_issue(issue) == Tally()


def test_openings_and_clicks_are_counted_by_link(store: Store, issue: IssueId) -> None:
    for url in (A, B, A, "", A):
        store.tracking.count(issue, url)
    assert store.tracking.of_issue(issue) == Tally(opens=1, clicks=4, links={A: 3, B: 1})


def test_nothing_is_lost_when_many_click_at_once(store: Store, issue: IssueId) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.tracking.count(issue, A), range(40)))
    assert store.tracking.of_issue(issue).clicks == 40


def test_an_issue_that_there_is_not_is_not_counted(store: Store, issue: IssueId) -> None:
    store.tracking.count(issue + 1, A)
    assert store.tracking.of_issue(IssueId(issue + 1)) == Tally()


def test_after_some_days_only_the_sum_is_kept_and_later_clicks_join_it(store: Store, issue: IssueId) -> None:
    for url in (A, B, "", A):
        store.tracking.count(issue, url)
    store.tracking.sum_up(NEWSLETTER, at(2))
    assert store.tracking.of_issue(issue).links == {A: 2, B: 1}
    store.tracking.sum_up("another", at(2) + timedelta(days=1))
    assert store.tracking.of_issue(issue).links == {A: 2, B: 1}
    store.tracking.sum_up(NEWSLETTER, at(2) + timedelta(days=1))
    assert store.tracking.of_issue(issue) == Tally(opens=1, clicks=3)
    store.tracking.count(issue, A)
    assert store.tracking.of_issue(issue) == Tally(opens=1, clicks=4, links={A: 1})
    store.tracking.sum_up(NEWSLETTER, at(2) + timedelta(days=1))
    assert store.tracking.of_issue(issue) == Tally(opens=1, clicks=4)


def test_who_does_not_want_to_be_counted_is_known_when_their_mail_is_made(store: Store, issue: IssueId) -> None:
    del issue
    found = next(iter(store.subscriptions.listed(address="a@example.org")))
    store.preferences.track(found.id, untracked=True)
    held = [one for one in store.subscriptions.listed() if one.subscriber.untracked]
    assert [one.subscriber.address for one in held] == ["a@example.org"]
    everything = store.preferences.everything(found.id)
    assert everything is not None
    assert everything["untracked"] is True
    store.preferences.track(found.id, untracked=False)
    assert not any(one.subscriber.untracked for one in store.subscriptions.listed())
