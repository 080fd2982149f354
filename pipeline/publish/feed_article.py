"""An article made ready for every format: what each document says of it, worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lxml import html as lxml_html

from pipeline.domain.archive import Retraction
from pipeline.domain.article import Article, Author, Enclosure, Origin, Picture
from pipeline.domain.markup import article_html, content_direction, text_direction
from pipeline.publish.characters import label, one_line, printable
from pipeline.publish.languages import known_language
from pipeline.publish.permalink import permalink
from pipeline.publish.uri import to_uri, to_web_address

_HEADLINE_LENGTH = 80
_EXCERPT_LENGTH = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedArticle:
    """An article as feeds show it.

    ``id`` is its id in all formats but those in ``adopted``, which show it under the id of a feed that ours replaces.
    ``sources`` are the names of those that show it.
    All text is printable (see `characters`) and all addresses are absolute URIs.  ``title`` and ``summary`` are plain
    text and may be empty; ``html`` has the lead picture on top and may be empty too.  Times are in UTC, in whole
    seconds.
    """

    id: str
    url: str
    title: str
    html: str
    summary: str
    language: str | None
    authors: tuple[Author, ...]
    topics: tuple[str, ...]
    picture: Picture | None
    enclosures: tuple[Enclosure, ...]
    published: datetime
    updated: datetime
    comments_url: str | None
    comments_feed: str | None = None
    origin: Origin | None = None
    adopted: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()

    def id_in(self, format_: str) -> str:
        """Its id in the format of this name; what was taken over is as it was, be it a URI or not."""
        return next((value for name, value in self.adopted if name == format_), self.id)

    @property
    def headline(self) -> str:
        """The title, or what stands in for it where a title must be: how the article begins, else its day."""
        return self.title or _beginning(self.excerpt, _HEADLINE_LENGTH) or self.published.date().isoformat()

    @property
    def excerpt(self) -> str:
        """The summary, or what stands in for it: how the text begins; empty if there is none."""
        return self.summary or _beginning(_text(self.html), _EXCERPT_LENGTH)

    @property
    def direction(self) -> str:
        return text_direction(self.language)


_IN_BRACKETS = re.compile(r"^\(([^()]+)\)$")
_MAIL_ADDRESS = re.compile(r"[<(]?[^\s<>()@]+@[^\s<>()@]+\.[^\s<>()@]+[>)]?")


def feed_article(article: Article, feeds_url: str) -> FeedArticle:
    """Make an article ready.  ValueError if its id or its address can't be used."""
    content = article.content
    html = printable(article_html(content)).strip()
    if html and content_direction(content) == "rtl":
        html = f'<div dir="rtl">{html}</div>'  # few readers work that out from the language
    return FeedArticle(
        id=to_uri(article.public_id),
        url=to_web_address(permalink(article, feeds_url)),
        title=one_line(content.title),
        html=html,
        summary=one_line(content.teaser),
        language=known_language(content.language),
        authors=tuple(_authors(content.authors)),
        topics=tuple(filter(None, map(label, content.topics))),
        picture=_picture(content.picture),
        enclosures=tuple(_enclosures(content.enclosures)),
        published=_whole_second(article.published),
        updated=_whole_second(article.updated),
        comments_url=_web_address_or_none(content.comments_url),
        comments_feed=_web_address_or_none(content.comments_feed),
        origin=_origin(content.origin),
        adopted=article.adopted,
        sources=article.sources,
    )


def retracted_id(retraction: Retraction, format_: str) -> str:
    """The id that a retracted article had in a format.  ValueError if that could never be published."""
    return next((value for name, value in retraction.adopted if name == format_), "") or to_uri(retraction.public_id)


def _authors(authors: tuple[Author, ...]) -> Iterator[Author]:
    """The authors with a name.  E-mail addresses stay unpublished: feeds are where they are harvested."""
    for author in authors:
        name = label(author.name)
        if "@" in name:
            # What is left of RSS's "address (name)" is in brackets.
            name = _IN_BRACKETS.sub(r"\1", one_line(_MAIL_ADDRESS.sub(" ", name)))
        if name:
            yield Author(name=name, url=_web_address_or_none(author.url))


def _origin(origin: Origin | None) -> Origin | None:
    url = _web_address_or_none(origin.url) if origin else None
    return Origin(title=one_line(origin.title) or url, url=url) if origin and url else None


def _picture(picture: Picture | None) -> Picture | None:
    if picture is None:
        return None
    return replace(picture, url=_web_address_or_none(picture.url), alt=label(picture.alt))


def _enclosures(enclosures: tuple[Enclosure, ...]) -> Iterator[Enclosure]:
    for enclosure in enclosures:
        if url := _web_address_or_none(enclosure.url):
            media_type = one_line(enclosure.media_type) or "application/octet-stream"
            yield replace(enclosure, url=url, media_type=media_type, title=label(enclosure.title or "") or None)


def _web_address_or_none(iri: str | None) -> str | None:
    """A side address that can't be used is left out; only the article's own address is worth failing for."""
    if not iri:
        return None
    try:
        return to_web_address(iri)
    except ValueError:
        return None


def _whole_second(time: datetime) -> datetime:
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.replace(microsecond=0) if utc.microsecond else utc


def _text(html: str) -> str:
    return one_line("".join(map(str, lxml_html.fromstring(f"<div>{html}</div>").itertext()))) if html else ""


def _beginning(text: str, length: int) -> str:
    """At most ``length`` characters of a text, cut between words where it has any."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" .,;:") + "…"
