"""What a source may do to its articles' names, and which articles there are then: a row for each, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from threading import Barrier
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, make_url, update

from pipeline.domain.article import Content, Enclosure, Sighting
from pipeline.domain.selection import Selection
from pipeline.store.database import writing
from pipeline.store.store import Store, open_store
from pipeline.store.tables import metadata, revision
from tests.fakes.mailing import show
from tests.fakes.times import START, at

DAY = 24 * 60
LONG = (
    "<p>Die Sonde hat am Morgen die Umlaufbahn verlassen und fliegt nun zum Mond.</p><p>Sie soll dort im Sommer "
    "landen, Proben nehmen und sie bis zum Herbst zurückbringen; es wäre das erste Mal, dass das ohne Menschen "
    "gelingt.</p>"
)
EDITED = LONG.replace("im Sommer", "schon im Frühjahr")
OTHER = (
    "<p>Im Hafen liegt seit gestern ein Schiff, das mit Wind fährt: Rotoren auf seinem Deck sparen ein Drittel.</p>"
    "<p>Die Reederei will bis zum Ende des Jahrzehnts zwanzig solcher Frachter bauen lassen, alle in Rostock.</p>"
)
ENGLISH = (
    "<p>The probe left its orbit this morning and is now on its way to the Moon.</p><p>It will land there in summer, "
    "take samples and bring them back by autumn, which nobody has ever done without people on board.</p>"
)
MARKED_UP = (
    "<div><p>Die Sonde hat am <em>Morgen</em> die Umlaufbahn verlassen und\nfliegt nun zum&nbsp;Mond.</p><br>Sie "
    'soll dort im <a href="https://x.example/">Sommer</a> landen, Proben nehmen und sie bis zum Herbst zurückbringen; '
    "es wäre das erste Mal, dass das ohne Menschen gelingt.</div>"
)
TEASER = "<p>Die Sonde hat am Morgen die Umlaufbahn verlassen und fliegt nun zum Mond. Sie soll dort im […]</p>"
WORDPRESS = '<p>The post <a href="https://a.example/mond">Zum Mond</a> appeared first on <a href="/">Sonden</a>.</p>'
GERMAN_WORDPRESS = "<p>Der Beitrag <a>Zum Mond</a> erschien zuerst auf <a>Sonden</a>.</p>"
MOON = "https://a.example/mond"


def post(key: str, url: str | None = None, title: str = "Zum Mond", html: str = LONG, **more: Any) -> Sighting:
    """An item of a feed.  ``day`` is when it was published, in days of the month before the start."""
    day = more.pop("day", None)
    published = None if day is None else START + timedelta(days=day - 30)
    content = Content(title=title, html=html, url=url, published=published, **more)
    return Sighting(key=key, raw_hash=sha256(repr(content).encode()).hexdigest(), content=content)


def short(key: str, title: str = "Wochenrückblick", text: str = "Kurz.", **more: Any) -> Sighting:
    return post(key, title=title, html=f"<p>{text}</p>", **more)


@dataclass(frozen=True, slots=True)
class Poll:
    """An answer of a source, and what it must come to."""

    source: str
    items: Sequence[Sighting]
    new: int = 0
    revised: int = 0
    retracted: int = 0
    complete: bool = False
    minute: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Polls in their order; then there are so many articles, and mail carried each of them once."""

    name: str
    polls: Sequence[Poll]
    articles: int


def row(name: str, *polls: Poll, articles: int) -> Row:
    return Row(name, polls, articles)


def a(*items: Sighting, **more: Any) -> Poll:
    return Poll("a", items, **more)


def b(*items: Sighting, **more: Any) -> Poll:
    return Poll("b", items, **more)


def unchanged(sighting: Sighting) -> Sighting:
    """As a source shows what it knows to be the same."""
    return replace(sighting, content=None)


SAME_LINK = [post("1", MOON), post("2", MOON, "Rotoren", OTHER)]
SHARED_GUID = [
    short("g https://a.example/1", url="https://a.example/1"),
    short("g https://a.example/2", text="Mehr.", url="https://a.example/2"),
]
TITLED = [short("g Eins", "Eins"), short("g Zwei", "Zwei", "Anderes.")]

ROWS = [
    # ---- ids
    row("the same id on all items, told apart by their links", a(*SHARED_GUID, new=2), a(*SHARED_GUID), articles=2),
    row(
        "the same id on all items: the window moves on to one of them",
        a(*SHARED_GUID, new=2),
        a(short("g", text="Mehr.", url="https://a.example/2")),
        a(*SHARED_GUID),
        a(short("g", url="https://a.example/1")),
        articles=2,
    ),
    row(
        "an id that becomes and ceases to be a duplicate, without links",
        a(short("g", "Eins"), new=1),
        a(*TITLED, new=1),
        a(short("g", "Zwei", "Anderes.")),
        a(short("g", "Eins")),
        a(*TITLED),
        articles=2,
    ),
    row(
        "the same id for whatever is newest, in a window of one",
        a(post("latest", MOON), new=1),
        a(post("latest", "https://a.example/hafen", "Rotoren", OTHER), new=1),
        a(post("latest", MOON)),
        a(post("latest", "https://a.example/hafen", "Rotoren", OTHER)),
        articles=2,
    ),
    row("ids that change with each build", *[a(post(f"build-{n}", MOON), new=n == 0) for n in range(4)], articles=1),
    row(
        "ids that change with each build, without links or much text",
        *[a(short(f"{n}-1", "Eins", day=0), short(f"{n}-2", "Zwei", day=1), new=2 * (n == 0)) for n in range(3)],
        articles=2,
    ),
    row(
        "ids and dates that change with each build",
        *[a(short(f"{n}", "Eins", url="https://a.example/1", day=n), new=n == 0) for n in range(3)],
        articles=1,
    ),
    row(
        "an id that changes with the text",
        a(post("1", MOON), new=1),
        a(post("2", MOON, html=EDITED), revised=1),
        a(post("3", MOON, html=LONG), revised=1),
        articles=1,
    ),
    row(
        "ids that differ in case only are two",
        a(post("dQw4w9Wg"), post("DQW4W9WG", None, "Rotoren", OTHER), new=2),
        articles=2,
    ),
    row(
        "an id that changes its case",
        a(post("HTTP://A.example/1", MOON), new=1),
        a(post("http://a.example/1", MOON)),
        articles=1,
    ),
    row(
        "an id that is a permalink, then the address that it leads to",
        a(post("https://a.example/?p=7", "https://a.example/?p=7"), new=1),
        a(post("https://a.example/2026/mond/", "https://a.example/2026/mond/"), revised=1),
        articles=1,
    ),
    row(
        "an id that is a permalink is an address too",
        a(short("https://a.example/?p=7", url=MOON), new=1),
        b(short("https://a.example/?p=7&utm_source=planet", url="https://planet.example/redirect/99")),
        articles=1,
    ),
    # ---- addresses
    row(
        "an address that moves to https, with the id",
        a(post("http://a.example/mond", "http://a.example/mond"), new=1),
        a(post("https://a.example/mond", "https://a.example/mond"), revised=1),
        articles=1,
    ),
    row(
        "a new domain with the same id",
        a(post("7", MOON), new=1),
        a(post("7", "https://b.example/mond"), revised=1),
        articles=1,
    ),
    row(
        "a new slug and title with the same id",
        a(post("7", MOON), new=1),
        a(post("7", "https://a.example/flug", "Ein Flug", EDITED), revised=1),
        articles=1,
    ),
    row(
        "a new slug and id with the same text",
        a(post("7", MOON, day=0), new=1),
        a(post("8", "https://a.example/flug", day=0), revised=1),
        articles=1,
    ),
    row(
        "a new domain and id of a short text of the same time",
        a(short("https://a.example/1", url="https://a.example/1", day=0), new=1),
        a(short("https://b.example/1", url="https://b.example/1", day=0), revised=1),
        articles=1,
    ),
    *[
        row(
            f"an address spelt otherwise: {url}",
            a(short("1", url="https://www.a.example/x/mond"), new=1),
            b(short("2", url=url)),
            articles=1,
        )
        for url in (
            "http://a.example/x/mond/",
            "https://a.example:443/x/mond?utm_source=rss&utm_medium=feed",
            "https://A.EXAMPLE/x/mond#xtor=RSS-1",
            "https://amp.a.example/x/mond",
            "https://a.example/x/mond/amp/",
            "https://a.example/x/mond?amp=1",
            "https://www.google.com/amp/s/www.a.example/x/mond",
            "https://m.a.example/x/mond",
            "https://a.example/x/mond/index.html",
            "https://a.example/x/m%6Fnd?fbclid=abc",
        )
    ],
    row(
        "an address whose tracking changes with each build",
        a(post("1", f"{MOON}?utm_source=1"), new=1),
        a(post("1", f"{MOON}?utm_source=2")),
        a(post("2", f"{MOON}/?fbclid=3&utm_source=1")),
        a(post("1", MOON), revised=1),
        a(post("1", f"{MOON}?utm_source=1")),
        articles=1,
    ),
    row(
        "the same link on all items",
        a(*SAME_LINK, new=2),
        a(*SAME_LINK, post("3", MOON, "Wal", html=ENGLISH), new=1),
        articles=3,
    ),
    row(
        "the same link on all items, whose ids change with each build",
        *[a(short(f"{n}-1", "Eins", url=MOON), short(f"{n}-2", "Zwei", url=MOON), new=2 * (n == 0)) for n in range(3)],
        articles=2,
    ),
    row(
        "the same link for whatever is newest, in a window of one",
        a(post("1", MOON), new=1),
        a(post("2", MOON, "Rotoren", OTHER), new=1),
        a(post("1", MOON)),
        articles=2,
    ),
    row(
        "a page that is written anew each week",
        a(short("1", url="https://a.example/woche", day=0), new=1),
        a(short("2", text="Anderes.", url="https://a.example/woche", day=7), new=1),
        articles=2,
    ),
    row(
        "a link to someone else's page, with words of one's own",
        a(post("1", MOON), new=1),
        b(post("x", MOON, "Über Sonden", OTHER), new=1),
        b(post("x", MOON, "Über Sonden", OTHER)),
        articles=2,
    ),
    # ---- titles and texts
    row("a title that changes", a(post("1", MOON), new=1), a(post("1", MOON, "Auf zum Mond"), revised=1), articles=1),
    row(
        "a title and an id that change",
        a(post("1", MOON), new=1),
        a(post("2", MOON, "Es geht los", EDITED), revised=1),
        articles=1,
    ),
    row(
        "short posts with the same title",
        a(short("1", day=0), short("2", text="Anderes.", day=7), new=2),
        a(short("2", text="Anderes.", day=7), short("3", text="Drittes.", day=14), new=1),
        articles=3,
    ),
    row(
        "an episode without a text of its own",
        a(short("1", "Podcast", "", day=0), new=1),
        a(short("2", "Podcast", "", day=7), new=1),
        articles=2,
    ),
    row(
        "numbered episodes on one page",
        a(short("1", "Podcast #12", day=0, url=MOON), short("2", "Podcast #13", day=1, url=MOON), new=2),
        a(short("3", "Podcast #14", day=2, url=MOON), new=1),
        articles=3,
    ),
    row(
        "each year's post with the same title",
        a(post("1", "https://a.example/2025", "Unser Jahr", LONG), new=1),
        a(post("2", "https://a.example/2026", "Unser Jahr", OTHER), new=1),
        articles=2,
    ),
    row(
        "a reminder that says the same each week",
        a(post("1", "https://a.example/1", day=0), new=1),
        a(post("2", "https://a.example/2", day=7), new=1),
        articles=2,
    ),
    row("an item twice in one answer, in every letter", a(post("1", MOON), post("2", MOON), new=1), articles=1),
    row(
        "a translation is an article of its own",
        a(post("7-de", "https://a.example/de/7", language="de"), new=1),
        a(post("7-en", "https://a.example/en/7", "To the Moon", ENGLISH, language="en"), new=1),
        b(post("7", "https://a.example/en/7", "To the Moon", ENGLISH, language="en")),
        articles=2,
    ),
    row(
        "a translation at the same address",
        a(short("1", "Podcast", "Über Sonden.", url=MOON, language="de"), new=1),
        b(short("2", "Podcast", "About probes.", url=MOON, language="en"), new=1),
        articles=2,
    ),
    # ---- revisions
    row("an edit", a(post("1", MOON), new=1), a(post("1", MOON, html=EDITED), revised=1), articles=1),
    row(
        "an edit that is taken back",
        a(post("1", MOON), new=1),
        a(post("1", MOON, html=EDITED), revised=1),
        a(post("1", MOON), revised=1),
        articles=1,
    ),
    row(
        "a newer time of update alone is none",
        a(post("1", MOON, updated=START), new=1),
        a(post("1", MOON, updated=at(5))),
        articles=1,
    ),
    row(
        "a date that moves on alone is none",
        a(post("1", MOON, day=1), new=1),
        a(post("1", MOON, day=9)),
        a(post("1", MOON, day=20)),
        articles=1,
    ),
    row("a date that is put right", a(post("1", MOON, day=9), new=1), a(post("1", MOON, day=1), revised=1), articles=1),
    row(
        "a file's date is the operator's",
        a(post("1.md", day=1), new=1, complete=True),
        a(post("1.md", day=9), revised=1, complete=True),
        articles=1,
    ),
    row(
        "a file that is written anew",
        a(post("1.md"), new=1, complete=True),
        a(post("1.md", "https://a.example/hafen", "Rotoren", OTHER), revised=1, complete=True),
        articles=1,
    ),
    row("a file that is renamed", a(post("1.md"), new=1, complete=True), a(post("2.md"), complete=True), articles=1),
    # ---- going and coming back
    row(
        "an item that comes back after the window moved on",
        a(post("1", MOON), new=1),
        a(post("2", "https://a.example/hafen", "Rotoren", OTHER), new=1),
        a(post("1", MOON)),
        articles=2,
    ),
    row(
        "what was withdrawn comes back",
        a(post("1"), new=1, complete=True),
        a(retracted=1, complete=True),
        a(post("1"), complete=True),
        articles=1,
    ),
    row(
        "what was withdrawn comes back under another name",
        a(post("1", MOON), new=1, complete=True),
        a(retracted=1, complete=True),
        a(post("2", MOON), complete=True),
        articles=1,
    ),
    row(
        "what was withdrawn comes back from elsewhere, edited",
        a(post("1", MOON), new=1, complete=True),
        a(retracted=1, complete=True),
        b(post("x", MOON, html=EDITED), revised=1),
        articles=1,
    ),
    # ---- several sources
    row(
        "one article in five feeds, in exact copies",
        a(post("1", MOON), new=1),
        *[Poll(name, [post("1", MOON)]) for name in "bcde"],
        articles=1,
    ),
    row(
        "one article in five feeds, under other ids and addresses",
        a(post("1", MOON), new=1),
        b(post("tag:b.example,2026:1", f"{MOON}?utm_campaign=b")),
        Poll("c", [post("https://c.example/1", "https://c.example/1")]),
        Poll("d", [post("d", "https://d.example/go?to=7", html=MARKED_UP)]),
        Poll("e", [post("e", "https://amp.a.example/mond/", html=TEASER)]),
        articles=1,
    ),
    row(
        "one article in three feeds, with what generators add",
        a(post("1", html=LONG + WORDPRESS), new=1),
        b(post("2", html=LONG + GERMAN_WORDPRESS)),
        Poll("c", [post("3", html=LONG)]),
        articles=1,
    ),
    row(
        "a Planet keeps the id that is a tag URI",
        a(post("tag:a.example,2026:7", MOON), new=1),
        b(post("tag:a.example,2026:7", "https://planet.example/7", html=EDITED)),
        articles=1,
    ),
    row(
        "the first source leads: another's words make no revisions",
        a(post("1", MOON), new=1),
        b(post("x", MOON, html=EDITED)),
        a(post("1", MOON)),
        b(post("x", MOON, "Mond", html=EDITED)),
        a(post("1", MOON, html=EDITED), revised=1),
        b(post("x", MOON, html=LONG)),
        articles=1,
    ),
    row(
        "the next source leads when the first shows it no more",
        a(post("1", MOON), new=1, complete=True),
        b(post("x", MOON, html=EDITED)),
        a(complete=True),
        b(post("x", MOON, "Mond", html=EDITED), revised=1),
        a(post("1", MOON), complete=True),
        b(post("x", MOON, "Zum Mond", html=EDITED), revised=1),
        articles=1,
    ),
    row(
        "the next source leads when the first is silent for days",
        a(post("1", MOON), new=1),
        b(post("x", MOON, html=EDITED)),
        b(post("x", MOON, "Mond", html=EDITED), revised=1, minute=4 * DAY),
        a(post("1", MOON, "Zum Monde"), minute=4 * DAY + 1),
        articles=1,
    ),
    row(
        "two items of one source are one article: the first leads",
        a(post("1", MOON, topics=("x",)), post("2", MOON, topics=("y",)), new=1),
        a(unchanged(post("1", MOON)), post("2", MOON, topics=("z",))),
        a(post("1", MOON, "Auf zum Mond", topics=("x",)), post("2", MOON, "Auf zum Mond", topics=("z",)), revised=1),
        articles=1,
    ),
    row(
        "a podcast's episodes with other files are two",
        a(
            *[
                post(key, MOON, enclosures=(Enclosure(url=f"https://a.example/{key}.mp3", media_type="audio/mpeg"),))
                for key in ("1", "2")
            ],
            new=2,
        ),
        articles=2,
    ),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    directory = tmp_path_factory.mktemp("identity")
    url = f"sqlite:///{directory}/rundbrief.db"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE identity TEMPLATE migrated")
        url = make_url(server).set(database="identity").render_as_string(hide_password=False)
    store = open_store(url, directory, START)
    yield store
    store.close()


@pytest.fixture
def store(opened: Store) -> Store:
    """One store for all rows, empty for each: so many rows would take long to make a store for each."""
    with writing(opened.engine) as tx:
        for table in reversed(metadata.sorted_tables):
            if table.name != "instance":
                tx.execute(delete(table))
    return opened


@pytest.mark.parametrize("case", ROWS, ids=[case.name for case in ROWS])
def test_which_articles_there_are(store: Store, case: Row) -> None:
    released = 0
    for number, poll in enumerate(case.polls):
        now = at(number if poll.minute is None else poll.minute)
        seen = show(store, poll.items, now, source=poll.source, complete=poll.complete)
        found = (seen.new, seen.revised, seen.retracted)
        assert found == (poll.new, poll.revised, poll.retracted), f"poll {number + 1}"
        released += store.articles.release(now)
    articles = list(store.articles.newest(limit=None))
    assert len(articles) == case.articles
    assert len({article.public_id for article in articles}) == case.articles
    assert released == case.articles, "mail carries each article once"


def topic_titles(store: Store, topic: str) -> list[str]:
    return [article.content.title for article in store.articles.newest(limit=None, chosen=Selection(topics=(topic,)))]


def test_an_article_has_the_topics_of_all_sources_that_show_it(store: Store) -> None:
    show(store, [post("1", MOON, topics=("raumfahrt",))], START, source="a", complete=True)
    show(store, [post("x", MOON, topics=("Forschung",))], at(1), source="b", complete=True)
    show(store, [post("1", MOON, html=EDITED, topics=("mond",))], at(2), source="a", complete=True)
    assert [topic_titles(store, topic) for topic in ("raumfahrt", "mond", "forschung")] == [
        [],
        ["Zum Mond"],
        ["Zum Mond"],
    ]
    (article,) = store.articles.newest(limit=None)
    assert article.content.topics == ("mond",)
    assert article.sources == ("a", "b")
    show(store, [], at(3), source="b", complete=True)
    assert topic_titles(store, "forschung") == []
    assert topic_titles(store, "mond") == ["Zum Mond"]


def test_an_article_of_a_new_sources_backlog_is_mailed_when_an_older_source_shows_it(store: Store) -> None:
    show(store, [post("0", None, "Rotoren", OTHER)], START, source="alt")
    show(store, [post("x", MOON), short("y")], at(1), source="neu", backlog=0)
    assert store.articles.release(at(1)) == 1, "the one of the old source"
    show(store, [post("1", MOON)], at(2), source="alt", backlog=0)
    assert store.articles.release(at(3)) == 1
    show(store, [short("z")], at(4), source="neu", backlog=0)
    assert store.articles.release(at(5)) == 0, "its own backlog stays, whatever happens to its ids"


def test_an_article_that_changes_with_each_poll_is_mailed_as_it_last_settled(store: Store) -> None:
    settle = timedelta(minutes=10)
    for minute in range(0, 200, 5):
        show(store, [post("1", MOON, html=f"{LONG}<p>{minute} Leute</p>")], at(minute), settle=settle)
        if store.articles.release(at(minute)):
            break
    assert 60 <= minute <= 75


def test_an_article_keeps_its_public_id_whatever_happens_to_its_names(store: Store) -> None:
    show(store, [post("tag:a.example,2026:7", MOON)], START)
    show(store, [post("tag:a.example,2026:8", f"{MOON}?ref=rss", "Auf zum Mond", EDITED)], at(1))
    (article,) = store.articles.newest(limit=None)
    assert (article.public_id, article.revision) == ("tag:a.example,2026:7", 2)


def test_a_key_that_is_used_again_leaves_the_article_before_it_to_its_source(store: Store) -> None:
    show(store, [post("latest", MOON)], START)
    show(store, [post("latest", "https://a.example/hafen", "Rotoren", OTHER)], at(1))
    ours = Selection(sources=("artikel",))
    titles = {article.content.title for article in store.articles.newest(limit=None, chosen=ours)}
    assert titles == {"Zum Mond", "Rotoren"}


def test_articles_that_five_sources_show_at_the_same_moment_are_one_each(store: Store) -> None:
    start = Barrier(5)

    def collect(source: str) -> int:
        new = 0
        # At first connections are made, which takes one longer than another.
        for turn in range(3):
            items = [post(f"{turn}-{number}", None, f"Zum Mond {turn} {number}") for number in range(30)]
            start.wait(timeout=30)
            new += show(store, items, START, source=source).new
        return new

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(collect, "abcde")) == 90


def test_articles_whose_first_words_are_nobodys_are_led_by_whoever_edits_them(store: Store) -> None:
    """As they are after a migration from a schema that did not record it."""
    show(store, [post("1", MOON)], START, source="a")
    show(store, [post("x", MOON)], START, source="b")
    with writing(store.engine) as tx:
        tx.execute(update(revision).values(source=None, key=None))
    assert show(store, [post("x", MOON, html=EDITED)], at(1), source="b").revised == 1
    assert show(store, [post("1", MOON, "Mond")], at(2), source="a").revised == 0


def test_a_thousand_items_are_recorded_and_recognised_in_parts(store: Store) -> None:
    items = [short(f"{n}", f"Nr. {n}", f"Es war die {n}.", url=f"https://a.example/{n}") for n in range(1000)]
    assert show(store, items, START).new == 1000
    renamed = [replace(item, key=f"neu-{item.key}") for item in items]
    again = show(store, renamed, at(1))
    assert (again.new, again.unchanged) == (0, 1000)
