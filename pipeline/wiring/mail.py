"""From the configuration of a newsletter to what `compose` and `render` take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline import config
from pipeline.deliver.provider import Provider
from pipeline.domain.article import topic_key
from pipeline.domain.issue import Order, Terms
from pipeline.wiring.audience import archive_url
from pipeline.wiring.publish import feeds_url
from pipeline.wiring.render import brand

if TYPE_CHECKING:
    from pipeline.render.look import Look


def newsletters(settings: config.Config) -> Mapping[str, config.Newsletter]:
    return {newsletter.name: newsletter for newsletter in settings.newsletters}


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
        archive_url=archive_url(settings, newsletter),
        unsubscribe_address=newsletter.unsubscribe_mailto,
        preferences=True,
        pictures_url=settings.pictures.url,
        brand=brand(newsletter.brand),
    )


def _is_about(feed: config.Feed, newsletter: config.Newsletter) -> bool:
    """Whether all of a feed could be in the newsletter."""
    only_topics = feed.each is None and not (feed.sources or feed.authors or feed.languages or feed.enclosures)
    return only_topics and set(feed.topics) <= set(newsletter.topics)


def link_of(settings: config.Config, page: str) -> Callable[[str], str]:
    """The link to a person's page (``unsubscribe``, ``preferences`` …) for a token."""
    base = f"{settings.site.url}/{page}/"
    return lambda token: base + token
