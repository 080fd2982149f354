"""Explanations, plans and lists, with 1,000,000 subscribers, 10,000 articles, 5,000 runs and as many issues."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text

from benchmarks.databases import analyze, on_postgresql, postgresql, sqlite
from benchmarks.freezing import COUNT, START, TERMS, ZONES, prepare
from benchmarks.measure import Row
from pipeline.domain.article import ArticleId
from pipeline.domain.audience import SubscriptionId, SubscriptionState
from pipeline.domain.issue import IssueKey, IssueState
from pipeline.domain.selection import Selection
from pipeline.store.database import writing
from pipeline.store.store import Store, open_store
from pipeline.store.tables import issue
from pipeline.store.tables import run as run_table
from tests.fakes.mailing import NEWSLETTER, show, sighting

ARTICLES = 10_000
RUNS = 5_000
_TIMES = 11
_LATER = START + timedelta(days=1)


def fill(store: Store) -> None:
    """Four issues that everybody got, articles that nobody has yet, and years of runs and skipped slots."""
    for zone in ZONES:
        key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=zone, slot=START + timedelta(hours=1))
        store.issues.freeze(key, TERMS, START + timedelta(hours=1))
    with writing(store.engine) as tx:
        tx.execute(text("UPDATE delivery SET outcome = 'accepted' WHERE outcome IS NULL"))
        tx.execute(text("UPDATE batch SET state = 'accepted', provider = 'fake', attempt = 1"))
    store.issues.finish(START + timedelta(hours=2))
    show(store, [sighting(f"a{n}", topics=[f"thema {n % 30}"]) for n in range(ARTICLES)], _LATER)
    store.articles.release(_LATER)
    slots = [_LATER + timedelta(minutes=n) for n in range(RUNS)]
    with writing(store.engine) as tx:
        runs = [_run(n, slot) for n, slot in enumerate(slots)]
        tx.execute(insert(run_table), runs)
        tx.execute(insert(issue), [_skipped(store, slot) for slot in slots])
    analyze(store.engine)


def _run(number: int, slot: datetime) -> dict[str, object]:
    job = f"collect/s{number % 50}"
    return {"job": job, "slot": slot, "started_at": slot, "outcome": "done", "counts": json.dumps({"new": number})}


def _skipped(store: Store, slot: datetime) -> dict[str, object]:
    key = IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=ZONES[0], slot=slot)
    named = {"newsletter": key.newsletter, "cadence": key.cadence, "zone": key.zone, "slot": slot}
    ended = {"state": IssueState.SKIPPED, "reason": "nothing", "upto": 30, "frozen_at": slot, "finished_at": slot}
    return {"uid": key.uid(store.instance), **named, **ended}


def questions(store: Store) -> Iterator[tuple[str, Callable[[int], object]]]:
    """What is asked, and how; the number makes it another one each time."""
    lists, terms = store.listings, {NEWSLETTER: TERMS}

    def explain(number: int, first: int) -> object:
        address = f"person{COUNT // 2 + 7_777 * number + 1}@bench.example"
        return store.evidence.evidence(address, ArticleId(first + number), terms)

    finished = lists.issues(limit=1, state=IssueState.FINISHED)[0]
    article = lists.articles(limit=ARTICLES // 2)[-1]
    old_run = lists.runs(limit=RUNS - 100)[-1]
    topic = Selection(topics=("thema 3",))
    deep = SubscriptionId(COUNT * 9 // 10)
    paused = SubscriptionState.PAUSED
    yield "explain, of an article that was mailed", lambda n: explain(n, 1)
    yield "explain, of an article that comes", lambda n: explain(n, ARTICLES - 100)
    yield "explain an issue", lambda _: store.evidence.of_issue(finished, store.events.rates(finished.id))
    yield "an issue with its books", lambda _: store.issues.shown([finished.id])
    yield "articles, far behind", lambda _: lists.articles(limit=51, behind=(article.published, article.id))
    yield "articles of a topic", lambda _: lists.articles(limit=51, chosen=topic)
    yield "subscribers, far behind", lambda _: lists.subscriptions(limit=51, behind=deep)
    yield (
        "subscribers of a newsletter in a state",
        lambda _: lists.subscriptions(limit=51, newsletter=NEWSLETTER, state=paused),
    )
    yield "subscribers of a newsletter without any", lambda _: lists.subscriptions(limit=51, newsletter="other")
    yield "subscriptions of an address", lambda n: lists.subscriptions_of(f"person{n + 1}@bench.example")
    yield "issues with their books", lambda _: lists.issues(limit=51)
    yield "runs, far behind", lambda _: lists.runs(limit=51, behind=(old_run.started, old_run.id))
    yield "runs of a job", lambda _: lists.runs(limit=51, job="collect/s7")


def _planned(store: Store) -> int:
    """Foresee the next issue of each zone; the number of its recipients."""
    slot = _LATER + timedelta(days=30)
    keys = [IssueKey(newsletter=NEWSLETTER, cadence="daily", zone=zone, slot=slot) for zone in ZONES]
    return sum(store.plans.foresee(key, TERMS, slot).recipients for key in keys)


def _rows(database: str, url: str, directory: str) -> Iterator[Row]:
    prepare(url, directory, COUNT, "daily")
    store = open_store(url, Path(directory), START)
    fill(store)
    for what, ask in questions(store):
        spent = []
        for number in range(_TIMES):
            started = time.perf_counter()
            ask(number)
            spent.append(time.perf_counter() - started)
        yield Row(work=f"{what} ({database})", ours=f"{statistics.median(spent) * 1000:.1f} ms", goal="200 ms")
    started = time.perf_counter()
    recipients = _planned(store)
    took = time.perf_counter() - started
    yield Row(work=f"plan an issue to {recipients:,} ({database})", ours=f"{took:.1f} s", goal="5 s")
    store.close()


def run() -> list[Row]:
    with sqlite() as (url, directory):
        rows = list(_rows("SQLite", url, directory))
    with postgresql() as server, on_postgresql(server) as (url, directory):
        rows += _rows("PostgreSQL", url, directory)
    return rows
