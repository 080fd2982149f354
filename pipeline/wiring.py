"""From the configuration to what the stages take: their small slices of it, and the adapters it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import __version__, audience_wiring, config, render_wiring
from pipeline.cadence import next_slot
from pipeline.collect.addresses import Network
from pipeline.collect.collect import SourceRules
from pipeline.deliver.provider import Provider
from pipeline.domain.article import topic_key
from pipeline.domain.issue import Order, Terms
from pipeline.domain.selection import Group, Selection
from pipeline.publish.spec import FeedSpec, Origin, PodcastSpec, SiteSpec
from pipeline.websub_wiring import hub_address

if TYPE_CHECKING:
    from pipeline.collect.discover import Discovery
    from pipeline.collect.fetch import Fetcher
    from pipeline.collect.sources.old_feed import OldFeed
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
        hub=hub_address(settings),
        tombstones=settings.publish.tombstones,
        icon=settings.site.icon,
        logo=settings.site.logo,
        origins=tuple(
            Origin(source=one.name, title=one.title, url=one.url)
            for one in settings.sources
            if isinstance(one, config.FeedSource) and one.title  # an address may be a secret: never by default
        ),
    )


def feed_spec(feed: config.Feed) -> FeedSpec:
    return FeedSpec(
        name=feed.name,
        title=feed.title,
        description=feed.description,
        language=feed.language or None,
        formats=feed.formats,
        limit=feed.limit,
        max_bytes=feed.max_bytes,
        whole=feed.content == "full",
        selection=Selection(
            topics=feed.topics,
            not_topics=feed.not_topics,
            sources=feed.sources,
            authors=feed.authors,
            languages=feed.languages,
            enclosures=feed.enclosures,
        ),
        archive=feed.archive,
        podcast=_podcast_spec(feed.podcast) if feed.podcast else None,
        id=feed.id,
    )


def _podcast_spec(podcast: config.Podcast) -> PodcastSpec:
    return PodcastSpec(
        category=podcast.categories,
        image=podcast.image,
        owner_email=podcast.owner_email,
        owner=podcast.owner or "",
        author=podcast.author or "",
        explicit=podcast.explicit,
        serial=podcast.type == "serial",
        locked=podcast.locked,
    )


def group_title(group: Group, language: str) -> str:
    """What a group is called in a language."""
    if group.kind != "language":
        return group.label
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  (loads slowly)

    try:
        name: str | None = Locale.parse(group.label, sep="-").get_display_name(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return group.label
    return name or group.label


def _is_about(feed: config.Feed, newsletter: config.Newsletter) -> bool:
    """Whether all of a feed could be in the newsletter."""
    only_topics = feed.each is None and not (feed.sources or feed.authors or feed.languages or feed.enclosures)
    return only_topics and set(feed.topics) <= set(newsletter.topics)


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


def terms(newsletter: config.Newsletter, providers: Sequence[Provider]) -> Terms:
    return Terms(
        newsletter=newsletter.name,
        topics=frozenset(map(topic_key, newsletter.topics)),
        language=newsletter.language,
        zone=newsletter.timezone.key,
        local_time=newsletter.local_time,
        batch_size=max(provider.capabilities.max_batch for provider in providers),
        shown=newsletter.max_articles,
        order=Order(newsletter.order),
        lead=topic_key(newsletter.lead or ""),
        sections=tuple(map(topic_key, newsletter.topics)) if newsletter.group_by else None,
        corrections=newsletter.corrections,
    )


def look(settings: config.Config, newsletter: config.Newsletter, language: str) -> Look:
    from pipeline.render.look import Look  # noqa: PLC0415  (jinja2 and premailer load slowly)

    feed = next((feed for feed in settings.feeds if _is_about(feed, newsletter)), None)
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
        archive_url=audience_wiring.archive_url(settings, newsletter),
        unsubscribe_address=newsletter.unsubscribe_mailto,
        preferences=True,
        pictures_url=settings.pictures.url,
        brand=render_wiring.brand(newsletter.brand),
    )


def newsletters(settings: config.Config) -> Mapping[str, config.Newsletter]:
    return {newsletter.name: newsletter for newsletter in settings.newsletters}


def link_of(settings: config.Config, page: str) -> Callable[[str], str]:
    """The link to a person's page (``unsubscribe``, ``preferences`` …) for a token."""
    base = f"{settings.site.url}/{page}/"
    return lambda token: base + token
