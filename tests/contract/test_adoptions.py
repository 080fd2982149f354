"""Ids taken over from a feed that ours replaces, on both databases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from pipeline.domain.adoption import Adoption, Fate, OldEntry
from pipeline.domain.article import Article, Content, Sighting
from pipeline.domain.run import RunOutcome
from pipeline.store.adoptions import Terms
from pipeline.store.store import Store
from tests.fakes.mailing import show, sighting
from tests.fakes.times import START, at

FEED = Terms(feed="https://old.example/feed/")
LONG = "<p>" + "Ein Satz, der lang genug ist, um einen Artikel an seinen Worten zu erkennen. " * 4 + "</p>"


def entry(id_: str, url: str | None = None, title: str = "Ein Titel", html: str = "", **content: object) -> OldEntry:
    return OldEntry(format="rss", id=id_, content=Content(title=title, html=html, url=url, **content))  # type: ignore[arg-type]


def adopt(store: Store, *entries: OldEntry, terms: Terms = FEED) -> list[Fate]:
    before = articles(store)
    rehearsed = store.adoptions.preview(entries, terms, at(1))
    assert articles(store) == before, "a rehearsal changes nothing"
    done = store.adoptions.adopt(entries, terms, at(1))
    assert list(done) == list(rehearsed)
    return [one.fate for one in done]


def why(store: Store, *entries: OldEntry, terms: Terms = FEED) -> list[str]:
    found: list[Adoption] = list(store.adoptions.preview(entries, terms, at(1)))
    return [one.reason for one in found]


def articles(store: Store) -> dict[str, Article]:
    return {article.content.title: article for article in store.articles.newest(limit=None)}


def publish(store: Store, minute: float) -> None:
    run = store.runs.begin("publish", None, "somebody", at(minute))
    assert run is not None
    store.runs.end(run, RunOutcome.DONE, {}, (), at(minute))


def test_an_article_that_is_there_gets_the_id_of_the_entry_at_its_address(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x"), sighting("b", url="https://a.example/y")], START)
    assert adopt(store, entry("https://old.example/?p=1", "http://www.a.example/x/?utm_source=rss")) == [Fate.ADOPTED]
    found = articles(store)
    assert found["Titel a"].public_id == "https://old.example/?p=1"
    assert found["Titel a"].adopted == (("rss", "https://old.example/?p=1"),)
    assert found["Titel b"].adopted == ()


def test_an_id_that_is_no_uri_is_kept_for_its_format_alone(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x")], START)
    before = articles(store)["Titel a"].public_id
    assert adopt(store, entry("5e1234", "https://a.example/x")) == [Fate.ADOPTED]
    found = articles(store)["Titel a"]
    assert (found.public_id, found.adopted) == (before, (("rss", "5e1234"),))


def test_what_is_collected_later_gets_the_id_that_waits_for_it(store: Store) -> None:
    waiting = [
        entry("https://old.example/?p=1", "https://a.example/x"),
        entry("https://old.example/?p=2", title="Nur die Worte", html=LONG),
        entry("https://old.example/?p=3", "https://a.example/anderswo", title="Titel c", published=START),
    ]
    assert adopt(store, *waiting) == [Fate.REMEMBERED] * 3
    by_words = Sighting(
        key="b", raw_hash="b", content=Content(title="Nur die Worte", html=LONG, url="https://b.example/")
    )
    dated = sighting("c", url="https://b.example/c")
    assert dated.content
    dated = replace(dated, content=replace(dated.content, published=at(60)))
    show(store, [sighting("a", url="https://a.example/x"), by_words, dated, sighting("d")], at(2))
    ids = {title: article.public_id for title, article in articles(store).items()}
    assert ids.pop("Titel d").startswith("tag:news.example.org,")
    assert set(ids.values()) == {f"https://old.example/?p={number}" for number in (1, 2, 3)}
    assert adopt(store, *waiting) == [Fate.KNOWN] * 3


def test_an_id_is_never_given_twice(store: Store) -> None:
    first = sighting("https://old.example/?p=1", url="https://a.example/x")
    show(store, [first, sighting("b", url="https://a.example/y")], START)
    assert articles(store)[f"Titel {first.key}"].public_id == "https://old.example/?p=1"
    twice = entry("https://old.example/?p=1", "https://a.example/y", title="Titel b")
    assert adopt(store, twice)[0] in (Fate.KNOWN, Fate.REFUSED)
    # One that waits is kept from all others, also from one whose own guid it is.
    adopt(store, entry("https://old.example/?p=7", "https://a.example/z"))
    show(store, [sighting("https://old.example/?p=7", "Ganz anderes", url="https://c.example/")], at(2), source="zwei")
    show(store, [sighting("z", url="https://a.example/z")], at(3))
    ids = Counter(
        id_
        for article in articles(store).values()
        for id_ in {article.public_id, *(value for _, value in article.adopted)}
    )
    assert max(ids.values()) == 1


def test_of_two_entries_for_one_article_the_first_counts(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x")], START)
    show(
        store,
        [Sighting(key="a", raw_hash="2", content=Content(title="Titel a", html=LONG, url="https://a.example/neu"))],
        at(1),
    )
    entries = [entry("p1", "https://a.example/x"), entry("p2", "https://a.example/neu", title="Anders")]
    assert adopt(store, *entries) == [Fate.ADOPTED, Fate.REFUSED]
    assert "another id: p1" in why(store, *entries)[1]


def test_what_tells_no_entry_from_another_finds_no_article(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x")], START)
    assert adopt(store, entry("p1", "https://a.example/x"), entry("p2", "https://a.example/x")) == [Fate.REFUSED] * 2
    same = [entry("p3", "https://a.example/x"), entry("p3", "https://a.example/y")]
    assert why(store, *same) == [
        "several entries of the old feed have this id, so that readers can't tell them apart either"
    ]


def test_what_was_published_changes_its_id_on_demand_only_and_in_one_format(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x")], START)
    publish(store, 0.5)
    show(store, [sighting("a", url="https://a.example/x"), sighting("b", url="https://a.example/y")], at(0.7))
    before = articles(store)["Titel a"].public_id
    entries = [
        entry("https://old.example/?p=1", "https://a.example/x"),
        entry("https://old.example/?p=2", "https://a.example/y"),
    ]
    assert adopt(store, *entries) == [Fate.REFUSED, Fate.ADOPTED]
    selection = store.articles.selection(limit=None)
    assert adopt(store, *entries, terms=replace(FEED, published_too=True)) == [Fate.ADOPTED, Fate.KNOWN]
    found = articles(store)["Titel a"]
    assert (found.public_id, found.adopted) == (before, (("rss", "https://old.example/?p=1"),))
    assert store.articles.selection(limit=None) != selection, "the documents are made anew"


def test_only_articles_of_the_named_source_take_ids(store: Store) -> None:
    url = "https://a.example/x"
    terms = replace(FEED, source="eins")
    show(store, [sighting("a", url=url)], START, source="zwei")
    assert adopt(store, entry("p1", url), terms=terms) == [Fate.REMEMBERED]
    show(store, [sighting("b", url="https://a.example/y")], at(2), source="zwei")
    assert adopt(store, entry("p2", "https://a.example/z"), terms=terms) == [Fate.REMEMBERED]
    show(store, [sighting("c", url="https://a.example/z")], at(3), source="zwei")
    assert articles(store)["Titel c"].adopted == ()


def test_articles_of_two_old_feeds_have_an_id_in_each_format(store: Store) -> None:
    show(store, [sighting("a", url="https://a.example/x")], START)
    rss, atom = (
        entry("https://old.example/?p=1", "https://a.example/x"),
        entry("https://old.example/x", "https://a.example/x"),
    )
    assert adopt(store, rss) == [Fate.ADOPTED]
    assert adopt(store, replace(atom, format="atom")) == [Fate.ADOPTED]
    found = articles(store)["Titel a"]
    assert found.public_id == "https://old.example/?p=1"
    assert found.adopted == (("atom", "https://old.example/x"), ("rss", "https://old.example/?p=1"))


def test_ids_that_no_feed_can_carry_are_refused(store: Store) -> None:
    assert (
        adopt(store, entry("x" * 601, "https://a.example/x"), entry("a\tb", "https://a.example/y"))
        == [Fate.REFUSED] * 2
    )
