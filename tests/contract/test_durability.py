"""What is on the disk when a transaction is over, and what may wait for the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from pipeline.deliver.lanes import Lane, Route
from pipeline.store.database import writing
from pipeline.store.store import Store
from tests.fakes.desk import frozen_issue
from tests.fakes.mailing import NEWSLETTER
from tests.fakes.times import at

HOUR = timedelta(hours=1)


def waits_for_the_disk(tx: Connection) -> bool:
    if tx.dialect.name == "postgresql":
        return bool(tx.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on")
    return bool(tx.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2)


@pytest.fixture(autouse=True)
def careful(store: Store) -> None:
    """The server of the tests doesn't wait by itself."""
    if store.engine.dialect.name == "postgresql":
        with writing(store.engine) as tx:
            tx.exec_driver_sql("SET synchronous_commit = on")


def test_a_transaction_waits_for_the_disk_unless_it_says_otherwise(store: Store) -> None:
    for durable in (True, False, True):
        with writing(store.engine, durable=durable) as tx:
            assert waits_for_the_disk(tx) is durable


def test_only_the_intent_of_a_submission_waits_for_the_disk(store: Store) -> None:
    frozen_issue(store, "a")
    lane = Lane(provider="fake", most=2)
    waited: list[bool] = []
    event.listen(store.engine, "commit", lambda connection: waited.append(waits_for_the_disk(connection)))
    held = store.ledger.claim({NEWSLETTER: Route(lanes=(lane,))}, "me", at(10), HOUR)
    assert held is not None
    mine = store.ledger.intend(held, "me", lane, "hash", at(10), HOUR)
    assert mine is not None
    store.ledger.doubt(mine, "nobody knows")
    assert waited == [False, True, False]
