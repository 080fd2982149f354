"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), an item a line."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from pipeline import __version__
from pipeline.domain.article import Author, Enclosure
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import Ending, FeedHead, FeedWriter
from pipeline.publish.formats.spool import Spool
from pipeline.publish.gate import check_json_feed
from pipeline.publish.uri import to_uri

_VERSION = "https://jsonfeed.org/version/1.1"
_BEFORE_ITEMS = b',"items":['
_AFTER_ITEMS = b"\n]}\n"


class JsonFeedFormat:
    """JSON Feed 1.1: few readers, but the easiest for programs."""

    name = "json"
    label = "JSON Feed"
    filename = "feed.json"
    media_type = "application/feed+json"
    archived = True
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _JsonFeedWriter(head)

    def check(self, document: BinaryIO) -> None:
        check_json_feed(document)


class _JsonFeedWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._items = Spool(b",\n")

    def render(self, article: FeedArticle) -> bytes:
        return _encoded(_item(article, self._head.language))

    def append(self, rendered: object, max_bytes: int | None = None) -> bool:
        assert isinstance(rendered, bytes)  # noqa: S101  what `render` made
        return self._items.append(rendered, max_bytes)

    def finish(self, ending: Ending, target: Sink) -> None:
        target.write(_encoded(_feed(self._head, ending)).removesuffix(b"}") + _BEFORE_ITEMS)
        self._items.copy_to(target)
        target.write(_AFTER_ITEMS)

    def close(self) -> None:
        self._items.close()


def _feed(head: FeedHead, ending: Ending) -> dict[str, Any]:
    site = head.site
    return _known(
        version=_VERSION,
        title=head.feed.title,
        home_page_url=to_uri(head.home_page),
        feed_url=to_uri(head.address("json", head.part)),
        description=head.feed.description,
        next_url=to_uri(head.address("json", ending.previous)) if ending.previous else None,
        icon=_address(site.logo or site.icon),
        favicon=_address(site.icon),
        authors=[_known(name=site.title, url=to_uri(site.url), avatar=_address(site.logo or site.icon))],
        language=head.language,
        hubs=[{"type": "WebSub", "url": to_uri(site.hub)}] if site.hub and not head.part else None,
    )


def _item(article: FeedArticle, feed_language: str) -> dict[str, Any]:
    picture = article.picture
    item = _known(
        id=article.id_in("json"),
        url=article.url,
        title=article.title,
        summary=article.summary,
        image=picture.url if picture else None,
        date_published=article.published.isoformat(),
        date_modified=article.updated.isoformat() if article.updated > article.published else None,
        authors=[_author(author) for author in article.authors],
        tags=list(article.topics),
        language=article.language if article.language != feed_language else None,
        attachments=[_attachment(enclosure) for enclosure in article.enclosures],
        _rundbrief={"image_description": picture.alt} if picture and picture.alt else None,
    )
    # An item must have one of content_html and content_text, be it empty.
    return item | ({"content_html": article.html} if article.html else {"content_text": article.summary})


def _author(author: Author) -> dict[str, Any]:
    return _known(name=author.name, url=author.url)


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _known(
        url=enclosure.url,
        mime_type=enclosure.media_type,
        title=enclosure.title,
        size_in_bytes=enclosure.length,
        duration_in_seconds=enclosure.duration,
    )


def _address(iri: str | None) -> str | None:
    return to_uri(iri) if iri else None


def _known(**values: object) -> dict[str, Any]:
    """The values that there are: JSON Feed leaves out what is unknown."""
    return {name: value for name, value in values.items() if value}


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
