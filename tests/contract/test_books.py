"""Books that do not balance are found, however that came about; and no transition of the ledger makes them so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from pipeline.deliver.lanes import Lane, Route
from pipeline.domain.issue import IssueState
from pipeline.domain.ledger import BatchState, IssueId
from pipeline.store.database import writing
from pipeline.store.store import Store
from pipeline.store.tables import batch, delivery
from pipeline.store.transitions import move
from tests.fakes.desk import Clock, desk, drain, frozen_issue
from tests.fakes.mailing import NEWSLETTER
from tests.fakes.providers import FakeProvider
from tests.fakes.times import at


@pytest.fixture
def issue(store: Store) -> IssueId:
    return frozen_issue(store, "a", "b", "c")


def test_a_batch_is_not_over_while_one_of_its_deliveries_is_open(store: Store, issue: IssueId) -> None:
    routes = {NEWSLETTER: Route(lanes=(Lane(provider="fake", most=2),))}
    held = store.ledger.claim(routes, "me", at(10), timedelta(hours=1))
    assert held is not None
    with pytest.raises(AssertionError, match="not all of its deliveries are settled"), writing(store.engine) as tx:
        move(tx, held.id, BatchState.ACCEPTED)
    assert store.issues.details(issue).batches == {BatchState.CLAIMED: 1, BatchState.READY: 1}


def test_a_delivery_that_is_lost_keeps_its_issue_from_being_finished(store: Store, issue: IssueId) -> None:
    drain(desk(store, Clock(), FakeProvider()))
    with writing(store.engine) as tx:
        tx.execute(delete(delivery).where(delivery.c.subscriber_id == 1))
    assert store.issues.unbalanced() == {issue: "its audience is 3, and there are 2 deliveries."}
    assert store.issues.finish(at(20)) == []
    assert store.issues.shown([issue])[0].state is IssueState.OPEN


def test_deliveries_that_no_batch_will_settle_are_found(store: Store, issue: IssueId) -> None:
    with writing(store.engine) as tx:
        tx.execute(update(batch).where(batch.c.sequence == 1).values(state=BatchState.CANCELLED))
    expected = {issue: "2 deliveries are neither settled nor to do."}
    assert store.issues.unbalanced([issue]) == store.issues.unbalanced() == expected


def test_books_that_balance_are_not_told_of(store: Store, issue: IssueId) -> None:
    assert store.issues.unbalanced() == {}
    drain(desk(store, Clock(), FakeProvider()))
    assert store.issues.finish(at(20)) == [issue]
    assert store.issues.unbalanced() == {}
