from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.compose.arrange import Arranged, arrange
from pipeline.compose.compose import Candidate, Group, Notice, share_of
from pipeline.domain.article import ArticleId
from pipeline.domain.issue import Order, Terms
from tests.fakes.mailing import TERMS

DUE = [(ArticleId(n), 1) for n in (1, 2, 3, 4)]
TOPICS = {
    ArticleId(1): frozenset({"ki"}),
    ArticleId(2): frozenset({"ethik", "tipp"}),
    ArticleId(3): frozenset({"ki", "sport"}),
    ArticleId(4): frozenset[str](),
}


def ids(arranged: Arranged) -> list[int]:
    return [article for article, _ in arranged.articles]


@pytest.mark.parametrize(
    ("terms", "order", "sections"),
    [
        (TERMS, [4, 3, 2, 1], ()),
        (replace(TERMS, order=Order.OLDEST), [1, 2, 3, 4], ()),
        (replace(TERMS, lead="tipp"), [2, 4, 3, 1], ()),
        (replace(TERMS, lead="missing"), [4, 3, 2, 1], ()),
        (replace(TERMS, sections=("ethik", "ki")), [2, 3, 1, 4], ("ethik", "ki", "ki", "")),
        # Topics without a place follow, each where its first article stands.
        (replace(TERMS, sections=("sport",)), [3, 2, 1, 4], ("sport", "ethik", "ki", "")),
        (replace(TERMS, sections=("ki",), lead="tipp"), [2, 3, 1, 4], ("", "ki", "ki", "")),
        # What is carried as links only stands under no topic.
        (replace(TERMS, sections=("ki", "ethik"), shown=3), [3, 2, 4, 1], ("ki", "ethik", "", "")),
    ],
)
def test_articles_stand_in_the_order_that_was_asked_for(
    terms: Terms, order: list[int], sections: tuple[str, ...]
) -> None:
    arranged = arrange(DUE, TOPICS, frozenset(), terms)
    assert (ids(arranged), arranged.sections) == (order, sections)


def test_an_article_stands_under_a_topic_that_its_reader_chose() -> None:
    arranged = arrange(DUE[2:3], TOPICS, frozenset({"sport"}), replace(TERMS, sections=("ki", "sport")))
    assert arranged.sections == ("sport",)


GROUP = Group(id=1, cursor=5, topics=frozenset(), topic_set=1, language="de")
NOTICE = Notice(correction=7, release=8, article=ArticleId(2), carried=2, topics=frozenset({"ki"}))
ARTICLE = Candidate(article=ArticleId(9), release=9, revision=1, topics=frozenset({"ki"}))


@pytest.mark.parametrize(
    ("group", "articles", "told", "waiting"),
    [
        (GROUP, [ARTICLE], (7,), set()),
        # It makes no issue of its own, but it isn't forgotten.
        (GROUP, [], (), {7}),
        (replace(GROUP, cursor=9, corrections=frozenset({7})), [replace(ARTICLE, release=10)], (7,), set()),
        (replace(GROUP, cursor=8), [ARTICLE], (), set()),
        (replace(GROUP, topics=frozenset({"sport"})), [replace(ARTICLE, topics=frozenset({"sport"}))], (), set()),
        # Who has still to get the article gets it as it is now.
        (replace(GROUP, cursor=1), [replace(ARTICLE, article=ArticleId(2), release=2)], (), set()),
        (replace(GROUP, owed=frozenset({2})), [ARTICLE], (), set()),
    ],
)
def test_readers_of_an_article_are_told_once_what_became_of_it(
    group: Group, articles: list[Candidate], told: tuple[int, ...], waiting: set[int]
) -> None:
    share = share_of(articles, [NOTICE], group, TERMS, 10)
    assert (share.corrections, share.owed_corrections) == (told, waiting)
