"""What the publish stage knows of a format.  Implementations live in ``formats/``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.spec import FeedSpec, SiteSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """One of a feed's documents: where it is, what it is (``media_type``), and its ``label`` for people."""

    format: str
    label: str
    filename: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """What every document of a feed says of the feed.  ``documents`` are all of them, the best for readers first."""

    site: SiteSpec
    feed: FeedSpec
    documents: tuple[FeedDocument, ...]

    @property
    def id(self) -> str:
        return self.feed.id or f"{self.site.feeds_url}/{self.feed.name}/atom.xml"

    @property
    def language(self) -> str:
        return self.feed.language or self.site.language

    @property
    def home_page(self) -> str:
        """The page that shows people what the feed shows readers."""
        return next((document.url for document in self.documents if document.format == "html"), self.site.url)

    def address(self, format_: str) -> str:
        """The address of the feed's document in a format."""
        return next(document.url for document in self.documents if document.format == format_)


class FeedWriter(Protocol):
    """Writes one document of one feed, article by article."""

    def render(self, article: FeedArticle) -> object:
        """The article in this format; nothing is written yet.  ValueError where the format can't say it."""
        ...

    def append(self, rendered: object) -> None:
        """Add what `render` made to the document."""
        ...

    def finish(self, updated: datetime, target: Sink) -> None:
        """Write the whole document.  ``updated`` is when the newest of its articles changed."""
        ...

    def close(self) -> None:
        """Give up what is held back on disk."""
        ...


class Format(Protocol):
    """A format that feeds are published in."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def label(self) -> str: ...

    @property
    def filename(self) -> str: ...

    @property
    def media_type(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the format makes other documents of the same articles."""
        ...

    def writer(self, head: FeedHead) -> FeedWriter: ...

    def check(self, document: BinaryIO) -> None:
        """Read a document back before it is published; `pipeline.errors.PublishError` if readers could not."""
        ...
