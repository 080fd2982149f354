"""The audience as operators look at it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.audience import Choice, NewSubscriber, SubscriptionState, SuppressionReason
from pipeline.domain.event import Event, EventKind, EventRules
from pipeline.domain.segment import Segment
from pipeline.store.store import Store, open_store
from tests.fakes.signing_up import KEYS, WEEKLY
from tests.fakes.times import START, at

RULES = EventRules(soft_limit=5, soft_within=timedelta(days=30), keep=timedelta(days=30))
MONTHLY = "monthly"


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path, START, lambda _directory: KEYS.address_digests)
    people = [
        NewSubscriber(address="anna@example.org", name="Anna Müller", language="de", topics=("KI",)),
        NewSubscriber(address="ben@example.com", name="100 %", language="en-GB", topics=("KI 2", "Recht")),
        NewSubscriber(address="chiara_x@example.net"),
    ]
    opened.subscriptions.add_subscribers(people, WEEKLY, "daily", confirmed=True, now=at(1))
    opened.subscriptions.add_subscribers(people[:1], MONTHLY, "monthly", confirmed=True, now=at(10))
    opened.subscriptions.suppress("ben@example.com", SuppressionReason.MANUAL, "", at(2))
    yield opened
    opened.close()


def names(store: Store, **wanted: Any) -> list[str]:
    segment = Segment(**{"newsletter": WEEKLY, **wanted})
    found = [one.subscription.subscriber.address.partition("@")[0] for one in store.segments.listed(segment)]
    assert store.segments.count(segment) == len(found)
    return found


SEGMENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["anna", "ben", "chiara_x"]),
    ({"newsletter": None}, ["anna", "ben", "chiara_x", "anna"]),
    ({"newsletter": MONTHLY}, ["anna"]),
    ({"newsletter": None, "cadence": "monthly"}, ["anna"]),
    ({"topic": "ki"}, ["anna", "chiara_x"]),
    ({"topic": "RECHT"}, ["ben", "chiara_x"]),
    ({"topic": '%"'}, ["chiara_x"]),
    ({"language": "en"}, ["ben"]),
    ({"language": "de"}, ["anna"]),
    ({"language": "de", "speaking": frozenset({WEEKLY})}, ["anna", "chiara_x"]),
    ({"text": "EXAMPLE.org"}, ["anna"]),
    ({"text": "anna m"}, ["anna"]),
    ({"text": "%"}, ["ben"]),
    ({"text": "_"}, ["chiara_x"]),
    ({"suppressed": True}, ["ben"]),
    ({"suppressed": False}, ["anna", "chiara_x"]),
    ({"newsletter": None, "since": at(5)}, ["anna"]),
    ({"newsletter": None, "before": at(5)}, ["anna", "ben", "chiara_x"]),
    ({"state": SubscriptionState.UNSUBSCRIBED}, []),
    ({"active_since": at(1)}, ["anna", "ben", "chiara_x"]),
    ({"active_since": at(2)}, []),
]


def test_a_segment_has_those_for_whom_all_is_so(store: Store) -> None:
    for wanted, found in SEGMENTS:
        assert names(store, **wanted) == found, wanted


def test_who_reads_or_chooses_is_active_and_the_others_are_quiet(store: Store) -> None:
    anna, ben, chiara = store.subscriptions.listed(newsletter=WEEKLY)
    for kind, subscriber, event in ((EventKind.OPENED, anna, "1"), (EventKind.DELIVERED, ben, "2")):
        told = Event(id=event, kind=kind, at=at(20), recipient=subscriber.subscriber.address)
        store.events.record("postmark", [told], at(20), RULES)
    store.subscriptions.choose(chiara.id, Choice(cadence="daily", topics=("Recht",)), at(30))
    assert names(store, active_since=at(15)) == ["anna", "chiara_x"]
    assert names(store, quiet_since=at(15)) == ["ben"]
    assert names(store, active_since=at(25)) == ["chiara_x"]


def test_who_was_erased_is_in_none(store: Store) -> None:
    store.preferences.erase_address("anna@example.org", at(3))
    assert names(store, newsletter=None) == ["ben", "chiara_x"]


def test_a_list_is_told_why_and_since_when(store: Store) -> None:
    rows = {one.subscription.subscriber.address[:3]: one for one in store.segments.listed(Segment(newsletter=WEEKLY))}
    assert rows["ben"].suppressed is SuppressionReason.MANUAL
    assert (rows["ann"].suppressed, rows["ann"].agreed) == (None, at(1))
    assert [one.suppressed for one in store.segments.listed(Segment(), limit=2)] == [None, SuppressionReason.MANUAL]
