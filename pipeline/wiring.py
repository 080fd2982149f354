"""From the configuration to what the stages take: their small slices of it, and the adapters it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import __version__, config
from pipeline.cadence import next_slot
from pipeline.collect.collect import SourceRules
from pipeline.collect.source import Source
from pipeline.deliver.provider import Provider
from pipeline.domain.article import topic_key
from pipeline.domain.issue import Terms
from pipeline.publish.spec import FeedSpec, SiteSpec

if TYPE_CHECKING:
    from pipeline.collect.discover import Discovery
    from pipeline.collect.fetch import Fetcher
    from pipeline.collect.sources.feed import FeedSource
    from pipeline.render.look import Look

_ANY_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def template_directories(settings: config.Config) -> tuple[Path, ...]:
    """Where templates are looked for: the operator's own first."""
    own = settings.templates.directory
    return (*([own] if own else []), shared("templates"))


def shared(name: str) -> Path:
    """A directory that comes with Rundbrief: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    packed = package / "_share" / name
    return packed if packed.is_dir() else package.parent / name


def state_directory(settings: config.Config) -> Path:
    """Where the files of a PostgreSQL store are kept on this machine."""
    return settings.file.parent / "var"


def feeds_url(settings: config.Config) -> str:
    return settings.publish.url or f"{settings.site.url}/feeds"


def site_spec(settings: config.Config) -> SiteSpec:
    return SiteSpec(
        title=settings.site.title,
        url=settings.site.url,
        feeds_url=feeds_url(settings),
        language=settings.site.language,
        timezone=settings.site.timezone.key,
        hub=settings.publish.hub,
    )


def feed_spec(feed: config.Feed) -> FeedSpec:
    return FeedSpec(
        name=feed.name,
        title=feed.title,
        description=feed.description,
        language=feed.language or None,
        formats=feed.formats,
        limit=feed.limit,
        topics=feed.topics,
        sources=feed.sources,
    )


def source_address(source: config.Source) -> str:
    """Where it is asked."""
    return str(source.path) if isinstance(source, config.DirectorySource) else source.url


@cache
def _interval(schedule: str, zone: str) -> timedelta:
    """The time between two slots."""
    first = next_slot(schedule, zone, _ANY_MONDAY)
    second = next_slot(schedule, zone, first) if first else None
    return second - first if first and second else timedelta(days=1)


def source_rules(settings: config.Config, source: config.Source) -> SourceRules:
    host = urlsplit(settings.site.url).hostname or "localhost"
    ours = isinstance(source, config.DirectorySource)
    return SourceRules(
        name=source.name,
        settle=source.settle,
        backlog="all" if source.backlog == config.ALL else int(source.backlog),
        host=host.encode("idna").decode(),
        address=source_address(source),
        interval=timedelta() if ours else _interval(source.schedule, settings.site.timezone.key),
    )


def make_fetcher(settings: config.Config) -> Fetcher:
    """The fetcher that all sources of a process share, for the sake of the hosts that it asks."""
    from pipeline.collect.fetch import Fetcher  # noqa: PLC0415  (requests loads slowly)

    return Fetcher(user_agent=f"Rundbrief/{__version__} (+{settings.site.url})")


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


def make_provider(settings: config.Config, name: str) -> Provider:
    """The provider of that name.  Its credentials come from the environment."""
    match settings.providers[name]:
        case config.OutboxProvider() as outbox:
            from pipeline.deliver.providers.outbox import OutboxProvider  # noqa: PLC0415

            return OutboxProvider(name, outbox.directory)
        case config.SmtpProvider() as smtp:
            from pipeline.deliver.providers.smtp import SmtpProvider  # noqa: PLC0415

            password = settings.secret(smtp.password_env).get_secret_value() if smtp.password_env else None
            return SmtpProvider(
                name,
                smtp.host,
                smtp.port,
                security=smtp.security,
                username=smtp.username,
                password=password,
                timeout=smtp.timeout,
                envelope_from=smtp.envelope_from,
            )
        case config.MailgunProvider() as mailgun:
            from pipeline.deliver.providers.mailgun import MailgunProvider  # noqa: PLC0415

            return MailgunProvider(
                name,
                mailgun.domain,
                settings.secret(mailgun.api_key_env).get_secret_value(),
                base_url=mailgun.base_url,
                timeout=mailgun.timeout,
                api_key_env=mailgun.api_key_env,
            )


def rates(settings: config.Config) -> Mapping[str, float]:
    """Recipients a second, for the providers that have a limit."""
    limits = {name: getattr(provider, "per_second", None) for name, provider in settings.providers.items()}
    return {name: limit for name, limit in limits.items() if limit}


def terms(newsletter: config.Newsletter, providers: Sequence[Provider]) -> Terms:
    return Terms(
        newsletter=newsletter.name,
        topics=frozenset(map(topic_key, newsletter.topics)),
        language=newsletter.language,
        zone=newsletter.timezone.key,
        local_time=newsletter.local_time,
        batch_size=min(provider.capabilities.max_batch for provider in providers),
    )


def look(settings: config.Config, newsletter: config.Newsletter, language: str) -> Look:
    from pipeline.render.look import Look  # noqa: PLC0415  (jinja2 and premailer load slowly)

    feed = next(
        (feed for feed in settings.feeds if not feed.sources and set(feed.topics) <= set(newsletter.topics)), None
    )
    return Look(
        name=newsletter.name,
        title=newsletter.title,
        from_=str(newsletter.from_),
        reply_to=str(newsletter.reply_to) if newsletter.reply_to else None,
        site_title=settings.site.title,
        site_url=settings.site.url,
        template=newsletter.template,
        language=language,
        timezone=newsletter.timezone.key,
        feed_url=f"{feeds_url(settings)}/{feed.name}/" if feed else None,
        unsubscribe_address=newsletter.unsubscribe_mailto,
    )


def newsletters(settings: config.Config) -> Mapping[str, config.Newsletter]:
    return {newsletter.name: newsletter for newsletter in settings.newsletters}


def unsubscribe_url(settings: config.Config) -> Callable[[str], str]:
    """The link for a token."""
    base = f"{settings.site.url}/unsubscribe/"
    return lambda token: base + token
