"""What the store knows of pictures, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from pipeline.domain.article import ArticleId, Content, Picture, Sighting
from pipeline.domain.pictures import PictureCopy, Size, shown_pictures
from pipeline.domain.selection import EVERYTHING, Selection
from pipeline.store.store import Store
from tests.fakes.mailing import show
from tests.fakes.times import START

HOUR, MONTH = timedelta(hours=1), timedelta(days=32)
A, B, C = (f"https://a.example/{name}.jpg" for name in "abc")


def shows(key: str, *pictures: str, topics: Sequence[str] = ("ki",)) -> Sighting:
    html = "".join(f'<p><img src="{url}" alt=""></p>' for url in pictures)
    return Sighting(
        key=key,
        raw_hash=sha256(repr((key, pictures)).encode()).hexdigest(),
        content=Content(title=key, html=f"<p>{key}</p>{html}", topics=tuple(topics)),
    )


def note(store: Store, chosen: Selection = EVERYTHING, after: timedelta = HOUR) -> int:
    now = START + after
    return store.pictures.note(chosen, now - MONTH, now, shown_pictures)


def wanted(store: Store, after: timedelta = HOUR) -> list[str]:
    return [one.url for one in store.pictures.wanted(START + after, 100)]


def copy_of(url: str) -> PictureCopy:
    name = url.rpartition("/")[2]
    return PictureCopy(
        url=url, width=1600, height=1200, sizes=(Size(720, 540, f"aa/{name}"), Size(1072, 804, f"bb/{name}"))
    )


def keep(store: Store, url: str) -> None:
    one = next(one for one in store.pictures.wanted(START + MONTH, 100) if one.url == url)
    store.pictures.keep(one, copy_of(url), 1000, START + HOUR)


def ids(store: Store) -> dict[str, ArticleId]:
    return {article.content.title: article.id for article in store.articles.newest(limit=None)}


def test_each_picture_of_new_articles_is_wanted_once_and_an_article_is_looked_through_once(store: Store) -> None:
    show(store, [shows("one", A, B), shows("two", A)], START)
    assert note(store) == 2
    assert wanted(store) == [A, B] or wanted(store) == [B, A]
    assert note(store) == 0


def test_many_articles_are_looked_through_in_one_go(store: Store) -> None:
    show(store, [shows(f"{number}", f"{A}?{number % 300}") for number in range(450)], START)
    assert note(store) == 450
    assert len(store.pictures.wanted(START + HOUR, 1000)) == 300


def test_only_articles_that_a_newsletter_may_carry_count(store: Store) -> None:
    show(store, [shows("ki", A), shows("garten", B, topics=["Garten"])], START)
    show(store, [shows("old", C)], START, source="new", backlog=0)
    assert note(store, Selection(topics=("KI",))) == 1
    assert wanted(store) == [A]
    assert note(store) == 1
    assert sorted(wanted(store)) == [A, B]


def test_what_was_released_long_ago_is_not_copied_any_more(store: Store) -> None:
    show(store, [shows("one", A)], START)
    store.articles.release(START)
    assert note(store, after=MONTH + HOUR) == 0


def test_copies_are_found_by_article(store: Store) -> None:
    show(store, [shows("one", A, B), shows("two", A), shows("three", C)], START)
    note(store)
    keep(store, A)
    keep(store, C)
    of = ids(store)
    assert store.pictures.copies([of["one"], of["two"]]) == {of["one"]: (copy_of(A),), of["two"]: (copy_of(A),)}
    assert store.pictures.copies([]) == {}
    assert store.pictures.counts() == {"copied": (2, 2000), "wanted": (1, 0)}


def test_a_failure_is_tried_again_later_or_never(store: Store) -> None:
    show(store, [shows("one", A, B)], START)
    note(store)
    for one in store.pictures.wanted(START, 100):
        store.pictures.fail(one, "no.", START + 3 * HOUR if one.url == A else None, START)
    assert wanted(store) == []
    again = store.pictures.wanted(START + 3 * HOUR, 100)
    assert [(one.url, one.tries) for one in again] == [(A, 1)]
    assert {(one.url, one.state, one.error) for one in store.pictures.listed(None, 10)} == {
        (A, "wanted", "no."),
        (B, "left", "no."),
    }


def test_a_wait_is_no_try(store: Store) -> None:
    show(store, [shows("one", A)], START)
    note(store)
    store.pictures.postpone(store.pictures.wanted(START, 1)[0], START + 2 * HOUR)
    assert wanted(store) == []
    assert store.pictures.wanted(START + 2 * HOUR, 1)[0].tries == 0


def test_a_copy_goes_when_no_article_has_shown_it_for_long_enough(store: Store) -> None:
    show(store, [shows("one", A, B), shows("two", B)], START)
    note(store)
    keep(store, A)
    keep(store, B)
    show(store, [shows("one", C), shows("two", B)], START + HOUR)
    assert note(store, after=2 * HOUR) == 1
    assert store.pictures.unused(START + HOUR) == {}
    unused = store.pictures.unused(START + 2 * HOUR)
    assert list(unused.values()) == [("aa/a.jpg", "bb/a.jpg")]
    store.pictures.drop(unused)
    assert store.pictures.unused(START + 9 * HOUR) == {}
    assert {one.url for one in store.pictures.listed(None, 10)} == {B, C}


def test_a_picture_that_comes_back_stays(store: Store) -> None:
    show(store, [shows("one", A)], START)
    note(store)
    keep(store, A)
    show(store, [shows("one", B)], START + HOUR)
    note(store, after=HOUR)
    unused = store.pictures.unused(START + 9 * HOUR)
    show(store, [shows("one", A, B)], START + 2 * HOUR)
    note(store, after=2 * HOUR)
    assert store.pictures.unused(START + 9 * HOUR) == {}
    # Somebody wanted to remove it when it came back.
    store.pictures.drop(unused)
    assert store.pictures.copies(ids(store).values())[ids(store)["one"]] == (copy_of(A),)


def test_a_retracted_article_shows_nothing_any_more(store: Store) -> None:
    show(store, [shows("one", A), shows("two", B)], START, complete=True)
    note(store)
    show(store, [shows("two", B)], START + HOUR, complete=True)
    assert note(store, after=2 * HOUR) == 1
    assert wanted(store, 2 * HOUR) == [B]
    assert len(store.pictures.unused(START + 2 * HOUR)) == 1
    assert note(store, after=2 * HOUR) == 0


def test_a_copy_whose_files_are_gone_is_wanted_again(store: Store) -> None:
    show(store, [shows("one", A)], START)
    note(store)
    keep(store, A)
    assert wanted(store) == []
    store.pictures.lost([A])
    assert wanted(store) == [A]


def test_what_a_person_took_out_does_not_come_back(store: Store) -> None:
    show(store, [shows("one", A)], START)
    note(store)
    under_way = store.pictures.wanted(START, 1)[0]
    keep(store, A)
    assert store.pictures.forget(A) == ("aa/a.jpg", "bb/a.jpg")
    assert store.pictures.forget(B) is None
    store.pictures.keep(under_way, copy_of(A), 10, START)
    show(store, [shows("one", A, A + "?2")], START + HOUR)
    note(store, after=2 * HOUR)
    assert wanted(store, 2 * HOUR) == [A + "?2"]
    assert store.pictures.copies(ids(store).values()) == {}


def test_the_lead_picture_counts_and_what_counts_readers_does_not(store: Store) -> None:
    content = Content(
        title="one",
        html='<p><img src="https://vg02.met.vgwort.de/na/1" alt=""><img src="data:image/png;base64,AA" alt="">x</p>'
        f'<video poster="{C}"></video><img srcset="{B} 2x, https://a.example/large.jpg 3x" alt="">',
        topics=("ki",),
        picture=Picture(url=A),
    )
    show(store, [Sighting(key="one", raw_hash="1", content=content)], START)
    note(store)
    assert sorted(wanted(store)) == [A, B, C]


def test_an_address_that_no_index_could_hold_is_kept(store: Store) -> None:
    long = f"https://a.example/{'x' * 1900}.jpg"
    show(store, [shows("one", long, long + "y" * 100)], START)
    note(store)
    assert wanted(store) == [long]
