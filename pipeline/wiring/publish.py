"""From the configuration to what `publish` takes."""

from __future__ import annotations

from pipeline import config
from pipeline.domain.selection import Group, Selection
from pipeline.publish.spec import FeedSpec, Origin, PodcastSpec, SiteSpec
from pipeline.wiring.websub import hub_address


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
