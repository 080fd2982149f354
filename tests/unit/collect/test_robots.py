from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.robots import LONGEST_DELAY, Kept, Robots
from tests.fakes.site_server import SiteServer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with SiteServer() as running:
        yield running


def robots(kept: Kept | None = None, now: datetime = NOW) -> Robots:
    fetcher = Fetcher(user_agent="Rundbrief/0 (+https://news.example.org)", limits=FetchLimits(total_seconds=2))
    return Robots(fetcher, now, allow_private=True, kept=kept or {})


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /privat", "/privat/x", False),
        ("User-agent: *\nDisallow: /privat", "/offen", True),
        ("User-agent: *\nDisallow: /\nAllow: /offen/", "/offen/x", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*/druck/", "/a/druck/1", False),
        ("User-agent: rundbrief\nDisallow: /\n\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Rundbrief\nAllow: /", "/x", True),
        ("User-agent: AndererBot\nDisallow: /", "/x", True),
        ("User-agent: *\nDisallow: /%C3%BCber", "/über", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("", "/x", True),
        ("<!DOCTYPE html><html>Disallow: /</html>", "/x", True),
        ("\ufeffUser-agent: *\r\nDisallow: /x\r\n", "/x", False),
    ],
)
def test_rules_are_those_of_rfc_9309(site: SiteServer, rules: str, path: str, *, allowed: bool) -> None:
    site.robots(rules)
    assert robots().allow(site.url(path)) is allowed


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(404, True), (403, True), (401, True), (410, True), (429, False), (500, False), (503, False)],
)
def test_what_is_not_there_allows_everything_and_what_fails_nothing_for_now(
    site: SiteServer, status: int, *, allowed: bool
) -> None:
    site.status("/robots.txt", status)
    asked = robots()
    assert asked.allow(site.url("/x")) is allowed
    assert (asked.failure(site.url("/x")) is None) is allowed


def test_no_answer_allows_nothing_for_now(site: SiteServer) -> None:
    with SiteServer() as gone:
        address = gone.url("/x")
    asked = robots()
    assert not asked.allow(address)
    assert asked.to_keep() == {}


def test_a_host_is_asked_once_in_a_collection_and_once_a_day(site: SiteServer) -> None:
    site.robots("User-agent: *\nDisallow: /x")
    asked = robots()
    assert [asked.allow(site.url(path)) for path in ("/x", "/y", "/x/z")] == [False, True, False]
    assert asked.requests == 1
    later = robots(asked.to_keep(), NOW + timedelta(hours=23))
    assert not later.allow(site.url("/x"))
    assert site.counted("/robots.txt") == 1
    next_day = robots(later.to_keep(), NOW + timedelta(hours=25))
    assert not next_day.allow(site.url("/x"))
    assert site.counted("/robots.txt") == 2


def test_redirects_of_robots_txt_are_followed(site: SiteServer) -> None:
    site.redirect("/robots.txt", "/andere.txt", 301)
    site.document("/andere.txt", b"User-agent: *\nDisallow: /", "text/plain")
    assert not robots().allow(site.url("/x"))


@pytest.mark.parametrize(
    ("written", "delay"),
    [
        ("3", timedelta(seconds=3)),
        ("0.5", timedelta(seconds=0.5)),
        ("3600", LONGEST_DELAY),
        ("1e300", LONGEST_DELAY),
        ("-1", timedelta()),
        ("x", timedelta()),
        ("nan", timedelta()),
    ],
)
def test_crawl_delay_is_kept_within_reason(site: SiteServer, written: str, delay: timedelta) -> None:
    site.robots(f"User-agent: *\nCrawl-delay: {written}")
    assert robots().delay(site.url("/x")) == delay


def test_sitemaps_are_named(site: SiteServer) -> None:
    site.robots("Sitemap: /a.xml\nUser-agent: *\nDisallow: /x\nsitemap: https://b.example/b.xml\nSitemap: /a.xml")
    assert robots().sitemaps(site.url("/x")) == ("/a.xml", "https://b.example/b.xml")


def test_only_the_first_500_kib_count_and_hostile_rules_cost_no_time(site: SiteServer) -> None:
    site.robots("User-agent: *\nDisallow: /" + "*a" * 5_000 + "b\n" + "# x\n" * 200_000 + "Disallow: /x\n")
    asked = robots()
    assert asked.allow(site.url("/x"))
    assert asked.allow(site.url("/" + "a" * 8_000))
    assert asked.to_keep() == {}
