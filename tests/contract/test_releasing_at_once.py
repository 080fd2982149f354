"""Two processes that release and freeze at once on PostgreSQL, again and again: numbers never pass a cursor."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from pipeline.domain.audience import Choice
from pipeline.domain.issue import IssueKey
from pipeline.store.database import reading
from pipeline.store.store import open_store
from pipeline.store.tables import article, delivery, instance, issue, variant
from tests.fakes.mailing import NEWSLETTER, TERMS, show, sighting, subscribe
from tests.fakes.times import START, at

ROUNDS = 12
PEOPLE = ("a", "b", "c")


def _work(url: str, directory: str, who: int) -> None:
    """Collect, release, change somebody's choice, and freeze an issue of each of two cadences, many times."""
    store = open_store(url, Path(directory), START)
    for number in range(ROUNDS):
        now = at(number)
        show(store, [sighting(f"{who}-{number}", topics=["ki" if number % 2 else "ethik"])], now, source=f"s{who}")
        store.articles.release(now)
        person = PEOPLE[(who + number) % len(PEOPLE)]
        subscription = next(store.subscriptions.listed(address=f"{person}@example.org"))
        cadence = ("daily", "weekly")[number // 2 % 2]
        store.subscriptions.choose(subscription.id, Choice(cadence=cadence), now)
        for cadence in ("daily", "weekly"):
            slot = at(number) + timedelta(seconds=who)
            key = IssueKey(newsletter=NEWSLETTER, cadence=cadence, zone=TERMS.zone, slot=slot)
            store.issues.freeze(key, replace(TERMS, most=7), now)
    store.close()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_processes_that_release_and_freeze_at_once_lose_nothing_and_repeat_nothing(
    store_url: str, tmp_path: Path
) -> None:
    store = open_store(store_url, tmp_path, START)
    subscribe(store, START, *PEOPLE, cadence="daily")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(store_url, str(tmp_path), who)) for who in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    for number in range(3):
        for cadence in ("daily", "weekly"):
            key = IssueKey(newsletter=NEWSLETTER, cadence=cadence, zone=TERMS.zone, slot=at(1000 + number))
            store.issues.freeze(key, TERMS, at(1000 + number))
    got: Counter[tuple[int, int]] = Counter()
    with reading(store.engine) as tx:
        for person, articles in tx.execute(
            select(delivery.c.subscriber_id, variant.c.articles).join(variant, variant.c.id == delivery.c.variant_id)
        ):
            got.update((person, id_) for id_, _ in json.loads(articles))
        numbers = sorted(tx.execute(select(article.c.release_number)).scalars())
        last = tx.execute(select(instance.c.last_release)).scalar_one()
        reached = tx.execute(select(func.max(issue.c.upto))).scalar_one()
    store.close()
    assert numbers == list(range(1, 2 * ROUNDS + 1))
    assert last == reached == 2 * ROUNDS
    assert set(got.values()) == {1}
    assert len(got) == len(PEOPLE) * 2 * ROUNDS
