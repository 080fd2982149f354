"""Answers of several sources in one transaction, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from pipeline.collect.collect import Collected, SourceRules
from pipeline.collect.completeness import Completed
from pipeline.collect.source import Collection, SourceState
from pipeline.collect.together import Answer, AnswersTogether
from pipeline.domain.article import Content, Sighting
from pipeline.errors import StoreUnavailable
from pipeline.store.store import Store
from tests.fakes.mailing import sighting
from tests.fakes.times import START

# No database stores half of a surrogate pair.
UNSTORABLE = Sighting(key="odd", raw_hash="odd", content=Content(title="Titel \ud800", html="<p>Text</p>"))


def answer(source: str, *sightings: Sighting) -> Answer:
    rules = SourceRules(name=source, settle=timedelta(), backlog="all", host="news.example.org")
    collection = Collection(sightings=sightings, state=SourceState(asked="https://a.example/", etag=f'"{source}"'))
    return rules, Completed(collection=collection, window=len(sightings)), START


def titles(store: Store) -> set[str]:
    return {article.content.title for article in store.articles.newest(limit=None)}


def new(outcomes: Sequence[Collected | Exception]) -> list[int | None]:
    """How many new articles each brought; None for one that could not be recorded."""
    return [outcome.new if isinstance(outcome, Collected) else None for outcome in outcomes]


def test_each_answer_has_its_own_outcome(store: Store) -> None:
    outcomes = store.articles.record_together(
        [answer("eins", sighting("a"), sighting("b")), answer("zwei", sighting("c"))]
    )
    assert new(outcomes) == [2, 1]
    assert titles(store) == {"Titel a", "Titel b", "Titel c"}
    assert store.articles.source_state("zwei").etag == '"zwei"'


def test_an_article_that_two_of_them_show_is_one(store: Store) -> None:
    url = "https://a.example/x"
    outcomes = store.articles.record_together(
        [answer("eins", sighting("a", url=url)), answer("zwei", sighting("a", url=url))]
    )
    assert new(outcomes) == [1, 0]
    (article,) = store.articles.newest(limit=None)
    assert article.sources == ("eins", "zwei")


def test_an_answer_that_cant_be_recorded_costs_only_itself_and_is_asked_for_again(store: Store) -> None:
    outcomes = store.articles.record_together(
        [answer("eins", sighting("a")), answer("zwei", sighting("b"), UNSTORABLE), answer("drei", sighting("c"))]
    )
    assert new(outcomes) == [1, None, 1]
    assert titles(store) == {"Titel a", "Titel c"}
    # Without the validator of an answer that was not recorded.
    assert store.articles.source_state("zwei") == SourceState()
    assert new(store.articles.record_together([answer("zwei", sighting("b"))])) == [1]
    assert titles(store) == {"Titel a", "Titel b", "Titel c"}


def test_a_database_that_fails_has_recorded_nothing_of_them(store: Store) -> None:
    def fail(_connection: Connection) -> None:
        raise OperationalError("COMMIT", {}, OSError("disk I/O error"))

    event.listen(store.engine, "commit", fail)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        store.articles.record_together([answer("eins", sighting("a")), answer("zwei", sighting("b"))])
    event.remove(store.engine, "commit", fail)
    assert titles(store) == set()
    assert store.articles.source_state("eins") == SourceState()


def test_a_pass_reports_the_one_that_failed_and_records_the_others(store: Store) -> None:
    with AnswersTogether(store.articles) as together:
        assert together.record(*answer("eins", sighting("a"))).new == 1
        with pytest.raises(UnicodeEncodeError):
            together.record(*answer("zwei", UNSTORABLE))
        assert together.record(*answer("drei", sighting("c"))).new == 1
    assert titles(store) == {"Titel a", "Titel c"}
