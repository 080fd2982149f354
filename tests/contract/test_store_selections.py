from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from pipeline.domain.article import Author, Content, Enclosure, Sighting
from pipeline.domain.selection import Group, Selection
from pipeline.store.store import Store
from tests.fakes.mailing import show
from tests.fakes.times import START, at


def seen(key: str, minutes: int = 0, **content: Any) -> Sighting:
    made = Content(title=key, html=f"<p>{key}</p>", published=at(-1000 + minutes), **content)
    return Sighting(key=key, raw_hash=sha256(repr(made).encode()).hexdigest(), content=made)


def media(*types: str) -> tuple[Enclosure, ...]:
    return tuple(Enclosure(url=f"https://a.example/{kind}", media_type=kind) for kind in types)


ARTICLES = [
    seen("alt", 1, topics=("KI",), language="de", authors=(Author(name="Anna  Müller"),)),
    seen("neu", 2, topics=("Künstliche Intelligenz", "Recht"), language="de-AT", authors=(Author(name="ANNA MÜLLER"),)),
    seen("ton", 3, topics=("ki", "Musik"), language="en", enclosures=media("audio/mpeg", "image/png")),
    seen("film", 4, language="deu", enclosures=media("Video/MP4; codecs=x"), authors=(Author(name="Bo_b%"),)),
    seen("leer", 5),
]


@pytest.fixture
def filled(store: Store) -> Store:
    show(store, ARTICLES, START)
    show(store, [seen("fremd", 6, topics=("Recht",), language="fr")], START, source="blog")
    return store


EXPECTED = [
    (Selection(), ["fremd", "leer", "film", "ton", "neu", "alt"]),
    (Selection(topics=("KI",)), ["ton", "alt"]),
    (Selection(topics=("recht", "musik")), ["fremd", "ton", "neu"]),
    (Selection(not_topics=("Recht",)), ["leer", "film", "ton", "alt"]),
    (Selection(topics=("ki",), not_topics=("musik",)), ["alt"]),
    (Selection(sources=("blog",)), ["fremd"]),
    (Selection(authors=("anna müller",)), ["neu", "alt"]),
    (Selection(authors=("Bo_b%",)), ["film"]),
    (Selection(authors=("Bo%",)), []),
    (Selection(languages=("de",)), ["neu", "alt"]),
    (Selection(languages=("de-AT", "en")), ["ton", "neu"]),
    (Selection(enclosures=("audio",)), ["ton"]),
    (Selection(enclosures=("image/*", "video/mp4")), ["film", "ton"]),
    (Selection(enclosures=("*",)), ["film", "ton"]),
    (Selection(enclosures=("audio/ogg",)), []),
    (Selection(topics=("ki",), languages=("de",), group=Group("author", "anna müller", "")), ["alt"]),
    (Selection(group=Group("topic", "recht", "")), ["fremd", "neu"]),
    (Selection(topics=("musik",), group=Group("topic", "recht", "")), []),
    (Selection(group=Group("source", "blog", "")), ["fremd"]),
    (Selection(group=Group("language", "de", "")), ["alt"]),
]


def test_a_selection_has_the_articles_that_meet_all_its_conditions(filled: Store) -> None:
    for chosen, expected in EXPECTED:
        found = [article.content.title for article in filled.articles.newest(limit=None, chosen=chosen)]
        assert (chosen, found) == (chosen, expected)
        assert filled.articles.count(chosen) == len(expected)


def test_groups_are_what_there_is_written_as_the_newest_article_writes_it(filled: Store) -> None:
    def found(kind: Any, chosen: Selection = Selection()) -> list[tuple[str, str]]:  # noqa: B008  it is frozen
        return [(group.key, group.label) for group in filled.articles.groups(kind, chosen)]

    assert found("topic") == [
        ("ki", "ki"),
        ("künstliche intelligenz", "Künstliche Intelligenz"),
        ("recht", "Recht"),
        ("musik", "Musik"),
    ]
    assert found("topic", Selection(sources=("blog",))) == [("recht", "Recht")]
    assert found("author") == [("anna müller", "ANNA MÜLLER"), ("bo_b%", "Bo_b%")]
    assert found("source") == [("artikel", "artikel"), ("blog", "blog")]
    assert found("language") == [("de", "de"), ("de-at", "de-AT"), ("en", "en"), ("deu", "deu"), ("fr", "fr")]


def test_a_revision_brings_its_own_labels(filled: Store) -> None:
    show(filled, [seen("ton", 3, topics=("Stille",), language="it")], at(5))
    assert [a.content.title for a in filled.articles.newest(limit=None, chosen=Selection(enclosures=("*",)))] == [
        "film"
    ]
    assert [a.content.title for a in filled.articles.newest(limit=None, chosen=Selection(languages=("it",)))] == ["ton"]
    assert "musik" not in {group.key for group in filled.articles.groups("topic")}


def test_a_group_stays_when_its_articles_are_retracted(store: Store) -> None:
    show(store, [seen("a", topics=("KI",)), seen("b", topics=("Recht",))], START, complete=True)
    show(store, [seen("b", topics=("Recht",))], at(5), complete=True)
    assert [group.key for group in store.articles.groups("topic")] == ["ki", "recht"]
    assert list(store.articles.newest(limit=None, chosen=Selection(topics=("ki",)))) == []
