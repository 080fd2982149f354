"""How sources are polled, held by a server that counts."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import brotli
import pytest
from backports import zstd

from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.errors import InvalidSource
from tests.fakes.feed_server import FeedServer
from tests.fakes.polling import NOON, Polling, rss

BODY = rss([1, 2, 3])


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def neighbour() -> Iterator[FeedServer]:
    with FeedServer(host="127.0.0.2") as running:
        yield running


@pytest.fixture
def polling(tmp_path: Path) -> Polling:
    return Polling(tmp_path / "project")


def test_a_poll_is_one_request_and_the_next_one_is_conditional(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.document("/f", BODY, etag='"v1"', last_modified="Sun, 01 Jun 2025 10:00:00 GMT"))
    assert polling.run().collected.new == 3
    assert len(server.requests) == 1
    again = polling.run()
    assert (again.collected.new, again.collected.revised, again.problems, again.notes) == (0, 0, (), ())
    assert len(server.requests) == 2
    assert server.requests[1].headers["If-None-Match"] == '"v1"'
    standing = polling.standing("blog")
    assert (standing.polls, standing.unmodified, standing.requests, standing.received) == (2, 1, 2, len(BODY))
    assert standing.status == 304


def test_a_fresh_answer_is_not_asked_for_again(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.document("/f", BODY, etag='"v1"', headers={"Cache-Control": "max-age=3600"}))
    polling.run()
    polling.later(minutes=59)
    report = polling.run()
    assert (report.problems, report.notes) == ((), ()), "a source that can't have anything new is no news"
    assert len(server.requests) == 1
    assert polling.standing("blog").poll.next == NOON + timedelta(hours=1)
    polling.later(minutes=1)
    polling.run()
    assert len(server.requests) == 2
    polling.later(minutes=30)
    polling.run()
    assert len(server.requests) == 2, "the 304 was fresh for an hour as well"
    polling.collect("blog")
    assert len(server.requests) == 3, "who names a source wants it asked"


def test_a_year_of_freshness_is_a_day(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.document("/f", BODY, headers={"Cache-Control": "public, max-age=31536000, immutable"}))
    polling.run()
    polling.later(days=1)
    polling.run()
    assert len(server.requests) == 2


def test_expires_counts_by_the_clock_of_the_server(server: FeedServer, polling: Polling) -> None:
    # The server's Date is the real time of day, years from what the test's clock shows.
    expires = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    polling.add("blog", server.document("/f", BODY, headers={"Expires": expires}))
    polling.run()
    polling.later(minutes=110)
    polling.run()
    assert len(server.requests) == 1
    polling.later(minutes=15)
    polling.run()
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_for_the_whole_host_and_for_no_other(
    server: FeedServer, neighbour: FeedServer, polling: Polling, status: int
) -> None:
    polling.add("busy", server.status("/busy", status, {"Retry-After": "7200"}))
    first = polling.run()
    assert [problem.where for problem in first.problems] == ["source busy (" + server.url("/busy") + ")"]
    polling.add("beside", server.document("/f", BODY))
    polling.add("elsewhere", neighbour.document("/f", BODY))
    polling.later(minutes=119)
    report = polling.run()
    assert report.problems == ()
    assert sorted(note.where for note in report.notes) == ["source beside", "source busy"]
    assert all("asked to be left alone until 2025-06-01 14:00 UTC" in note.what for note in report.notes)
    assert (len(server.requests), len(neighbour.requests)) == (1, 1)
    waiting = {one["name"]: (one["state"], one["not_yet"]) for one in polling.listed()}
    assert waiting == {"busy": ("waiting", True), "beside": ("waiting", True), "elsewhere": ("ok", False)}
    polling.later(minutes=1)
    server.document("/busy", rss([4]))
    polling.run()
    assert (len(server.asked("/busy")), len(server.asked("/f"))) == (2, 1)


def test_within_a_run_a_host_that_says_later_is_not_asked_for_its_other_feeds(
    server: FeedServer, neighbour: FeedServer, polling: Polling
) -> None:
    later = {"Retry-After": "600"}
    for number in range(20):
        polling.add(f"busy-{number}", server.status(f"/{number}", 429, later))
    polling.add("elsewhere", neighbour.document("/f", BODY))
    report = polling.run()
    assert report.collected.new == 3
    assert len(server.requests) <= 2, "no more than were under way when the first answer came"
    assert len(report.problems) + len(report.notes) == 20
    waiting = [polling.standing(f"busy-{number}") for number in range(20)]
    assert all(standing.poll.next == NOON + timedelta(minutes=10) for standing in waiting)
    assert sum(standing.failures for standing in waiting) == len(server.requests), "waiting is no failure"


def test_a_redirect_chain_counts_its_requests(server: FeedServer, polling: Polling) -> None:
    server.document("/f", BODY)
    polling.add("blog", server.redirect("/old", "/f", 301))
    polling.run()
    standing = polling.standing("blog")
    assert (standing.requests, standing.moved_to) == (2, server.url("/f"))
    polling.run()
    assert [request.path for request in server.requests] == ["/old", "/f", "/f"]


def test_at_most_two_requests_at_once_to_a_host_while_others_go_on(
    server: FeedServer, neighbour: FeedServer, polling: Polling
) -> None:
    for number in range(8):
        polling.add(f"a-{number}", server.slow(f"/{number}", rss([number]), 0.05))
        polling.add(f"b-{number}", neighbour.slow(f"/{number}", rss([100 + number]), 0.05))
    started = time.monotonic()
    assert polling.run().problems == ()
    assert (server.busiest, neighbour.busiest) == (2, 2)
    assert len(server.requests) == len(neighbour.requests) == 8
    assert time.monotonic() - started < 5


def test_a_source_that_has_ended_is_reported_once_and_asked_no_more(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.status("/f", 410))
    (problem,) = polling.run().problems
    assert problem.code == "source-gone"
    for _ in range(3):
        polling.later(days=40)
        report = polling.run()
        assert report.problems == ()
        assert "has ended (410)" in report.notes[0].what
        assert "rundbrief collect blog" in report.notes[0].mend
    assert len(server.requests) == 1
    assert polling.standing("blog").poll.ended == NOON
    server.document("/f", BODY)
    assert polling.collect("blog").collected.new == 3
    assert polling.standing("blog").poll.ended is None
    polling.run()
    assert len(server.requests) == 3


def test_an_ended_source_with_a_new_address_is_asked_there(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.status("/f", 410))
    polling.run()
    polling.add("blog", server.document("/new", BODY))
    assert polling.run().collected.new == 3


def test_a_source_that_fails_is_asked_more_and_more_seldom_and_never_no_more(
    server: FeedServer, polling: Polling
) -> None:
    polling.add("blog", server.status("/f", 500))
    asked = []
    for slot in range(4 * 24 * 6):
        before = len(server.requests)
        polling.run()
        if len(server.requests) > before:
            asked.append(slot)
        polling.later(minutes=15)
        if len(asked) == 6:
            break
    waits = [after - before for before, after in pairwise(asked)]
    assert waits[0] == 1, "one failure is nothing to wait for"
    assert waits == sorted(waits)
    assert waits[-1] >= 12
    report = polling.run()
    assert "failed 6 times in a row" in report.notes[0].what
    polling.later(days=1)
    server.document("/f", BODY)
    assert polling.run().collected.new == 3
    standing = polling.standing("blog")
    assert (standing.failures, standing.failing_since, standing.error, standing.poll.next) == (0, None, None, None)


def test_a_failure_keeps_what_was_learnt_before(server: FeedServer, polling: Polling) -> None:
    polling.add("blog", server.document("/f", BODY, etag='"v1"'))
    polling.run()
    server.status("/f", 502)
    polling.run()
    server.document("/f", BODY, etag='"v1"')
    polling.run()
    assert server.requests[2].headers["If-None-Match"] == '"v1"'
    assert polling.standing("blog").unmodified == 1


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_answers_may_come_compressed(server: FeedServer, polling: Polling, coding: str) -> None:
    packed = brotli.compress(BODY) if coding == "br" else zstd.compress(BODY)
    polling.add("blog", server.document("/f", packed, headers={"Content-Encoding": coding}))
    assert polling.run().collected.new == 3
    assert coding in server.requests[0].headers["Accept-Encoding"]
    assert polling.standing("blog").received == len(packed)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "deflate"])
def test_what_is_inflated_is_bounded(server: FeedServer, coding: str) -> None:
    packed = {
        "br": lambda: brotli.compress(bytes(50_000_000), quality=1),
        "zstd": lambda: zstd.compress(bytes(50_000_000)),
        "gzip": lambda: zlib.compress(bytes(50_000_000), wbits=31),
        "deflate": lambda: zlib.compress(bytes(50_000_000)),
    }[coding]()
    url = server.document("/f", packed, headers={"Content-Encoding": coding})
    fetcher = Fetcher(user_agent="Rundbrief/0.0", limits=FetchLimits(max_bytes=1_000_000))
    with pytest.raises(InvalidSource, match="longer than 1,000,000 bytes"):
        fetcher.get(url, allow_private=True, now=NOON)
    fetcher.close()


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_compression_that_is_broken_is_a_named_error(server: FeedServer, polling: Polling, coding: str) -> None:
    polling.add("blog", server.document("/f", b"this is not compressed", headers={"Content-Encoding": coding}))
    (problem,) = polling.run().problems
    assert "decompressed" in problem.what


def test_waiting_for_a_turn_does_not_count_as_the_slowness_of_the_server(server: FeedServer, polling: Polling) -> None:
    for number in range(8):
        url = server.slow(f"/{number}", rss([number]), 0.4)
        polling.add(f"blog-{number}", url, 'timeout = "1 second"')
    assert polling.run().problems == ()


def test_what_is_listed_of_a_source_is_what_it_does(server: FeedServer, polling: Polling) -> None:
    polling.add("new", server.url("/never"))
    (new,) = polling.listed()
    assert (new["state"], new["polls"], new["next_poll"], new["not_yet"]) == ("new", 0, NOON, False)
    polling.add("fresh", server.document("/fresh", BODY, headers={"Cache-Control": "max-age=3600"}))
    server.document("/f", rss([11, 12], guid="m-{}", link="https://m.example.org/{}"), etag='"v1"')
    polling.add("moved", server.redirect("/old", "/f", 308))
    polling.add("gone", server.status("/gone", 410))
    for _ in range(4):
        polling.run()
        polling.later(minutes=10)
    one = {each["name"]: each for each in polling.listed()}
    assert (one["fresh"]["state"], one["fresh"]["not_yet"], one["fresh"]["polls"]) == ("ok", True, 1)
    assert one["fresh"]["next_poll"] == NOON + timedelta(hours=1)
    assert (one["moved"]["state"], one["moved"]["moved_to"]) == ("ok", server.url("/f"))
    assert (one["moved"]["unmodified_share"], one["moved"]["articles"], one["moved"]["window"]) == (0.75, 2, 2)
    assert (one["gone"]["state"], one["gone"]["next_poll"], one["gone"]["last_status"]) == ("ended", None, 410)
    assert (one["new"]["state"], one["new"]["state_since"], one["new"]["last_status"]) == ("failing", NOON, 404)
    assert one["new"]["next_poll"] > polling.now
