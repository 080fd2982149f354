"""What a poll costs the database does not grow with what the database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from pipeline.domain.adoption import OldEntry
from pipeline.domain.article import Content
from pipeline.store.adoptions import Terms
from pipeline.store.store import Store, open_store
from tests.fakes.mailing import show, sighting
from tests.fakes.times import START, at

# They have a row for each article, or several.
LARGE = ("article", "revision", "sighting", "alias", "article_topic", "article_facet", "adopted_id", "adopted_name")
# Whether it has any row at all is seen at the first.
ANY_ROW = "EXISTS (SELECT * \nFROM adopted_id \nWHERE adopted_id.id IS NOT NULL)"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/rundbrief.db", tmp_path, START)
    yield opened
    opened.close()


@contextmanager
def scans(store: Store) -> Iterator[list[str]]:
    """The statements within the block that read a large table from one end to the other."""
    found: list[str] = []

    def explain(connection: Connection, _: object, statement: str, parameters: Any, *more: Any) -> None:
        if not statement.startswith(("SELECT", "UPDATE", "DELETE")) or ANY_ROW in statement:
            return
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if more[-1] else parameters)
        steps = [str(row[3]) for row in cursor.fetchall()]
        cursor.close()
        found.extend(
            f"{step}: {statement}" for step in steps if step.startswith(tuple(f"SCAN {name}" for name in LARGE))
        )

    event.listen(store.engine, "before_cursor_execute", explain)
    yield found
    event.remove(store.engine, "before_cursor_execute", explain)


def test_recording_an_answer_reads_no_table_from_end_to_end(store: Store) -> None:
    show(store, [sighting(str(number), url=f"https://a.example/{number}") for number in range(30)], START)
    with scans(store) as found:
        known = store.articles.known_hash("artikel")
        assert known("1") is not None
        answer = [sighting("30", url="https://a.example/30"), sighting("1", "neu", url="https://a.example/1")]
        assert store.articles.shows_known("artikel", answer)
        assert store.articles.shows_known("artikel", [sighting("under another key", url="https://a.example/1")])
        store.articles.seen("artikel", None)
        show(store, answer, at(1))
        show(store, [sighting("x", url="https://a.example/1")], at(2), source="andere")
    assert found == []


def test_ids_that_are_taken_over_are_found_by_index(store: Store) -> None:
    show(store, [sighting("1", url="https://a.example/1")], START)
    entries = [
        OldEntry(
            format="rss",
            id=f"https://old.example/{number}",
            content=Content(title=f"Titel {number}", html=f"<p>{number}</p>", url=f"https://a.example/{number}"),
        )
        for number in range(5)
    ]
    with scans(store) as found:
        store.adoptions.adopt(entries, Terms(feed="https://old.example/feed/", source="artikel"), at(1))
        show(store, [sighting("2", url="https://a.example/2")], at(2))
    assert "https://old.example/2" in {article.public_id for article in store.articles.newest(limit=None)}
    assert found == []
