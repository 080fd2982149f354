"""From the configuration of a source to its adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import __version__, config
from pipeline.cadence import next_slot
from pipeline.collect.addresses import Network
from pipeline.collect.collect import SourceRules
from pipeline.collect.source import Source

if TYPE_CHECKING:
    from pipeline.collect.discover import Discovery
    from pipeline.collect.fetch import Fetcher, Response
    from pipeline.collect.source import Backfill
    from pipeline.collect.sources.feed import FeedSource
    from pipeline.collect.sources.feed_entry import RawFeed
    from pipeline.collect.sources.feed_site import FeedSite
    from pipeline.collect.sources.old_feed import OldFeed

_ANY_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def make_source(settings: config.Config, source: config.Source, fetcher: Callable[[], Fetcher]) -> Source:
    """The adapter of a source.  ``fetcher`` gives the one that all share, where one is needed."""
    match source:
        case config.DirectorySource():
            from pipeline.collect.sources.directory import DirectorySource  # noqa: PLC0415  (parsers load slowly)

            return DirectorySource(
                source.name,
                source.path,
                topics=source.topics,
                language=source.language,
                base_url=source.base_url,
                timezone=settings.site.timezone,
                max_bytes=source.max_bytes,
            )
        case config.FeedSource():
            from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
            from pipeline.collect.sources.feed import FeedSource  # noqa: PLC0415

            limits = FetchLimits(max_bytes=source.max_bytes, total_seconds=source.timeout.total_seconds())
            feed = FeedSource(
                source.name,
                source.url,
                fetcher().within(limits),
                topics=source.topics,
                language=source.language,
                allow_private=source.allow_private,
                timezone=settings.site.timezone,
                beyond=partial(_ways_beyond, settings, source, fetcher()),
            )
            return _whole(settings, source, feed, fetcher()) if source.full_text else feed
        case config.WordPressSource():
            from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
            from pipeline.collect.sources.wordpress import WordPressSource  # noqa: PLC0415

            limits = FetchLimits(max_bytes=source.max_bytes, total_seconds=source.timeout.total_seconds())
            return WordPressSource(
                source.name,
                source.url,
                fetcher().within(limits),
                topics=source.topics,
                language=source.language,
                allow_private=source.allow_private,
            )
        case config.SitemapSource():
            from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
            from pipeline.collect.sources.sitemap import SitemapSource  # noqa: PLC0415

            seconds = source.timeout.total_seconds()
            return SitemapSource(
                name=source.name,
                url=source.url,
                sitemaps=fetcher().within(FetchLimits(total_seconds=seconds)),
                pages=fetcher().within(FetchLimits(max_bytes=source.max_bytes, total_seconds=seconds)),
                include=source.include,
                exclude=source.exclude,
                limit=source.limit,
                max_pages=source.max_pages,
                recheck=source.recheck,
                topics=source.topics,
                language=source.language,
                timezone=settings.site.timezone,
                allow_private=source.allow_private,
            )
        case config.PushSource():
            from pipeline.collect.sources.push import PushSource  # noqa: PLC0415

            return PushSource(source.name)


def _ways_beyond(
    settings: config.Config, source: config.FeedSource, fetcher: Fetcher, feed: RawFeed, response: Response
) -> tuple[Backfill, ...]:
    """How the feed's site may be asked for what the feed no longer shows."""

    def site() -> FeedSite:
        from pipeline.collect.extract import MAX_BYTES  # noqa: PLC0415  (loads slowly, and is needed seldom)
        from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
        from pipeline.collect.sources.feed_site import FeedSite  # noqa: PLC0415

        seconds = source.timeout.total_seconds()
        return FeedSite(
            name=source.name,
            sitemaps=fetcher.within(FetchLimits(total_seconds=seconds)),
            pages=fetcher.within(FetchLimits(max_bytes=MAX_BYTES, total_seconds=seconds)),
            topics=source.topics,
            language=source.language,
            timezone=settings.site.timezone,
            allow_private=source.allow_private,
        )

    return (
        lambda past: site().by_wordpress(feed, response, past),
        lambda past: site().by_sitemap(feed, response, past),
    )


def _whole(settings: config.Config, source: config.FeedSource, feed: FeedSource, fetcher: Fetcher) -> Source:
    """The feed, its teasers made whole from their pages."""
    from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
    from pipeline.collect.sources.full_text import CONTEXT, MAX_BYTES, FullTextSource  # noqa: PLC0415

    return FullTextSource(
        feed=replace(feed, context=CONTEXT),
        pages=fetcher.within(FetchLimits(max_bytes=MAX_BYTES, total_seconds=source.timeout.total_seconds())),
        topics=source.topics,
        language=source.language,
        timezone=settings.site.timezone,
        allow_private=source.allow_private,
    )


def source_address(source: config.Source) -> str:
    """Where it is asked."""
    match source:
        case config.DirectorySource():
            return str(source.path)
        case config.PushSource():
            return "/api/v1/articles"
    return source.url


@cache
def _interval(schedule: str, zone: str) -> timedelta:
    """The time between two slots."""
    first = next_slot(schedule, zone, _ANY_MONDAY)
    second = next_slot(schedule, zone, first) if first else None
    return second - first if first and second else timedelta(days=1)


def source_rules(settings: config.Config, source: config.Source) -> SourceRules:
    host = urlsplit(settings.site.url).hostname or "localhost"
    ours = isinstance(source, config.DirectorySource | config.PushSource)
    return SourceRules(
        name=source.name,
        settle=source.settle,
        backlog="all" if source.backlog == config.ALL else int(source.backlog),
        host=host.encode("idna").decode(),
        address=source_address(source),
        interval=timedelta() if ours else _interval(source.schedule, settings.site.timezone.key),
    )


def make_fetcher(settings: config.Config, network: Network | None = None) -> Fetcher:
    """The fetcher that all sources of a process share, for the sake of the hosts that it asks."""
    from pipeline.collect.fetch import Fetcher  # noqa: PLC0415  (requests loads slowly)

    network = network or Network()
    agent = f"Rundbrief/{__version__} (+{settings.site.url})"
    return Fetcher(user_agent=agent, resolve=network.resolve, connect=network.connect)


def find_sources(
    settings: config.Config, url: str, *, allow_private: bool, now: datetime, progress: Callable[[str], object]
) -> Discovery:
    """What could be a source behind a web address, of the types that the configuration has."""
    from pipeline.collect.candidates import CandidateKind  # noqa: PLC0415  (parsers load slowly)
    from pipeline.collect.discover import discover  # noqa: PLC0415
    from pipeline.collect.fetch import FetchLimits  # noqa: PLC0415
    from pipeline.collect.sources.feed_facts import feed_facts  # noqa: PLC0415
    from pipeline.config.sources import SOURCES  # noqa: PLC0415

    fetcher = make_fetcher(settings)
    try:
        return discover(
            url,
            # Somebody is waiting, and there are many addresses to try.
            fetcher.within(FetchLimits(max_bytes=20_000_000, total_seconds=10, connect_seconds=5)),
            feed_facts,
            now=now,
            kinds=frozenset(kind for kind in CandidateKind if kind in SOURCES),
            allow_private=allow_private,
            progress=progress,
        )
    finally:
        fetcher.close()


def read_old_feed(
    settings: config.Config, url: str, *, allow_private: bool, now: datetime, progress: Callable[[str], object]
) -> OldFeed:
    """A feed that one of ours replaces, with all of its pages."""
    from pipeline.collect.sources.old_feed import read_old_feed as read  # noqa: PLC0415  (parsers load slowly)

    fetcher = make_fetcher(settings)
    try:
        zone = settings.site.timezone
        return read(url, fetcher, now=now, timezone=zone, allow_private=allow_private, progress=progress)
    finally:
        fetcher.close()
