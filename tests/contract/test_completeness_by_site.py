"""What a feed's window no longer shows is fetched from the site around it: WordPress' API, sitemaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.collect.sources.feed_site import part_of_site
from pipeline.errors import Problem
from tests.fakes.polling import NOON, Polling, published, rss
from tests.fakes.site_server import SiteServer, article
from tests.fakes.wordpress_server import WordPressServer


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with SiteServer() as running:
        yield running


@pytest.fixture
def polling(tmp_path: Path, site: SiteServer) -> Polling:
    made = Polling(tmp_path / "project")
    made.add("blog", show(site, [1, 2, 3]))
    made.run()
    return made


def show(site: SiteServer, items: Iterable[int], path: str = "/feed.xml", link: str = "/posts/{}") -> str:
    return site.document(path, rss(items, link=site.url(link).replace("%7B%7D", "{}"), guid="post-{}"))


def scroll(site: SiteServer, polling: Polling, items: Iterable[int]) -> tuple[Problem, ...]:
    show(site, items)
    polling.later(hours=1)
    return polling.run().problems


def page(site: SiteServer, number: int, when: datetime | None = None) -> None:
    moment = when or published(number)
    head = f'<meta property="article:published_time" content="{moment.isoformat()}">'
    words = f"<p>Words of number {number}, and some more of them.</p>"
    site.page(f"/posts/{number}", article(f"Post {number}", head, words))


def map_of(
    site: SiteServer, numbers: Iterable[int], lastmod: datetime | None = None, more: Mapping[str, str] | None = None
) -> None:
    """A sitemap of these posts, each with the page that it names."""
    entries = dict(more or {})
    for number in numbers:
        page(site, number)
        entries[f"/posts/{number}"] = (lastmod or published(number)).isoformat()
    site.sitemap("/sitemap.xml", entries)


def numbers(polling: Polling) -> list[int]:
    return sorted(int(title.removeprefix("Post ")) for title in polling.titles())


# ---- sitemaps


def test_what_a_sitemap_names_fills_the_gap(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10))
    assert scroll(site, polling, [9, 8, 7]) == ()
    assert numbers(polling) == list(range(1, 10))
    assert not polling.standing("blog").gaps
    asked = [request.path for request in site.requests[1:]]
    assert asked == ["/feed.xml", "/robots.txt", "/sitemap.xml", "/posts/6", "/posts/5", "/posts/4"]
    assert polling.standing("blog").requests == 7, "what it cost is counted"


def test_the_articles_that_it_found_go_to_mail_like_all_others(site: SiteServer, polling: Polling) -> None:
    polling.add("blog", site.url("/feed.xml"), 'settle = "0 minutes"')
    map_of(site, range(1, 10))
    scroll(site, polling, [9, 8, 7])
    app = polling._open()
    articles = list(app.store.articles.newest(limit=None))
    app.close()
    assert None not in [article.release for article in articles]
    found = next(article for article in articles if article.content.title == "Post 5")
    assert found.content.url == site.url("/posts/5")
    assert found.content.published == published(5)


def test_robots_txt_names_the_sitemap_and_what_may_be_read(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10))
    site.robots(f"User-agent: *\nDisallow: /posts/5\nSitemap: {site.url('/maps/all.xml')}\n")
    site.sitemap("/maps/all.xml", {f"/posts/{n}": published(n).isoformat() for n in range(1, 10)})
    (problem,) = scroll(site, polling, [9, 8, 7])
    assert problem.code == "articles-may-be-missing"
    assert site.asked("/posts/5") == []
    assert site.asked("/sitemap.xml") == []
    assert numbers(polling) == [1, 2, 3, 4, 6, 7, 8, 9]


def test_old_articles_that_were_edited_are_not_taken_for_new_ones(site: SiteServer, polling: Polling) -> None:
    page(site, 90, published(-300))
    map_of(site, range(1, 10), more={"/posts/90": published(8).isoformat(), "/posts/2": published(8).isoformat()})
    assert scroll(site, polling, [9, 8, 7]) == ()
    assert numbers(polling) == list(range(1, 10))


def test_no_article_that_is_known_becomes_that_of_its_page(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10), lastmod=published(9))
    assert scroll(site, polling, [9, 8, 7]) == ()
    assert site.asked("/posts/3") == []
    assert numbers(polling) == list(range(1, 10))


@pytest.mark.parametrize("lastmod", ["", "now"])
def test_a_sitemap_that_does_not_say_what_is_new_is_a_gap(site: SiteServer, polling: Polling, lastmod: str) -> None:
    when = (NOON + timedelta(minutes=59)).isoformat() if lastmod else ""
    for number in range(1, 15):
        page(site, number)
    site.sitemap("/sitemap.xml", {f"/posts/{n}": when for n in range(1, 15)})
    (problem,) = scroll(site, polling, [9, 8, 7])
    assert "it can't be asked for older ones" in problem.what
    assert not any(request.path.startswith("/posts") for request in site.requests)


def test_a_page_without_a_date_is_left_out_and_the_gap_stays(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10))
    site.page("/posts/5", article("Post 5"))
    (problem,) = scroll(site, polling, [9, 8, 7])
    assert problem.code == "articles-may-be-missing"
    assert numbers(polling) == [1, 2, 3, 4, 6, 7, 8, 9]


def test_where_there_is_no_sitemap_the_gap_is_reported(site: SiteServer, polling: Polling) -> None:
    (problem,) = scroll(site, polling, [9, 8, 7])
    assert "it can't be asked for older ones" in problem.what
    assert len(polling.standing("blog").open_gaps) == 1
    requests = len(site.requests)
    scroll(site, polling, [10, 9, 8])
    assert len(site.requests) == requests + 1, "asked once, not with each article"


def test_a_sitemap_that_fails_is_asked_again(site: SiteServer, polling: Polling) -> None:
    site.status("/sitemap.xml", 500)
    (problem,) = scroll(site, polling, [9, 8, 7])
    assert "asking for older ones failed" in problem.what
    map_of(site, range(1, 11))
    assert scroll(site, polling, [10, 9, 8]) == ()
    assert polling.standing("blog").open_gaps == []
    assert numbers(polling) == list(range(1, 11))


def test_more_pages_than_one_collection_fetches_come_with_the_next(site: SiteServer, polling: Polling) -> None:
    polling.now = published(80)
    map_of(site, range(1, 76))
    (problem,) = scroll(site, polling, [75, 74, 73])
    assert "the rest comes with the next new article" in problem.what
    assert len(numbers(polling)) == 56
    page(site, 76)
    assert scroll(site, polling, [76, 75, 74]) == ()
    assert numbers(polling) == list(range(1, 77))
    assert polling.standing("blog").open_gaps == []


def test_archives_come_first_and_the_sitemap_fills_what_they_lack(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10))
    link = f"<atom:link rel='next' href='{site.url('/page-2')}'/>"
    show(site, [6, 5], "/page-2")
    site.document("/feed.xml", rss([9, 8, 7], link=site.url("/posts/{}"), links=link))
    polling.later(hours=1)
    assert polling.run().problems == ()
    assert numbers(polling) == list(range(1, 10))
    assert [request.path for request in site.requests][-1] == "/posts/4"


def test_a_page_of_another_host_is_not_fetched(site: SiteServer, polling: Polling) -> None:
    map_of(site, range(1, 10))
    there = "http://elsewhere.example.org/posts/7"
    lastmod = published(8).isoformat()
    site.sitemap(
        "/sitemap.xml",
        {f"/posts/{n}": published(n).isoformat() for n in range(1, 10)},
        more=f"<url><loc>{there}</loc><lastmod>{lastmod}</lastmod></url>",
    )
    assert scroll(site, polling, [9, 8, 7]) == ()
    assert numbers(polling) == list(range(1, 10))


@pytest.mark.parametrize(
    ("feed", "links", "part"),
    [
        ("https://a.example/feed/", ["https://a.example/2025/05/x", "https://a.example/2025/06/y"], "/"),
        ("https://a.example/?feed=rss2", ["https://a.example/?p=1"], "/"),
        ("https://a.example/rss.xml", ["https://a.example/news/a", "https://a.example/news/b"], "/news/"),
        ("https://a.example/blog/feed.xml", ["https://a.example/blog/x/y", "https://a.example/blog/z"], "/blog/"),
        ("https://a.example/blog/feed.xml", ["https://a.example/2025/x"], None),
        ("https://a.example/category/wind/feed/", ["https://a.example/2025/x"], None),
        ("https://a.example/comments/feed/", ["https://a.example/2025/x"], None),
        ("https://a.example/?feed=comments-rss2", ["https://a.example/2025/x"], None),
        ("https://a.example/feed/?cat=3", ["https://a.example/x"], None),
        ("https://a.example/rss/politik.xml", ["https://a.example/x/1", "https://a.example/y/2"], None),
    ],
)
def test_a_feed_of_a_selection_is_not_filled_up_from_the_whole_site(
    feed: str, links: list[str], part: str | None
) -> None:
    assert part_of_site(feed, links) == part


def test_teasers_are_made_whole_and_pages_are_not_asked_for_twice(site: SiteServer, tmp_path: Path) -> None:
    polling = Polling(tmp_path / "whole")
    map_of(site, range(1, 10))
    polling.add("blog", show(site, [1, 2, 3]), "full_text = true")
    polling.run()
    link = f"<atom:link rel='prev-archive' href='{site.url('/page-2')}'/>"
    show(site, [6, 5], "/page-2")
    site.document("/feed.xml", rss([9, 8, 7], link=site.url("/posts/{}"), links=link))
    polling.later(hours=1)
    assert polling.run().problems == ()
    app = polling._open()
    texts = {found.content.title: found.content.html for found in app.store.articles.newest(limit=None)}
    app.close()
    assert len(texts) == 9
    assert all(text.count("<p>") == 5 for text in texts.values())
    assert all(len(site.asked(f"/posts/{number}")) == 1 for number in range(1, 10))


def test_a_news_sitemap_is_a_window_and_the_others_fill_its_gap(site: SiteServer, tmp_path: Path) -> None:
    polling = Polling(tmp_path / "news")

    def news(shown: Iterable[int]) -> None:
        entries = "".join(
            f"<url><loc>{site.url(f'/posts/{n}')}</loc><news:news>"
            f"<news:publication_date>{published(n).isoformat()}</news:publication_date>"
            f"<news:title>Post {n}</news:title></news:news></url>"
            for n in shown
        )
        site.sitemap("/news.xml", [], more=entries)

    for number in range(1, 10):
        page(site, number)
    news([1, 2, 3])
    polling.add("blog", site.url("/news.xml"), kind="sitemap")
    assert polling.run().problems == ()
    news([3, 4])
    polling.later(hours=1)
    assert polling.run().collected.retracted == 0, "what is older than two days was not withdrawn"
    map_of(site, range(1, 10))
    news([9, 8])
    polling.later(hours=1)
    assert polling.run().problems == ()
    assert numbers(polling) == list(range(1, 10))


# ---- WordPress


@pytest.mark.parametrize("kind", ["feed", "wordpress"])
@pytest.mark.parametrize("signs", ["header", "generator"])
def test_no_article_of_a_wordpress_site_is_lost(tmp_path: Path, kind: str, signs: str) -> None:
    with WordPressServer() as blog:
        blog.switches.link_header = signs == "header"
        polling = Polling(tmp_path / "project")
        polling.add("blog", blog.url + ("feed/" if kind == "feed" else ""), kind=kind)
        for number in range(1, 6):
            blog.publish(f"Post {number}", published(number))
        polling.run()
        for number in range(6, 41):
            blog.publish(f"Post {number}", published(number))
        polling.now = published(50)
        assert polling.run().problems == ()
        assert numbers(polling) == list(range(1, 41))
        assert not polling.standing("blog").gaps
        polling.later(hours=1)
        report = polling.run()
        assert (report.collected.new, report.collected.revised, report.problems) == (0, 0, ())


def test_a_feed_of_wordpress_whose_api_is_off_is_a_gap(tmp_path: Path) -> None:
    with WordPressServer() as blog:
        polling = Polling(tmp_path / "project")
        polling.add("blog", f"{blog.url}feed/")
        blog.publish("Post 1", published(1))
        blog.publish("Post 2", published(2))
        polling.run()
        blog.switches.api = "refused"
        for number in range(3, 30):
            blog.publish(f"Post {number}", published(number))
        polling.now = published(40)
        (problem,) = polling.run().problems
        assert problem.code == "articles-may-be-missing"
        assert "it can't be asked for older ones" in problem.what
