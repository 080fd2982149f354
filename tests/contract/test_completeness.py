"""What happens when a feed's window scrolls on further than we polled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import Problem
from tests.fakes.feed_server import FeedServer
from tests.fakes.polling import Polling, json_feed, published, rss

ATOM = "<atom:link rel='{}' href='{}'/>"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def polling(tmp_path: Path, server: FeedServer) -> Polling:
    made = Polling(tmp_path / "project")
    made.add("blog", server.document("/f", rss([1, 2, 3])))
    made.run()
    return made


def scroll(server: FeedServer, polling: Polling, body: bytes) -> tuple[Problem, ...]:
    """Show another window; returns what the next run has to say about it."""
    server.document("/f", body)
    polling.later(hours=1)
    return polling.run().problems


def numbers(polling: Polling) -> list[int]:
    return sorted(int(title.removeprefix("Post ")) for title in polling.titles())


def test_a_window_that_overlaps_with_the_one_before_misses_nothing(server: FeedServer, polling: Polling) -> None:
    assert scroll(server, polling, rss([3, 4, 5])) == ()
    assert not polling.standing("blog").gaps


def test_a_window_without_anything_known_is_a_gap_with_its_bounds(server: FeedServer, polling: Polling) -> None:
    (problem,) = scroll(server, polling, rss([7, 8, 9]))
    assert (problem.code, problem.where) == ("articles-may-be-missing", "source blog")
    assert "between 2025-05-04 00:00 and 2025-05-08 00:00 UTC" in problem.what
    assert problem.mend
    (gap,) = polling.standing("blog").open_gaps
    assert (gap.since, gap.upto, gap.found) == (published(3), published(7), polling.now)
    assert numbers(polling) == [1, 2, 3, 7, 8, 9]
    assert len(server.requests) == 2, "where nothing can be asked, nothing is asked"


def test_a_gap_is_reported_once(server: FeedServer, polling: Polling) -> None:
    scroll(server, polling, rss([7, 8, 9]))
    assert scroll(server, polling, rss([7, 8, 9])) == ()
    assert scroll(server, polling, rss([9, 10, 11])) == ()
    assert len(polling.standing("blog").gaps) == 1


def test_the_first_window_of_all_is_no_gap(server: FeedServer, polling: Polling) -> None:
    polling.add("other", server.document("/other", rss([40, 41], guid="o-{}", link="https://o.example.org/{}")))
    assert polling.run().problems == ()


def test_ids_that_change_with_each_build_are_no_gap(server: FeedServer, polling: Polling) -> None:
    assert scroll(server, polling, rss([1, 2, 3], guid="build-2-{}")) == ()
    assert numbers(polling) == [1, 2, 3]


def test_an_edit_of_all_that_is_shown_is_no_gap(server: FeedServer, polling: Polling) -> None:
    assert scroll(server, polling, rss([1, 2, 3]).replace(b"Words of", b"Better words of")) == ()


def test_a_feed_that_is_empty_for_a_while_is_no_gap(server: FeedServer, polling: Polling) -> None:
    assert scroll(server, polling, rss([])) == ()


def test_another_address_in_the_configuration_is_no_gap(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.document("/new", rss([30, 31, 32], guid="n-{}", link="https://n.example.org/{}")))
    assert polling.run().problems == ()


def test_a_feed_that_only_ever_shows_one_article_gives_no_alarm(server: FeedServer, polling: Polling) -> None:
    url = server.document("/latest", rss([1], guid="l-{}", link="https://l.example.org/{}"))
    polling.add("latest", url)
    polling.run()
    server.document("/latest", rss([2], guid="l-{}", link="https://l.example.org/{}"))
    assert polling.run().problems == ()


@pytest.mark.parametrize("rel", ["prev-archive", "next"])
def test_archives_and_pages_are_read_back_to_what_is_known(server: FeedServer, polling: Polling, rel: str) -> None:
    server.document("/page-2", rss([6, 5], links=ATOM.format(rel, "page-3")))
    server.document("/page-3", rss([4, 3], links=ATOM.format(rel, "page-4")))
    server.document("/page-4", rss([2, 1]))
    assert scroll(server, polling, rss([9, 8, 7], links=ATOM.format(rel, "/page-2"))) == ()
    assert numbers(polling) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert not polling.standing("blog").gaps
    assert [request.path for request in server.requests[1:]] == ["/f", "/page-2", "/page-3"]
    assert polling.standing("blog").requests == 4


def test_next_url_of_json_feed_is_followed(server: FeedServer, polling: Polling) -> None:
    server.document("/page-2", json_feed([6, 5, 4, 3, 2]), "application/feed+json")
    server.document("/f", json_feed([9, 8, 7], server.url("/page-2")), "application/feed+json")
    assert polling.run().problems == ()
    assert numbers(polling) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_no_page_is_read_while_nothing_is_missing(server: FeedServer, polling: Polling) -> None:
    assert scroll(server, polling, rss([5, 4, 3], links=ATOM.format("next", "/page-2"))) == ()
    assert server.asked("/page-2") == []


def test_archives_that_end_before_what_is_known_are_not_whole(server: FeedServer, polling: Polling) -> None:
    server.document("/page-2", rss([6, 5]))
    (problem,) = scroll(server, polling, rss([9, 8, 7], links=ATOM.format("next", "/page-2")))
    assert "don't reach back far enough" in problem.what
    assert numbers(polling) == [1, 2, 3, 5, 6, 7, 8, 9]


def test_pages_that_lead_in_a_circle_end_in_a_gap(server: FeedServer, polling: Polling) -> None:
    server.document("/page-2", rss([6, 5], links=ATOM.format("next", "/page-2")))
    (problem,) = scroll(server, polling, rss([9, 8, 7], links=ATOM.format("next", "/page-2")))
    assert "between 2025-05-04 00:00 and 2025-05-06 00:00 UTC" in problem.what
    assert numbers(polling) == [1, 2, 3, 5, 6, 7, 8, 9]
    assert len(server.asked("/page-2")) == 1


def test_an_archive_that_fails_is_asked_again_and_then_closes_the_gap(server: FeedServer, polling: Polling) -> None:
    link = ATOM.format("next", "/page-2")
    server.status("/page-2", 500)
    (problem,) = scroll(server, polling, rss([9, 8, 7], links=link))
    assert "asking for older ones failed (the server answers 500" in problem.what
    assert scroll(server, polling, rss([10, 9, 8, 7], links=link)) == (), "it was said"
    server.document("/page-2", rss([6, 5], links=ATOM.format("next", "/page-3")))
    server.document("/page-3", rss([4, 3, 2]))
    assert scroll(server, polling, rss([11, 10, 9, 8], links=link)) == ()
    assert numbers(polling) == list(range(1, 12))
    standing = polling.standing("blog")
    assert standing.open_gaps == []
    assert [gap.closed for gap in standing.gaps] == [polling.now]
    requests = len(server.requests)
    scroll(server, polling, rss([12, 11, 10, 9], links=link))
    assert len(server.requests) == requests + 1


def test_what_was_fetched_late_reaches_mail_as_what_came_in_time_does(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.url("/f"), 'settle = "0 minutes"')
    server.document("/page-2", rss([6, 5, 4, 3]))
    scroll(server, polling, rss([9, 8, 7], links=ATOM.format("next", "/page-2")))
    app = polling._open()
    released = [article.release for article in app.store.articles.newest(limit=None)]
    app.close()
    assert None not in released


def test_a_window_is_measured_against_the_rate_of_its_source(server: FeedServer, polling: Polling) -> None:
    polling.now = published(4)
    standing = polling.standing("blog")
    assert standing.window == 3
    assert standing.per_day == pytest.approx(1)
    assert standing.window_days == pytest.approx(3)
    polling.later(days=60)
    assert polling.standing("blog").window_days is None
