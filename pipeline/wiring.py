"""From the configuration to what the stages take: their small slices of it, and the adapters it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import __version__, config
from pipeline.collect.collect import SourceRules
from pipeline.collect.source import Source
from pipeline.deliver.provider import Provider
from pipeline.domain.article import topic_key
from pipeline.domain.issue import Terms
from pipeline.publish.spec import FeedSpec, SiteSpec

if TYPE_CHECKING:
    from pipeline.render.look import Look


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


def source_rules(settings: config.Config, source: config.Source) -> SourceRules:
    host = urlsplit(settings.site.url).hostname or "localhost"
    return SourceRules(
        name=source.name,
        settle=source.settle,
        backlog="all" if source.backlog == config.ALL else int(source.backlog),
        host=host.encode("idna").decode(),
    )


def make_source(settings: config.Config, source: config.Source) -> Source:
    match source:
        case config.DirectorySource():
            from pipeline.collect.sources.directory import DirectorySource  # noqa: PLC0415  (parsers load slowly)

            return DirectorySource(
                source.name,
                source.path,
                topics=source.topics,
                language=source.language,
                timezone=settings.site.timezone,
                max_bytes=source.max_bytes,
            )
        case config.FeedSource():
            from pipeline.collect.fetch import Fetcher, FetchLimits  # noqa: PLC0415
            from pipeline.collect.sources.feed import FeedSource  # noqa: PLC0415

            fetcher = Fetcher(
                user_agent=f"Rundbrief/{__version__} (+{settings.site.url})",
                limits=FetchLimits(max_bytes=source.max_bytes, total_seconds=source.timeout.total_seconds()),
            )
            return FeedSource(
                source.name,
                source.url,
                fetcher,
                topics=source.topics,
                language=source.language,
                allow_private=source.allow_private,
                timezone=settings.site.timezone,
            )


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
