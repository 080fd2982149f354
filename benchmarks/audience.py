"""A store with many subscribers of one newsletter and one article for them, made in seconds."""

# ruff: noqa: S608  (the statements are made of constants)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.databases import analyze, numbers
from pipeline.domain.issue import IMMEDIATE, IssueKey, Terms
from pipeline.domain.ledger import IssueId
from pipeline.domain.message import Message
from pipeline.store.database import writing
from pipeline.store.store import Store, open_store
from tests.fakes.mailing import NEWSLETTER, show, sighting

START = datetime(2026, 1, 1, tzinfo=UTC)
# About as large as an issue of ten teasers.
MESSAGE = Message(
    from_="Bench <bench@bench.example>",
    subject="Zehn Artikel",
    html="<p>__SUBST_greeting__</p><p>"
    + "Ein <b>Satz</b> mit einem <a href='https://bench.example/'>Link</a>. " * 270
    + "<a href='__SUBST_unsubscribe_url__'>Abbestellen</a> <a href='__SUBST_preferences_url__'>Einstellungen</a></p>",
    text="__SUBST_greeting__\n\n" + "Ein Satz mit einem Link.\n" * 250 + "__SUBST_unsubscribe_url__",
    headers=(
        ("List-Unsubscribe", "<__SUBST_unsubscribe_url__>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ),
)


def prepare(url: str, directory: str, count: int) -> None:
    """Make the store."""
    store = open_store(url, Path(directory), START)
    with writing(store.engine) as tx:
        when, people = f"'{START:%Y-%m-%dT%H:%M:%S.000000}Z'", numbers(tx, count)
        address = "'person' || n || '@bench.example'"
        for into, values in (
            ("topic_set (topics)", "VALUES ('[]')"),
            (
                "subscriber (id, address, address_key, name, created_at)",
                f"SELECT n, {address}, {address}, 'Person ' || n, {when} FROM {people}",
            ),
            (
                "subscription_group (newsletter, cadence, timezone, topic_set_id, cursor)",
                f"VALUES ('{NEWSLETTER}', '{IMMEDIATE}', 'UTC', 1, 0)",
            ),
            (
                "subscription (id, subscriber_id, newsletter, group_id, state, created_at, confirmed_at, changed_at)",
                f"SELECT n, n, '{NEWSLETTER}', 1, 'active', {when}, {when}, {when} FROM {people}",
            ),
        ):
            tx.execute(text(f"INSERT INTO {into} {values}"))
    analyze(store.engine)
    show(store, [sighting("a")], START)
    store.articles.release(START)
    store.close()


def freeze(store: Store, batch_size: int) -> IssueId:
    """Freeze the issue, with its message."""
    key = IssueKey(newsletter=NEWSLETTER, cadence=IMMEDIATE, zone="UTC", slot=START)
    terms = Terms(
        newsletter=NEWSLETTER, topics=frozenset(), language="de", zone="UTC", local_time=False, batch_size=batch_size
    )
    issue = store.issues.freeze(key, terms, START + timedelta(minutes=1))
    assert issue is not None
    for variant in store.issues.unrendered(issue):
        store.issues.keep_message(variant.id, MESSAGE)
    return issue
