"""Issues for 1,000,000 subscriptions in four time zones and with 200 choices of topics, frozen on both databases."""

# ruff: noqa: S608  (the statements are made of constants)

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from benchmarks.databases import analyze, numbers, on_postgresql, postgresql, sqlite
from benchmarks.measure import Measured, Row, measure
from pipeline.domain.issue import IMMEDIATE, IssueKey, Terms
from pipeline.store.database import writing
from pipeline.store.store import open_store
from tests.fakes.mailing import NEWSLETTER, show, sighting

COUNT = 1_000_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
CHOICES = 200
TOPICS = tuple(f"thema {n}" for n in range(30))
START = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = Terms(newsletter=NEWSLETTER, topics=frozenset(), language="de", zone=ZONES[0], local_time=True, batch_size=1000)


def prepare(url: str, directory: str, count: int, cadence: str) -> None:
    """A store with that audience, and articles of every topic released after everybody had subscribed."""
    store = open_store(url, Path(directory), START)
    chance = random.Random(0)  # noqa: S311  (the same choices each time)
    choices = {tuple(sorted(chance.sample(TOPICS, chance.randint(1, 4)))) for _ in range(2 * CHOICES)}
    with writing(store.engine) as tx:
        sets = [{"topics": json.dumps(topics)} for topics in sorted(choices)[:CHOICES]]
        tx.execute(text("INSERT INTO topic_set (topics) VALUES (:topics)"), sets)
        for statement in _audience(tx, count, cadence):
            tx.execute(text(statement))
    analyze(store.engine)
    articles = [sighting(topic, topics=[topic, chance.choice(TOPICS)]) for topic in TOPICS]
    show(store, articles, START + timedelta(minutes=1))
    store.articles.release(START + timedelta(minutes=1))
    store.close()


def _audience(tx: Connection, count: int, cadence: str) -> Iterator[str]:
    created = f"'{START:%Y-%m-%dT%H:%M:%S.000000}Z'"
    zones = " ".join(f"WHEN {n} THEN '{zone}'" for n, zone in enumerate(ZONES))
    people = numbers(tx, count)
    pick = "(hashint4(n) & 2147483647)" if tx.dialect.name == "postgresql" else "((n * 2654435761) % 2147483647)"
    yield (
        "INSERT INTO subscriber (id, address, address_key, name, created_at)"
        f" SELECT n, 'person' || n || '@bench.example', 'person' || n || '@bench.example', '', {created} FROM {people}"
    )
    yield (
        "INSERT INTO subscription_group (id, newsletter, cadence, timezone, topic_set_id, cursor)"
        f" SELECT n, '{NEWSLETTER}', '{cadence}', CASE n % {len(ZONES)} {zones} END, 1 + n / {len(ZONES)}, 0"
        f" FROM {numbers(tx, CHOICES * len(ZONES) - 1, first=0)}"
    )
    yield (
        "INSERT INTO subscription (id, subscriber_id, newsletter, group_id, state, created_at, confirmed_at,"
        " changed_at)"
        f" SELECT n, n, '{NEWSLETTER}', {pick} % {CHOICES * len(ZONES)}, 'active', {created}, {created}, {created}"
        f" FROM {people}"
    )
    yield (
        "INSERT INTO suppression (address_key, reason, detail, created_at)"
        f" SELECT 'person' || n || '@bench.example', 'hard_bounce', '', {created} FROM {people} WHERE n % 100 = 0"
    )


def freeze_all(url: str, directory: str, count: int, cadence: str) -> None:
    """Freeze the issue of every zone, and see that everybody is in one."""
    store = open_store(url, Path(directory), START)
    issues = []
    for zone in (ZONES[0],) if cadence == IMMEDIATE else ZONES:
        key = IssueKey(newsletter=NEWSLETTER, cadence=cadence, zone=zone, slot=START + timedelta(hours=1))
        issues.append(store.issues.freeze(key, TERMS, START + timedelta(hours=1)))
    with store.engine.connect() as connection:
        frozen = connection.execute(text("SELECT sum(audience) FROM issue")).scalar_one()
    assert frozen == count, frozen
    store.close()


def _row(database: str, cadence: str, done: Measured) -> Row:
    zones = "one issue for all" if cadence == IMMEDIATE else f"an issue for each of {len(ZONES)} time zones"
    return Row(
        work=f"freezing {COUNT:,} subscriptions, {CHOICES} choices of topics, {zones} ({database})",
        ours=f"{done.seconds:.1f} s (of it {done.cpu:.1f} s of this process), +{done.megabytes:.0f} MB",
        goal="10 s, 120 MB",
    )


def run() -> list[Row]:
    rows = []
    for cadence in ("daily", IMMEDIATE):
        with sqlite() as (url, directory):
            prepare(url, directory, COUNT, cadence)
            rows.append(_row("SQLite", cadence, measure(freeze_all, url, directory, COUNT, cadence)))
    with postgresql() as server:
        for cadence in ("daily", IMMEDIATE):
            with on_postgresql(server) as (url, directory):
                prepare(url, directory, COUNT, cadence)
                rows.append(_row("PostgreSQL", cadence, measure(freeze_all, url, directory, COUNT, cadence)))
    return rows
