"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), an item a line."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from pipeline import __version__
from pipeline.domain.article import Author, Enclosure
from pipeline.errors import PublishError
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import FeedHead, FeedWriter
from pipeline.publish.uri import to_uri

_VERSION = "https://jsonfeed.org/version/1.1"
_IN_MEMORY = 4 * 1024 * 1024
_BEFORE_ITEMS = b',"items":['
_AFTER_ITEMS = b"\n]}\n"


class JsonFeedFormat:
    """JSON Feed 1.1: few readers, but the easiest for programs."""

    name = "json"
    label = "JSON Feed"
    filename = "feed.json"
    media_type = "application/feed+json"
    version = __version__

    def writer(self, head: FeedHead) -> FeedWriter:
        return _JsonFeedWriter(head)

    def check(self, document: BinaryIO) -> None:
        """Line by line, so that a long feed is not held in memory."""
        try:
            head = json.loads(document.readline().rstrip() + b"]}")
            seen: set[str] = set()
            for line in document:
                if line == _AFTER_ITEMS.lstrip():
                    break
                id_ = json.loads(line.rstrip().rstrip(b","))["id"]
                if id_ in seen:
                    raise PublishError(f"two items have the id {id_}")
                seen.add(id_)
        except (ValueError, KeyError) as error:
            raise PublishError(f"the document would not be JSON: {error}") from error
        if head["version"] != _VERSION or document.read(1):
            raise PublishError("the document would not be a JSON Feed")


class _JsonFeedWriter:
    def __init__(self, head: FeedHead) -> None:
        self._head = head
        self._items = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by close()

    def render(self, article: FeedArticle) -> bytes:
        return _encoded(_item(article, self._head.language))

    def append(self, rendered: object) -> None:
        assert isinstance(rendered, bytes)  # noqa: S101  what `render` made
        self._items.write(b",\n" if self._items.tell() else b"\n")
        self._items.write(rendered)

    def finish(self, updated: datetime, target: Sink) -> None:  # noqa: ARG002  JSON Feed says it of items only
        target.write(_encoded(_feed(self._head)).removesuffix(b"}") + _BEFORE_ITEMS)
        self._items.seek(0)
        shutil.copyfileobj(self._items, target, 1024 * 1024)
        target.write(_AFTER_ITEMS)

    def close(self) -> None:
        self._items.close()


def _feed(head: FeedHead) -> dict[str, Any]:
    return _known(
        version=_VERSION,
        title=head.feed.title,
        home_page_url=to_uri(head.home_page),
        feed_url=to_uri(head.address("json")),
        description=head.feed.description,
        authors=[{"name": head.site.title, "url": to_uri(head.site.url)}],
        language=head.language,
        hubs=[{"type": "WebSub", "url": to_uri(head.site.hub)}] if head.site.hub else None,
    )


def _item(article: FeedArticle, feed_language: str) -> dict[str, Any]:
    picture = article.picture
    item = _known(
        id=article.id,
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


def _known(**values: object) -> dict[str, Any]:
    """The values that there are: JSON Feed leaves out what is unknown."""
    return {name: value for name, value in values.items() if value}


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
