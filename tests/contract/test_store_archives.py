from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from sqlalchemy import text

from pipeline.domain.archive import ArchiveMonth
from pipeline.domain.article import Sighting
from pipeline.domain.selection import EVERYTHING, Selection
from pipeline.store.archives import FeedArchive
from pipeline.store.database import open_engine, reading, writing
from pipeline.store.migrate import _config
from pipeline.store.store import Store, open_store
from tests.fakes.mailing import show, sighting

JUNE = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def dated(key: str, published: datetime, text: str = "Text", topics: Sequence[str] = ("ki",)) -> Sighting:
    seen = sighting(key, text, topics)
    assert seen.content
    return replace(seen, raw_hash=f"{seen.raw_hash} {published}", content=replace(seen.content, published=published))


def archive(store: Store, now: datetime = JUNE, chosen: Selection = EVERYTHING) -> FeedArchive:
    return store.archive(chosen, now)


def filed(store: Store, now: datetime = JUNE, chosen: Selection = EVERYTHING) -> dict[int, list[str]]:
    """The titles of the articles of each month."""
    made = archive(store, now, chosen)
    return {
        month.number: [article.content.title for article in made.articles([month.number])] for month in made.months()
    }


def digests(months: Sequence[ArchiveMonth]) -> dict[int, str]:
    return {month.number: month.digest for month in months}


def first_collection(store: Store) -> list[Sighting]:
    past = [
        dated("a", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        dated("b", datetime(2026, 2, 1, tzinfo=UTC), topics=("recht",)),
        dated("c", datetime(2026, 2, 2, tzinfo=UTC)),
        dated("d", JUNE - DAY),
    ]
    show(store, past, JUNE)
    return past


def test_a_sources_past_is_filed_under_the_months_that_it_was_published_in(store: Store) -> None:
    first_collection(store)
    assert filed(store) == {202601: ["Titel a"], 202602: ["Titel c", "Titel b"], 202606: ["Titel d"]}
    assert [(month.number, month.closed, len(month.articles)) for month in archive(store).months()] == [
        (202601, True, 1),
        (202602, True, 2),
        (202606, False, 1),
    ]


def test_what_comes_late_is_filed_under_the_month_that_it_comes_in(store: Store) -> None:
    past = first_collection(store)
    late = dated("e", datetime(2026, 2, 3, tzinfo=UTC))
    future = dated("f", datetime(2026, 6, 30, tzinfo=UTC))
    before = digests(archive(store).months())
    show(store, [*past, late, future], JUNE + DAY)
    assert filed(store)[202606] == ["Titel f", "Titel d", "Titel e"]
    after = digests(archive(store).months())
    assert {month for month in before if before[month] != after[month]} == {202606}


def test_what_a_source_shows_of_its_past_only_later_is_filed_there_too(store: Store) -> None:
    past = first_collection(store)
    show(store, [*past, replace(dated("e", datetime(2025, 3, 3, tzinfo=UTC)), backlog=True)], JUNE + DAY)
    assert filed(store)[202503] == ["Titel e"]


def test_an_edit_changes_its_month_alone_and_a_new_date_moves_nothing(store: Store) -> None:
    past = first_collection(store)
    before = digests(archive(store).months())
    show(store, [*past[:2], dated("c", datetime(2026, 1, 5, tzinfo=UTC), "Neu"), *past[3:]], JUNE + DAY)
    after = digests(archive(store).months())
    assert {month for month in before if before[month] != after[month]} == {202602}
    assert filed(store)[202602] == ["Titel b", "Titel c"]


def test_the_version_stays_while_nothing_changes(store: Store) -> None:
    past = first_collection(store)
    version = archive(store).version()
    show(store, [replace(seen, content=None) for seen in past], JUNE + timedelta(hours=1))
    assert archive(store, JUNE + timedelta(hours=1)).version() == version
    show(store, [*past, dated("e", JUNE)], JUNE + timedelta(hours=2))
    assert archive(store, JUNE + timedelta(hours=2)).version() != version


def test_the_version_changes_with_a_retraction_and_with_the_month(store: Store) -> None:
    past = first_collection(store)
    version = archive(store).version()
    assert archive(store, JUNE + 20 * DAY).version() != version
    show(store, [replace(seen, content=None) for seen in past[1:]], JUNE, complete=True)
    assert archive(store).version() != version


def test_archives_have_what_a_feed_selects(store: Store) -> None:
    first_collection(store)
    assert filed(store, chosen=Selection(topics=("Recht",))) == {202602: ["Titel b"]}
    assert filed(store, chosen=Selection(sources=("other",))) == {}


def test_retracted_articles_are_told_for_ninety_days_to_the_feeds_that_had_them(store: Store) -> None:
    past = first_collection(store)
    show(store, past[1:], JUNE, complete=True)
    show(store, past[2:], JUNE + DAY, complete=True)
    later = JUNE + 2 * DAY
    assert filed(store, later) == {202602: ["Titel c"], 202606: ["Titel d"]}
    told = archive(store, later).retractions()
    assert [retraction.when for retraction in told] == [JUNE + DAY, JUNE]
    assert all(retraction.public_id.startswith("tag:news.example.org,") for retraction in told)
    assert len(archive(store, later, Selection(topics=("recht",))).retractions()) == 1
    assert len(archive(store, later, Selection(sources=("artikel",))).retractions()) == 2
    assert len(archive(store, later, Selection(sources=("other",))).retractions()) == 0
    assert len(archive(store, JUNE + 90 * DAY).retractions()) == 2
    assert len(archive(store, JUNE + 92 * DAY).retractions()) == 0


def test_an_article_that_comes_back_is_no_longer_told_as_retracted(store: Store) -> None:
    past = first_collection(store)
    show(store, past[1:], JUNE, complete=True)
    show(store, past, JUNE + DAY, complete=True)
    assert archive(store, JUNE + DAY).retractions() == []
    assert filed(store, JUNE + DAY)[202601] == ["Titel a"]


def test_no_more_than_fifty_retractions_are_told_and_the_last_of_them(store: Store) -> None:
    many = [dated(f"{number}", JUNE - DAY) for number in range(60)]
    show(store, many, JUNE)
    show(store, many[:30], JUNE + DAY, complete=True)
    show(store, many[:1], JUNE + 2 * DAY, complete=True)
    told = archive(store, JUNE + 3 * DAY).retractions()
    assert len(told) == 50
    assert sum(retraction.when == JUNE + 2 * DAY for retraction in told) == 29


def test_a_store_from_before_archives_files_its_articles_by_their_dates(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/rundbrief.db"
    engine = open_engine(url)
    config = _config()
    with writing(engine) as tx:
        config.attributes["connection"] = tx  # type: ignore[attr-defined]
        command.upgrade(config, "0005")  # type: ignore[arg-type]
        tx.execute(
            text(
                "INSERT INTO article"
                " (id, public_id, revision, published_at, first_seen, changed_at, settles_at, mailable)"
                " VALUES (1, 'tag:a', 1, :old, :now, :now, :now, 1), (2, 'tag:b', 1, :now, :now, :now, :now, 1)"
            ),
            {"old": "2019-12-31T23:30:00.000000Z", "now": "2026-06-15T12:00:00.000000Z"},
        )
    engine.dispose()
    store = open_store(url, tmp_path, JUNE)
    with reading(store.engine) as tx:
        assert tx.execute(text("SELECT archive_month FROM article ORDER BY id")).scalars().all() == [201912, 202606]
    store.close()
