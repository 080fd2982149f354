"""From the configuration of a source to its adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline import config
from pipeline.collect.source import Source

if TYPE_CHECKING:
    from pipeline.collect.fetch import Fetcher, Response
    from pipeline.collect.source import Backfill
    from pipeline.collect.sources.feed import FeedSource
    from pipeline.collect.sources.feed_entry import RawFeed
    from pipeline.collect.sources.feed_site import FeedSite


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
