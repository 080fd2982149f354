from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.collect.collect import SourceRules, collect
from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.source import Backfilling, Collection, Past, Source, SourceState
from pipeline.collect.sources.feed import FeedSource
from pipeline.collect.sources.wordpress import WordPressSource
from pipeline.collect.sources.wordpress_spool import Spool
from pipeline.domain.article import Author, Content, Picture, Sighting
from pipeline.errors import InvalidSource, SourceError, SourceUnavailable
from pipeline.store.store import open_store
from tests.fakes.wordpress_server import Post, WordPressServer

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LIMITS = FetchLimits(total_seconds=5, connect_seconds=2)


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture
def site() -> Iterator[WordPressServer]:
    with WordPressServer() as running:
        yield running


@dataclass
class Reader:
    """Collects a source again and again, and remembers as the store does."""

    source: WordPressSource
    state: SourceState = field(default_factory=SourceState)
    hashes: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def collect(self, now: datetime = NOW) -> Collection:
        """The collection; what it means is then in ``hashes`` and ``gone``."""
        collection = self.source.collect(self.state, self.hashes.get, now)
        self.state = collection.state
        present = {sighting.key: sighting.raw_hash for sighting in collection.sightings}
        assert len(present) == len(collection.sightings), "a key came twice"
        if collection.complete:
            self.gone |= self.hashes.keys() - present.keys() - collection.failed
            self.hashes = {key: value for key, value in self.hashes.items() if key not in self.gone}
        self.hashes.update(present)
        return collection


def source_of(site: WordPressServer, fetcher: Fetcher | None = None) -> WordPressSource:
    fetcher = fetcher or Fetcher(user_agent="Rundbrief/0.0 (+https://news.example.org)", limits=LIMITS)
    return WordPressSource("blog", site.url, fetcher, allow_private=True, language="de", per_page=10)


@pytest.fixture
def reader(site: WordPressServer) -> Reader:
    return Reader(source_of(site))


def past(since: datetime) -> Past:
    return Past(since=since, known=_nothing, shown=lambda _names: frozenset(), now=NOW)


def _nothing(key: str) -> str | None:
    return None


def contents(collection: Collection) -> list[Content]:
    """What was read whole, and so is new or edited."""
    return [sighting.content for sighting in collection.sightings if sighting.content]


def titles(collection: Collection) -> list[str]:
    return sorted(content.title for content in contents(collection))


def many(site: WordPressServer, count: int, last: datetime = NOW) -> list[Post]:
    """So many posts, an hour between them, the last one a day before ``last``."""
    return [site.publish(f"Nr. {n:04}", last - timedelta(days=1, hours=count - n)) for n in range(1, count + 1)]


# ---- what a post says


def test_it_is_a_source_that_can_be_asked_for_more(site: WordPressServer) -> None:
    source: Source = source_of(site)
    assert source.name == "blog"
    assert isinstance(source, Backfilling)


def test_a_post_becomes_an_article_with_all_that_wordpress_knows_of_it(site: WordPressServer, reader: Reader) -> None:
    post = site.publish(
        "Strom &amp; W&#228;rme &#8211; f&uuml;r alle",
        datetime(2025, 5, 1, 8, 30, tzinfo=UTC),
        '<p>Ein <a href="/ueber/">Bild</a>:</p><script>alert(1)</script><img src="/wp-content/x.png" onerror="x()">',
        modified=datetime(2025, 5, 2, 9, 0, tzinfo=UTC),
        excerpt="Worum es &quot;geht&quot;.",
        categories=(site.term("category", "Wind &amp; Wetter"),),
        tags=(site.term("post_tag", "Köln"), site.term("post_tag", "wind &amp;  wetter")),
        featured_media=site.picture("rad.jpg", "Ein &quot;Rad&quot;", 1200, 800),
    )
    (content,) = contents(reader.collect())
    link = site.link(post)
    assert content == Content(
        title="Strom & Wärme – für alle",
        html=f'<p>Ein <a href="{site.url}ueber/">Bild</a>:</p><img src="{site.url}wp-content/x.png">',
        teaser='Worum es "geht".',
        url=link,
        language="de",
        authors=(Author(name="Anna Arndt", url="https://anna.example.org/"),),
        topics=("Wind & Wetter", "Köln"),
        picture=Picture(url=f"{site.url}wp-content/uploads/rad.jpg", alt='Ein "Rad"', width=1200, height=800),
        published=datetime(2025, 5, 1, 8, 30, tzinfo=UTC),
        updated=datetime(2025, 5, 2, 9, 0, tzinfo=UTC),
        comments_url=f"{link}#comments",
    )


def test_its_key_is_the_guid_of_the_sites_own_feed(site: WordPressServer, reader: Reader) -> None:
    site.publish("A", at(-1))
    site.publish("B", at(-2), guid=f"{site.url}?post_type=post&#038;p=2")
    feed = FeedSource("blog", f"{site.url}feed/", reader.source.fetcher, allow_private=True)
    by_feed = feed.collect(SourceState(), _nothing, NOW)
    assert {s.key for s in reader.collect().sightings} == {s.key for s in by_feed.sightings}
    assert f"{site.url}?post_type=post&p=2" in reader.hashes


@pytest.mark.parametrize(
    ("excerpt", "teaser"),
    [
        ("Von Hand geschrieben.", "Von Hand geschrieben."),
        ("Von Hand, aber gek&uuml;rzt [&hellip;]", "Von Hand, aber gekürzt…"),
        ('Von Hand. <a class="more-link" href="https://x.example/">Continue reading &rarr;</a>', "Von Hand."),
        ("Der Anfang des Textes, der weiter [&#8230;]", "Der Anfang des Textes, der weitergeht, bis er endet."),
        ("Der Anfang des Textes, der weiter...", "Der Anfang des Textes, der weitergeht, bis er endet."),
        ("", "Der Anfang des Textes, der weitergeht, bis er endet."),
        ("[&hellip;]", "Der Anfang des Textes, der weitergeht, bis er endet."),
    ],
)
def test_the_excerpt_is_the_teaser_where_it_is_more_than_the_start_of_the_text(
    site: WordPressServer, reader: Reader, excerpt: str, teaser: str
) -> None:
    site.publish(
        "A", at(-1), "<p>Der Anfang des Textes, der weitergeht, bis er endet.</p><p>Mehr.</p>", excerpt=excerpt
    )
    assert contents(reader.collect())[0].teaser == teaser


def test_an_excerpt_that_wordpress_cut_gives_way_to_whole_sentences(site: WordPressServer, reader: Reader) -> None:
    sentences = "Dieser Satz hat genau sieben kurze Wörter. " * 20
    site.publish("A", at(-1), f"<p>{sentences}</p>")
    teaser = contents(reader.collect())[0].teaser
    assert teaser.endswith("Wörter.")
    assert "Weiterlesen" not in teaser


def test_closed_comments_hidden_users_and_lost_pictures_are_simply_not_there(
    site: WordPressServer, reader: Reader
) -> None:
    site.switches.users = False
    site.publish("A", at(-1), comment_status="closed", featured_media=4711)
    (content,) = contents(reader.collect())
    assert (content.comments_url, content.authors, content.picture) == (None, (), None)


def test_topics_and_language_of_the_configuration_reach_known_articles(site: WordPressServer, reader: Reader) -> None:
    site.publish("A", at(-1))
    reader.collect()
    assert contents(reader.collect()) == []
    reader.source = replace(reader.source, topics=("ki",), language="de-AT")
    (content,) = contents(reader.collect())
    assert (content.topics, content.language) == (("ki",), "de-AT")


def test_posts_with_a_password_and_drafts_are_left_out(site: WordPressServer, reader: Reader) -> None:
    site.publish("offen", at(-1))
    site.publish("geheim", at(-1), password="x")
    site.publish("Entwurf", at(-1), status="draft")
    collection = reader.collect()
    assert titles(collection) == ["offen"]
    assert [note.code for note in collection.notes] == ["wordpress-password"]
    assert collection.problems == ()
    site.requests.clear()
    assert reader.collect().notes == ()
    assert len(site.requests) == 1


# ---- what it costs


def test_an_unchanged_small_site_costs_one_light_request(site: WordPressServer, reader: Reader) -> None:
    many(site, 8)
    assert len(contents(reader.collect())) == 8
    site.requests.clear()
    collection = reader.collect(at(0.01))
    assert [asked.light for asked in site.requests] == [True]
    assert (collection.requests, collection.complete, contents(collection)) == (1, True, [])
    assert 0 < collection.received < 20_000


def test_an_unchanged_large_site_costs_two_light_requests(site: WordPressServer, reader: Reader) -> None:
    many(site, 32)
    first = reader.collect()
    assert len(contents(first)) == 32
    assert first.complete
    assert first.requests == len(site.requests) == 1 + 4 + 4
    site.requests.clear()
    collection = reader.collect(at(0.01))
    assert [(asked.light, "modified_after" in asked.query) for asked in site.requests] == [(True, False), (True, True)]
    assert contents(collection) == []


def test_all_requests_say_who_asks_and_only_for_published_posts(site: WordPressServer, reader: Reader) -> None:
    many(site, 3)
    reader.collect()
    assert all("Rundbrief" in asked.headers["User-Agent"] for asked in site.requests)
    assert {asked.query["status"] for asked in site.api_requests} == {"publish"}


def test_the_articles_of_a_large_archive_do_not_lie_in_memory(site: WordPressServer, reader: Reader) -> None:
    spool = Spool()
    tracemalloc.start()
    for n in range(2_000):
        spool.append(Sighting(key=str(n), raw_hash="", content=Content(title=str(n), html=f"{n}" + "x" * 10_000)))
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
    assert peak < 12_000_000
    assert [sighting.key for sighting in spool] == [str(n) for n in range(2_000)]
    assert (len(spool), spool[-1].key, [sighting.key for sighting in spool[5:9:2]]) == (2_000, "1999", ["5", "7"])
    with pytest.raises(IndexError):
        spool[2_000]
    many(site, 3)
    assert isinstance(reader.collect().sightings, Spool)


# ---- what changes


def test_a_new_post_and_an_edit_are_read_and_nothing_else(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    reader.collect()
    site.edit(posts[0], at(0.1), title="bearbeitet")
    site.publish("neu", at(0.1))
    assert titles(reader.collect(at(0.2))) == ["bearbeitet", "neu"]
    assert contents(reader.collect(at(0.3))) == []


def test_a_scheduled_post_is_found_though_its_date_of_modification_is_old(
    site: WordPressServer, reader: Reader
) -> None:
    many(site, 13)
    scheduled = site.publish("geplant", at(0.1), modified=at(-20), status="future")
    reader.collect()
    scheduled.status = "publish"
    site.requests.clear()
    assert titles(reader.collect(at(0.11))) == ["geplant"]
    assert len(site.requests) == 3


def test_a_post_that_appears_with_an_old_date_is_found(site: WordPressServer, reader: Reader) -> None:
    many(site, 13)
    draft = site.publish("lag lange", at(-200), modified=at(-20), status="draft")
    reader.collect()
    draft.status = "publish"
    assert titles(reader.collect(at(0.1))) == ["lag lange"]


def test_more_new_posts_than_a_page_holds_are_all_found(site: WordPressServer, reader: Reader) -> None:
    many(site, 13)
    reader.collect()
    many(site, 22, last=at(30))
    assert len(contents(reader.collect(at(30)))) == 22


def test_more_edits_than_a_page_holds_are_all_found(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 33)
    reader.collect()
    for n, post in enumerate(posts[:22]):
        site.edit(post, at(0.1 + n / 10_000), content="<p>neu</p>")
    assert len(contents(reader.collect(at(0.3)))) == 22


@pytest.mark.parametrize("kind", ["ignored", "refused"])
def test_edits_are_found_where_modified_after_is_not_understood(
    site: WordPressServer, reader: Reader, kind: str
) -> None:
    site.switches.modified_after = kind
    posts = many(site, 13)
    reader.collect()
    site.edit(posts[0], at(0.1), title="bearbeitet")
    assert titles(reader.collect(at(0.2))) == ["bearbeitet"]


def test_an_edit_in_the_hour_that_comes_twice_in_autumn_is_found(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13, last=datetime(2025, 10, 20, tzinfo=UTC))
    # 02:50 in summer time; then, after the clock was put back, 02:10.
    site.edit(posts[1], datetime(2025, 10, 26, 0, 50, tzinfo=UTC), title="eins")
    reader.collect(datetime(2025, 10, 26, 0, 55, tzinfo=UTC))
    site.edit(posts[0], datetime(2025, 10, 26, 1, 10, tzinfo=UTC), title="zwei")
    assert titles(reader.collect(datetime(2025, 10, 26, 1, 15, tzinfo=UTC))) == ["zwei"]


def test_a_server_whose_clock_is_ahead_hides_no_edits(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    site.edit(posts[0], at(300), title="aus der Zukunft")
    reader.collect()
    site.edit(posts[1], at(0.1), title="bearbeitet")
    assert titles(reader.collect(at(0.2))) == ["bearbeitet"]


# ---- what goes away


@pytest.mark.parametrize("count", [7, 13])
def test_deleted_and_unpublished_posts_are_withdrawn(site: WordPressServer, reader: Reader, count: int) -> None:
    posts = many(site, count)
    reader.collect()
    site.trash(posts[3])
    posts[5].status = "draft"
    collection = reader.collect(at(0.1))
    assert collection.complete
    assert reader.gone == {posts[3].guid, posts[5].guid}
    assert contents(collection) == []


@pytest.mark.parametrize("count", [7, 13])
def test_a_post_that_gets_a_password_is_withdrawn_and_comes_back_without_it(
    site: WordPressServer, reader: Reader, count: int
) -> None:
    posts = many(site, count)
    reader.collect()
    site.edit(posts[2], at(0.1), password="x")
    reader.collect(at(0.2))
    assert reader.gone == {posts[2].guid}
    site.edit(posts[2], at(0.3), password="")
    assert titles(reader.collect(at(0.4))) == ["Nr. 0003"]


def test_one_deleted_and_one_published_do_not_hide_each_other(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    reader.collect()
    site.trash(posts[0])
    site.publish("neu", at(0.1))
    assert titles(reader.collect(at(0.2))) == ["neu"]
    assert reader.gone == {posts[0].guid}


def test_what_is_restored_comes_back(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    reader.collect()
    site.trash(posts[0])
    reader.collect(at(0.1))
    posts[0].status = "publish"
    assert titles(reader.collect(at(0.2))) == ["Nr. 0001"]


def test_a_large_site_is_listed_whole_once_an_hour_at_most_and_once_a_day_at_least(
    site: WordPressServer, reader: Reader
) -> None:
    posts = many(site, 70)
    draft = site.publish("lag lange", at(-100), modified=at(-90), status="draft")
    reader.collect()
    for minutes, gone in ((20, 0), (40, 0), (65, 2)):
        if minutes < 60:
            site.trash(posts[minutes // 10])
        reader.collect(NOW + timedelta(minutes=minutes))
        assert len(reader.gone) == gone
    # Nothing that the count shows: a swap behind the newest page, seen a day later.
    site.trash(posts[7])
    draft.status = "publish"
    reader.collect(NOW + timedelta(hours=5))
    assert len(reader.gone) == 2
    assert reader.collect(NOW + timedelta(hours=26)).complete
    assert posts[7].guid in reader.gone
    assert draft.guid in reader.hashes


@pytest.mark.parametrize("count", [10, 13])
def test_that_most_posts_are_gone_is_not_believed_at_once(site: WordPressServer, reader: Reader, count: int) -> None:
    posts = many(site, count)
    reader.collect()
    for post in posts[4:]:
        site.trash(post)
    collection = reader.collect(at(0.1))
    assert [problem.code for problem in collection.problems] == ["wordpress-shrunk"]
    assert reader.gone == set()
    assert reader.collect(at(0.2)).problems == ()
    assert len(reader.gone) == count - 4


def test_that_most_posts_were_gone_for_a_moment_changes_nothing(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 40)
    reader.collect()
    for post in posts:
        post.status = "private"
    reader.collect(at(0.1))
    for post in posts:
        post.status = "publish"
    collection = reader.collect(at(0.2))
    assert (reader.gone, contents(collection), collection.problems) == (set(), [], ())


def test_posts_that_come_and_go_while_pages_are_read_are_neither_lost_nor_doubled(
    site: WordPressServer, reader: Reader
) -> None:
    posts = many(site, 33)

    def change(number: int) -> None:
        if number == 2:
            site.trash(posts[31])
        elif number == 3:
            site.publish("mitten darin", at(-0.5))
        elif number == 4:
            site.trash(posts[12])
        elif number == 5:
            site.edit(posts[10], NOW, title="geändert")

    site.switches.before_each = change
    reader.collect()
    site.switches.before_each = None
    reader.collect(at(0.1))
    assert set(reader.hashes) == {post.guid for post in site.posts.values() if post.status == "publish"}


def test_a_page_that_vanishes_while_paging_ends_it(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 21)
    site.switches.before_each = lambda number: site.trash(posts[15]) if number == 3 else None
    collection = reader.collect()
    assert len(collection.sightings) == 20
    assert collection.complete


def test_a_post_that_is_withdrawn_between_listing_and_reading_is_left_out(
    site: WordPressServer, reader: Reader
) -> None:
    posts = many(site, 3)

    def change(number: int) -> None:
        if number == 2:
            site.trash(posts[0])
            posts[1].password = "x"

    site.switches.before_each = change
    assert titles(reader.collect()) == ["Nr. 0003"]


@pytest.mark.parametrize("switch", ["no totals", "hidden"])
def test_where_not_all_can_be_seen_nothing_is_withdrawn_by_mistake(
    site: WordPressServer, reader: Reader, switch: str
) -> None:
    posts = many(site, 13)
    site.switches.total_header = switch != "no totals"
    reader.collect()
    assert len(reader.hashes) == 13
    if switch == "hidden":
        site.switches.hidden = frozenset({10})
        site.trash(posts[10])
    else:
        site.switches.before_each = lambda _: site.trash(next(p for p in posts[::-1] if p.status == "publish"))
    reader.collect(at(1.5))
    hidden = {posts[9].guid} if switch == "hidden" else set()
    assert not reader.gone & {post.guid for post in posts if post.status == "publish"} - hidden


# ---- where the API is


@pytest.mark.parametrize(
    "how", ["header", "element", "guess", "plain", "plain guess", "other prefix", "blocked page", "given"]
)
def test_the_api_is_found(site: WordPressServer, reader: Reader, how: str) -> None:
    site.switches.link_header = how in {"header", "other prefix", "plain"}
    site.switches.link_element = how == "element"
    site.switches.plain_permalinks = how.startswith("plain")
    site.switches.home = 403 if how == "blocked page" else 200
    if how == "other prefix":
        site.switches.prefix = "/api/"
    if how == "given":
        reader.source = replace(reader.source, url=f"{site.url}wp-json/wp/v2/posts")
    site.publish("A", at(-1))
    assert titles(reader.collect()) == ["A"]
    site.requests.clear()
    assert reader.collect().problems == ()
    assert len(site.requests) == 1


def test_an_api_that_moves_is_found_again(site: WordPressServer, reader: Reader) -> None:
    site.publish("A", at(-1))
    reader.collect()
    site.switches.prefix = "/rest/"
    collection = reader.collect()
    assert (collection.problems, contents(collection)) == ((), [])
    assert '"root": "http' in (reader.state.last_modified or "")
    assert "/rest/" in (reader.state.last_modified or "")


@pytest.mark.parametrize("api", ["no route", "login", "refused", "page"])
def test_where_the_api_is_off_the_feed_is_read_and_that_is_told_once(
    site: WordPressServer, reader: Reader, api: str
) -> None:
    site.switches.api = api
    many(site, 30)
    collection = reader.collect()
    assert len(contents(collection)) == 10
    assert not collection.complete
    (problem,) = collection.problems
    assert problem.code == "wordpress-api-off"
    assert 'type "feed"' in problem.mend
    site.requests.clear()
    assert reader.collect(at(0.1)).problems == ()
    assert [asked.path for asked in site.requests] == ["/feed/"]
    assert reader.collect(at(1.2)).problems == ()
    assert len(site.api_requests) == 2


def test_where_neither_api_nor_feed_is_there_both_are_named(site: WordPressServer, reader: Reader) -> None:
    site.switches.api = "no route"
    site.switches.feed = False
    with pytest.raises(SourceError) as caught:
        reader.collect()
    assert "REST API" in str(caught.value)
    assert "/feed/" in str(caught.value)


def test_an_api_that_is_off_for_a_while_costs_nothing(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    reader.collect()
    site.switches.api = "refused"
    site.publish("meanwhile", at(0.01))
    assert titles(reader.collect(at(0.02))) == ["meanwhile"]
    site.trash(posts[0])
    site.switches.api = "on"
    reader.collect(at(0.2))
    collection = reader.collect(at(0.3))
    assert (contents(collection), reader.gone) == ([], {posts[0].guid})


def test_an_api_that_stays_off_leaves_edits_to_the_feed(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 13)
    reader.collect()
    site.switches.api = "refused"
    site.edit(posts[-1], at(0.01), title="bearbeitet")
    assert titles(reader.collect(at(0.02))) == []
    assert "bearbeitet" in titles(reader.collect(at(1.1)))


def test_an_api_that_was_off_from_the_start_brings_no_archive_when_it_is_on(
    site: WordPressServer, reader: Reader
) -> None:
    site.switches.api = "no route"
    many(site, 13)
    reader.collect()
    site.switches.api = "on"
    lost = many(site, 30, last=at(4))
    collection = reader.collect(at(4))
    # Those that the feed had are read anew; of the archive before them nothing comes, and goes to mail.
    assert len(contents(collection)) == 10 + len(lost)
    assert not any(sighting.content is None for sighting in collection.sightings)
    assert contents(reader.collect(at(4.1))) == []


# ---- what goes wrong


def test_being_asked_to_wait_is_kept(site: WordPressServer, reader: Reader) -> None:
    many(site, 13)
    site.switches.limit = 2
    with pytest.raises(SourceUnavailable) as caught:
        reader.collect()
    assert caught.value.retry_after == timedelta(seconds=120)
    assert len(site.api_requests) == 3


def test_php_messages_in_the_answer_are_named_with_the_mend(site: WordPressServer, reader: Reader) -> None:
    site.publish("A", at(-1))
    site.switches.notices = True
    with pytest.raises(InvalidSource) as caught:
        reader.collect()
    assert "WP_DEBUG_DISPLAY" in caught.value.mend


def test_a_post_on_which_the_site_breaks_does_not_cost_the_others(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 15)
    site.switches.breaks_on = frozenset({3, 14})
    collection = reader.collect()
    assert len(contents(collection)) == 13
    assert collection.failed == {posts[2].guid, posts[13].guid}
    assert {problem.code for problem in collection.problems} == {"article-unreadable"}
    site.switches.breaks_on = frozenset()
    assert titles(reader.collect(at(1.1))) == ["Nr. 0003", "Nr. 0014"]


def test_a_site_that_is_too_slow_for_many_posts_is_asked_for_fewer(site: WordPressServer, reader: Reader) -> None:
    many(site, 15)
    site.switches.too_slow_above = 3
    collection = reader.collect()
    assert (len(contents(collection)), collection.problems) == (15, ())


def test_a_site_that_breaks_on_everything_is_left_alone(site: WordPressServer, reader: Reader) -> None:
    many(site, 15)
    site.switches.breaks_on = frozenset(site.posts)
    with pytest.raises(SourceUnavailable):
        reader.collect()
    assert len(site.requests) < 20


def test_hostile_records_cost_nobody_else(site: WordPressServer, reader: Reader) -> None:
    site.publish("gut", at(-1))
    bad = site.publish("", at(-1), "   ")
    odd = site.publish("komisch", at(-1), tags=(site.term("post_tag", "\x00"),))
    site.authors[2] = {"name": ["x"], "url": 7}
    odd.author = 2
    odd.featured_media = 5
    site.media[5] = {"media_type": "image", "source_url": "javascript:alert(1)", "media_details": "x"}
    site.link = lambda post: "" if post is bad else f"{site.url}{post.id}/"  # type: ignore[method-assign]
    collection = reader.collect()
    assert titles(collection) == ["gut", "komisch"]
    assert collection.failed == {bad.guid}


def test_guids_that_several_posts_share_keep_them_apart(site: WordPressServer, reader: Reader) -> None:
    for title in ("A", "B", "C"):
        site.publish(title, at(-1), guid="https://old.example.org/")
    site.publish("D", at(-1), guid="")
    assert len(contents(reader.collect())) == 4
    assert contents(reader.collect()) == []


def test_a_state_of_another_kind_is_not_misread(site: WordPressServer, reader: Reader) -> None:
    many(site, 3)
    for text in ("Wed, 21 Oct 2015 07:28:00 GMT", "[1]", '{"edited": 7}', json.dumps({"unknown": 1})):
        reader.state = SourceState(asked=site.url, last_modified=text)
        reader.collect()
    assert reader.collect().complete


# ---- asking for more


def test_a_backfill_brings_what_was_published_or_edited_since(site: WordPressServer, reader: Reader) -> None:
    posts = many(site, 25, last=at(-9))
    site.edit(posts[0], at(-2), title="bearbeitet")
    collection = reader.source.backfill(past(at(-10)))
    late = [post for post in posts if post.modified > at(-10) - timedelta(hours=2)]
    assert len(contents(collection)) == len(late)
    assert collection.reached
    assert not collection.complete
    assert "bearbeitet" in titles(collection)


def test_a_backfill_says_so_where_the_api_is_off(site: WordPressServer, reader: Reader) -> None:
    site.switches.api = "no route"
    with pytest.raises(SourceUnavailable, match="older articles"):
        reader.source.backfill(past(at(-10)))


# ---- from the feed to the API, in the store


def test_moving_from_the_feed_to_wordpress_doubles_nothing_and_mails_no_archive(
    site: WordPressServer, reader: Reader, tmp_path: Path
) -> None:
    many(site, 40)
    store = open_store(f"sqlite:///{tmp_path}/rundbrief.db", tmp_path, NOW)
    feed = FeedSource("blog", f"{site.url}feed/", reader.source.fetcher, allow_private=True)
    before = SourceRules(name="blog", settle=timedelta(0), backlog=0, host="news.example.org", address=feed.url)
    after = replace(before, address=site.url)
    assert collect(feed, before, store.articles, NOW).new == 10
    # The first poll at the new address fails, and what was known of the old address is forgotten.
    site.switches.limit = 0
    assert collect(reader.source, after, store.articles, at(1)).problems
    site.switches.limit = None
    many(site, 2, last=at(3))
    other = replace(reader.source, fetcher=Fetcher(user_agent="Rundbrief", limits=LIMITS))
    moved = collect(other, after, store.articles, at(3))
    assert (moved.new, moved.retracted, moved.problems) == (2, 0, ())
    assert len(list(store.articles.newest(limit=None))) == 12
    again = collect(other, after, store.articles, at(3.1))
    assert (again.new, again.revised, again.retracted) == (0, 0, 0)
    store.close()


def test_the_first_collection_of_an_archive_obeys_the_backlog(
    site: WordPressServer, reader: Reader, tmp_path: Path
) -> None:
    many(site, 40)
    store = open_store(f"sqlite:///{tmp_path}/rundbrief.db", tmp_path, NOW)
    rules = SourceRules(name="blog", settle=timedelta(0), backlog=3, host="news.example.org", address=site.url)
    assert collect(reader.source, rules, store.articles, NOW).new == 40
    assert store.articles.release(at(1)) == 3
    store.close()
