"""From the configuration to what rendering takes, and what a message is looked over for before it is mailed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline import config
from pipeline.domain.article import topic_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.domain.article import ArticleId
    from pipeline.domain.issue import IssueContents
    from pipeline.domain.message import Message
    from pipeline.domain.pictures import PictureCopy
    from pipeline.render.findings import Finding, Strictness
    from pipeline.render.look import Brand, Look, VariantFacts

MERGE_FIELDS = frozenset({"greeting", "unsubscribe_url", "preferences_url", "counted"})
"""What recipients of an issue have values for."""

# Bytes that a name and two links have at most.
_FILLED_IN = 1_000


def brand(settings: config.Brand) -> Brand:
    from pipeline.render.look import Brand, Logo  # noqa: PLC0415  (jinja2 and premailer load slowly)

    logo = settings.logo
    return Brand(
        accent=settings.accent,
        accent_dark=settings.on_dark,
        background=settings.background,
        background_dark=settings.background_dark,
        fonts=settings.fonts,
        heading_fonts=settings.heading_fonts or "",
        logo=Logo(url=logo.url, width=logo.width, height=logo.height, alt=logo.alt, url_dark=logo.url_dark or "")
        if logo
        else None,
        footer=settings.footer,
        postal_address=settings.postal_address,
        social=tuple(settings.social.items()),
    )


def preflight(settings: config.Config, message: Message, look: Look) -> list[Finding]:
    """What is wrong with an issue's message, the worst first."""
    from pipeline.render.preflight import preflight  # noqa: PLC0415

    return preflight(message, look, MERGE_FIELDS, strictness(settings), extra=_FILLED_IN)


def strictness(settings: config.Config) -> Strictness:
    from pipeline.render.findings import Strictness  # noqa: PLC0415

    return Strictness(ignore=frozenset(settings.preflight.ignore), errors=frozenset(settings.preflight.errors))


def facts(
    newsletter: config.Newsletter,
    cadence: str,
    slot: datetime,
    contents: IssueContents,
    feeds_url: str,
    copies: Mapping[ArticleId, tuple[PictureCopy, ...]] = MappingProxyType({}),
    page_url: str = "",
) -> VariantFacts:
    """What a variant carries, as rendering takes it; with what we have of its articles' pictures."""
    from pipeline.publish.permalink import permalink  # noqa: PLC0415
    from pipeline.render.look import Correction, VariantFacts  # noqa: PLC0415

    labels = {topic_key(label): label for article in contents.articles for label in article.content.topics}
    labels |= {topic_key(label): label for label in newsletter.topics}
    return VariantFacts(
        cadence=cadence,
        slot=slot,
        articles=[(article, permalink(article, feeds_url)) for article in contents.articles],
        sections=[labels.get(key, key) for key in contents.sections],
        page_url=page_url,
        links_from=newsletter.max_articles,
        copies=copies,
        corrections=tuple(
            Correction(
                title=one.article.content.title,
                url="" if one.retracted else permalink(one.article, feeds_url),
                carried=one.carried,
                retracted=one.retracted,
                note=one.note,
            )
            for one in contents.corrections
        ),
    )
