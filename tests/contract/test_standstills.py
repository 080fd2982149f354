"""A hold on all mailing: from the moment that it stands no call of a provider begins."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.domain.ledger import BatchState, IssueId
from pipeline.store.database import reading
from pipeline.store.store import Store, open_store
from pipeline.store.tables import batch
from tests.fakes.desk import Clock, desk, drain, everyone, frozen_issue
from tests.fakes.providers import CALL_LOST, FakeProvider
from tests.fakes.times import at

PEOPLE = ("a", "b", "c", "d", "e")
LEASE = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, *PEOPLE)


def test_nothing_is_handed_over_while_it_lasts_and_everything_afterwards(
    store: Store, issue: IssueId, clock: Clock
) -> None:
    provider = FakeProvider()
    at_desk = desk(store, clock, provider)
    assert at_desk.submit_next()
    begun = store.standstills.begin("wrong price", clock.now)
    assert begun == store.standstills.now()
    drain(at_desk)
    assert (len(provider.accepted), at_desk.waits_until()) == (2, None)
    assert store.issues.finish(clock.now) == []
    assert store.standstills.end() == begun
    drain(at_desk)
    assert everyone(provider) == list(PEOPLE)
    assert store.standstills.now() is None
    assert store.standstills.end() is None


def test_a_batch_that_was_claimed_before_is_not_submitted_any_more(store: Store, issue: IssueId, clock: Clock) -> None:
    at_desk = desk(store, clock, FakeProvider())
    (lane,) = at_desk.route("brief").lanes
    held = store.ledger.claim({"brief": at_desk.route("brief")}, "me", clock.now, LEASE)
    assert held is not None
    store.standstills.begin("", clock.now)
    assert store.ledger.intend(held, "me", lane, "hash", clock.now, LEASE) is None
    with reading(store.engine) as tx:
        states = set(tx.execute(select(batch.c.state)).scalars())
    assert states == {BatchState.CLAIMED, BatchState.READY}, "no intent is left of it"
    assert store.standstills.under_way() == 0


def test_what_is_in_doubt_is_not_submitted_again_by_its_key_either(store: Store, issue: IssueId, clock: Clock) -> None:
    provider = FakeProvider(script=[CALL_LOST], key_life=timedelta(hours=1))
    at_desk = desk(store, clock, provider)
    at_desk.submit_next()
    calls = provider.calls
    store.standstills.begin("", clock.now)
    assert len(at_desk.resolve_doubts()) == 1
    assert provider.calls == calls
    store.standstills.end()
    assert at_desk.resolve_doubts() == []


def test_calls_that_began_before_are_counted(store: Store, issue: IssueId, clock: Clock) -> None:
    at_desk = desk(store, clock, FakeProvider())
    (lane,) = at_desk.route("brief").lanes
    held = store.ledger.claim({"brief": at_desk.route("brief")}, "me", clock.now, LEASE)
    assert held is not None
    assert store.ledger.intend(held, "me", lane, "hash", clock.now, LEASE) is not None
    store.standstills.begin("", clock.now)
    assert store.standstills.under_way() == 1


def test_it_outlasts_the_process_and_keeps_its_beginning(store: Store, store_url: str, tmp_path: Path) -> None:
    store.standstills.begin("first", at(1))
    assert store.standstills.begin("", at(2)) is None
    again = open_store(store_url, tmp_path, at(3))
    held = again.standstills.now()
    assert (held.since, held.reason) == (at(1), "first") if held else False
    assert again.standstills.begin("second", at(4)) is None
    held = store.standstills.now()
    assert (held.since, held.reason) == (at(1), "second") if held else False
    again.close()
