from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipeline.domain.article import Content, Sighting
from pipeline.domain.selection import Selection
from pipeline.store.store import Store
from tests.fakes.mailing import fail, show, sighting
from tests.fakes.times import START, at


def titles(store: Store, **selection: Any) -> list[str]:
    chosen = Selection(**selection)
    return [article.content.title for article in store.articles.newest(limit=None, chosen=chosen)]


def test_what_was_recorded_comes_back_as_it_was(store: Store) -> None:
    content = Content(
        title="Über „Straße“ 🚲",
        html="<p>ä</p>",
        teaser="ä",
        url="https://a.example/x",
        published=at(-5),
        topics=("KI", "Ethik"),
    )
    show(store, [Sighting(key="k", raw_hash="r", content=content)], START)
    (article,) = store.articles.newest(limit=None)
    assert article.content == content
    assert article.first_seen == START
    assert article.sources == ("artikel",)


def test_an_unchanged_answer_changes_nothing(store: Store) -> None:
    assert show(store, [sighting("a")], START).new == 1
    again = show(store, [sighting("a")], at(1))
    assert (again.new, again.revised, again.unchanged) == (0, 0, 1)
    assert next(store.articles.newest(limit=1)).revision == 1


def test_an_edit_is_a_revision_of_the_same_article(store: Store) -> None:
    show(store, [sighting("a", "alt")], START)
    before = next(store.articles.newest(limit=1))
    assert show(store, [sighting("a", "neu")], at(5)).revised == 1
    after = next(store.articles.newest(limit=1))
    assert (after.id, after.public_id) == (before.id, before.public_id)
    assert (after.revision, after.content.html, after.updated) == (2, "<p>neu</p>", at(5))


def test_a_complete_answer_retracts_what_it_no_longer_shows(store: Store) -> None:
    show(store, [sighting("a"), sighting("b")], START, complete=True)
    assert show(store, [sighting("a")], at(1), complete=True).retracted == 1
    assert titles(store) == ["Titel a"]


def test_what_comes_back_after_a_retraction_is_the_same_article(store: Store) -> None:
    show(store, [sighting("a")], START, complete=True)
    first = next(store.articles.newest(limit=1)).public_id
    show(store, [], at(1), complete=True)
    assert titles(store) == []
    show(store, [sighting("a")], at(2), complete=True)
    assert [article.public_id for article in store.articles.newest(limit=None)] == [first]


def test_a_window_that_moves_on_retracts_nothing(store: Store) -> None:
    show(store, [sighting("a")], START)
    assert show(store, [sighting("b")], at(1)).retracted == 0
    assert len(titles(store)) == 2


def test_an_article_that_another_source_still_shows_is_not_retracted(store: Store) -> None:
    url = "https://a.example/x"
    show(store, [sighting("a", url=url)], START, complete=True, source="eins")
    show(store, [sighting("b", url=url)], START, complete=True, source="zwei")
    assert len(titles(store)) == 1
    assert show(store, [], at(1), complete=True, source="eins").retracted == 0
    assert show(store, [], at(2), complete=True, source="zwei").retracted == 1


def test_a_guid_that_changes_updates_the_article_instead_of_adding_one(store: Store) -> None:
    url = "https://a.example/artikel?utm_source=feed"
    show(store, [sighting("guid-1", url=url)], START)
    seen = show(store, [sighting("guid-2", "neu", url="http://www.a.example/artikel/")], at(1))
    assert (seen.new, seen.revised) == (0, 1)
    assert len(titles(store)) == 1


def test_the_same_link_on_all_items_does_not_make_them_one(store: Store) -> None:
    url = "https://a.example/blog"
    assert show(store, [sighting("a", url=url), sighting("b", url=url)], START).new == 2
    assert show(store, [sighting("a", url=url), sighting("b", url=url), sighting("c", url=url)], at(1)).new == 1


def test_the_same_guid_in_two_sources_is_two_articles_with_ids_of_their_own(store: Store) -> None:
    one, other = "Eines steht hier ganz ausführlich. " * 9, "Zwei Dinge waren anderswo zu lesen, lang und breit. " * 9
    for source, text in (("eins", one), ("zwei", other)):
        show(store, [replace(sighting("https://a.example/1", text), raw_hash=source)], START, source=source)
    ids = [article.public_id for article in store.articles.newest(limit=None)]
    assert len(set(ids)) == 2


def test_dates_in_the_future_are_not_believed_and_said_so(store: Store) -> None:
    content = Content(title="Morgen", html="<p>x</p>", published=START + timedelta(days=400))
    seen = show(store, [Sighting(key="a", raw_hash="r", content=content)], START)
    assert next(store.articles.newest(limit=1)).published == START
    assert "future" in seen.notes[0].what


def test_articles_are_selected_by_topic_and_source_newest_first(store: Store) -> None:
    show(store, [sighting("a", topics=["KI"]), sighting("b", topics=["Ethik", "ki "])], START, source="eins")
    show(store, [sighting("c", topics=["Sport"])], at(1), source="zwei")
    assert titles(store) == ["Titel c", "Titel b", "Titel a"]
    assert titles(store, topics=("ki",)) == ["Titel b", "Titel a"]
    assert titles(store, sources=("zwei",)) == ["Titel c"]
    assert titles(store, topics=("ki",), sources=("zwei",)) == []


def test_a_selection_changes_with_its_articles_and_with_nothing_else(store: Store) -> None:
    show(store, [sighting("a", topics=["ki"])], START)
    before = store.articles.selection(limit=10, chosen=Selection(topics=("ki",)))
    show(store, [sighting("b", topics=["sport"])], at(1))
    assert store.articles.selection(limit=10, chosen=Selection(topics=("ki",))) == before
    show(store, [sighting("a", "neu", topics=["ki"])], at(2))
    assert store.articles.selection(limit=10, chosen=Selection(topics=("ki",))) != before


def test_articles_are_released_once_when_they_have_settled(store: Store) -> None:
    show(store, [sighting("a")], START, settle=timedelta(minutes=10))
    assert store.articles.release(at(9)) == 0
    show(store, [sighting("a", "neu")], at(9), settle=timedelta(minutes=10))
    assert store.articles.release(at(11)) == 0
    assert store.articles.release(at(19)) == 1
    assert store.articles.release(at(30)) == 0


def test_release_numbers_follow_the_order_of_publication(store: Store) -> None:
    old = Content(title="alt", html="", published=at(-100))
    new = Content(title="neu", html="", published=at(-1))
    show(store, [Sighting(key="n", raw_hash="n", content=new), Sighting(key="o", raw_hash="o", content=old)], START)
    store.articles.release(START)
    numbers = {article.content.title: article.release for article in store.articles.newest(limit=None)}
    assert numbers == {"alt": 1, "neu": 2}


def test_the_backlog_of_a_new_source_is_not_released(store: Store) -> None:
    contents = [Content(title=str(n), html="", published=at(-n)) for n in range(5)]
    seen = [Sighting(key=content.title, raw_hash="r", content=content) for content in contents]
    show(store, seen, START, backlog=2)
    assert store.articles.release(at(1)) == 2
    assert {a.content.title for a in store.articles.newest(limit=None) if a.release} == {"0", "1"}
    show(store, [*seen, sighting("später")], at(2), backlog=2)
    assert store.articles.release(at(3)) == 1


def test_a_failure_is_remembered_until_the_next_success(store: Store) -> None:
    fail(store, "kaputt", START)
    fail(store, "kaputt", at(1))
    show(store, [sighting("a")], at(2), backlog=0)
    assert store.articles.release(at(3)) == 0, "the first collection that succeeds is the first"


def test_what_a_source_comes_to_only_later_is_backlog_too(store: Store) -> None:
    show(store, [sighting("a")], START, backlog=0)
    old = replace(sighting("alt"), backlog=True)
    show(store, [old, sighting("neu")], at(15), backlog=0)
    assert store.articles.release(at(60)) == 1
    assert [article.content.title for article in store.articles.newest(limit=None) if article.release] == ["Titel neu"]
