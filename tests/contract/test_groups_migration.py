"""Subscriptions of a store from before groups stand, after the migration, where they stood."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from pipeline.domain.issue import IssueKey
from pipeline.store.database import open_engine, reading, writing
from pipeline.store.migrate import _config
from pipeline.store.store import open_store
from tests.fakes.mailing import NEWSLETTER, TERMS, show, sighting
from tests.fakes.times import START, at

MOMENT = "2026-03-01T06:00:00.000000Z"
PEOPLE = ", ".join(f"({n}, '{n}@example.org', '{n}@example.org', '{MOMENT}')" for n in (1, 2, 3))
CHOICES = ", ".join(
    f"({n}, '{NEWSLETTER}', 'daily', {topics}, {tongue}, {zone}, 'active', {cursor}, '{owed}', '{MOMENT}', '{MOMENT}')"
    for n, topics, tongue, zone, cursor, owed in (
        (1, 1, "NULL", "NULL", 0, ""),
        (2, 1, "NULL", "NULL", 0, ""),
        (3, 2, "'en'", "'Asia/Tokyo'", 1, "1"),
    )
)
COLUMNS = "subscriber_id, newsletter, cadence, topic_set_id, language, timezone, state, cursor, owed, created_at"
ISSUE = f"999, 'x', '{NEWSLETTER}', 'daily', 'UTC', '{MOMENT}', 'finished', 0, 1, '{MOMENT}'"
ROWS = f"""
INSERT INTO topic_set (id, topics) VALUES (1, '[]'), (2, '["ki"]');
INSERT INTO subscriber (id, address, address_key, created_at) VALUES {PEOPLE};
INSERT INTO subscription ({COLUMNS}, changed_at) VALUES {CHOICES};
INSERT INTO issue (id, uid, newsletter, cadence, zone, slot, state, upto, audience, frozen_at) VALUES ({ISSUE});
INSERT INTO variant (id, issue_id, number, language, articles) VALUES (999, 999, 1, 'de', '[]');
INSERT INTO delivery (issue_id, subscriber_id, subscription_id, variant_id, sequence, outcome)
    VALUES (999, 3, 3, 999, 1, 'accepted')
"""  # noqa: S608  (made of constants)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the schema of before."""
    url = f"sqlite:///{tmp_path}/rundbrief.db"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE before_groups")
        base, _, query = server.partition("?")
        url = f"{base.rpartition('/')[0]}/before_groups?{query}"
    engine = open_engine(url)
    config = _config()
    with writing(engine) as tx:
        config.attributes["connection"] = tx  # type: ignore[attr-defined]
        command.upgrade(config, "0008")  # type: ignore[arg-type]
        for row in ROWS.split(";"):
            tx.execute(text(row.replace(":", "\\:")))
    engine.dispose()
    return url


def test_everybody_stands_where_they_stood(old_url: str, tmp_path: Path) -> None:
    store = open_store(old_url, tmp_path, START)
    found = [(one.cadence, one.topics, one.language, one.timezone) for one in store.subscriptions.listed()]
    assert found == [("daily", (), None, None), ("daily", (), None, None), ("daily", ("ki",), "en", "Asia/Tokyo")]
    with reading(store.engine) as tx:
        groups = tx.execute(text("SELECT cursor, owed FROM subscription_group ORDER BY id")).all()
        deliveries = tx.execute(text("SELECT subscriber_id, outcome FROM delivery")).all()
    assert sorted(groups) == [(0, ""), (1, "1")]
    assert deliveries == [(3, "accepted")]
    show(store, [sighting("x"), sighting("y")], at(1))
    store.articles.release(at(1))
    issue = store.issues.freeze(IssueKey(newsletter=NEWSLETTER, cadence="daily", zone="UTC", slot=at(2)), TERMS, at(2))
    assert issue is not None
    assert sorted((one.language, len(one.articles)) for one in store.issues.unrendered(issue)) == [("de", 2), ("en", 2)]
    store.close()
