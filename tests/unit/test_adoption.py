from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pipeline.domain.adoption import Facts, Fate, OldEntry, decide, distinct, serves_all_formats, telling
from pipeline.domain.article import ArticleId, Content
from pipeline.publish.uri import to_uri

IDS = some.sampled_from([f"p{number}" for number in range(6)])
ARTICLES = some.integers(1, 4).map(ArticleId)


@given(some.data())
def test_no_id_is_given_twice_and_no_article_gets_two(data: some.DataObject) -> None:
    ids = data.draw(some.lists(IDS, unique=True))
    entries = [
        OldEntry(format="rss", id=id_, content=Content(title=id_, html="", url=f"https://a.example/{id_}"))
        for id_ in ids
    ]
    public_ids = {ArticleId(number): f"p{number}" for number in range(1, 5)}
    taken = data.draw(some.dictionaries(ARTICLES, IDS.map(lambda id_: {"rss": id_}), max_size=2))
    owners = {id_: article for article, id_ in public_ids.items()} | {
        id_: article for article, own in taken.items() for id_ in own.values()
    }
    facts = Facts(
        found=data.draw(some.dictionaries(IDS, ARTICLES)),
        owners=owners,
        public_ids=public_ids,
        taken_over=taken,
        published=frozenset(data.draw(some.sets(ARTICLES))),
    )
    published_too = data.draw(some.booleans())
    decided = decide(entries, telling(entries), facts, published_too=published_too)
    assert [one.entry for one in decided] == entries
    adopted = [one for one in decided if one.fate is Fate.ADOPTED]
    assert max(Counter(one.article for one in adopted).values(), default=0) <= 1
    for one in adopted:
        assert one.article is not None
        assert owners.get(one.entry.id, one.article) == one.article
        assert one.article not in taken
        assert published_too or one.article not in facts.published


@given(some.text(max_size=40))
def test_an_id_of_all_formats_is_published_as_it_is(id_: str) -> None:
    if serves_all_formats(id_):
        assert to_uri(id_) == id_


@pytest.mark.parametrize(
    ("id_", "serves"),
    [
        ("https://a.example/?p=1", True),
        ("tag:blogger.com,1999:blog-1.post-2", True),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", True),
        ("https://A.example/?p=1", False),
        ("https://a.example/größe", False),
        ("5e1234", False),
        ("1 at https://a.example", False),
        ("https:///x", False),
        ("", False),
    ],
)
def test_which_ids_serve_all_formats(id_: str, serves: bool) -> None:  # noqa: FBT001
    assert serves_all_formats(id_) is serves


def test_an_entry_that_is_on_two_pages_is_one() -> None:
    entry = OldEntry(format="rss", id="p1", content=Content(title="Titel", html="", url="https://a.example/"))
    assert distinct([entry, entry]) == ([entry], [])
