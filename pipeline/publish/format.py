"""What the publish stage knows of a format.  Implementations live in ``formats/``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from pipeline.domain.archive import Retraction
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.spec import FeedSpec, Origin, SiteSpec


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
    """What every document of a feed says of the feed.

    ``documents`` are those that readers subscribe to, the best for them first.  ``part`` is where in the feed's
    directory the documents lie that this is the head of: "" for those, "archive/2026-01" for a month's.
    """

    site: SiteSpec
    feed: FeedSpec
    documents: tuple[FeedDocument, ...]
    part: str = ""

    @property
    def id(self) -> str:
        return self.feed.id or f"{self.site.feeds_url}/{self.feed.name}/atom.xml"

    @property
    def language(self) -> str:
        return self.feed.language or self.site.language

    def origin(self, sources: Sequence[str]) -> Origin | None:
        """The foreign feed that an article of these sources comes from; None if it is ours."""
        if not self.site.origins:
            return None
        foreign = {origin.source: origin for origin in self.site.origins}
        found = [foreign.get(source) for source in sources]
        return found[0] if found and all(found) else None

    @property
    def home_page(self) -> str:
        """The page that shows people what the feed shows readers."""
        return next((document.url for document in self.documents if document.format == "html"), self.site.url)

    def address(self, format_: str, part: str = "") -> str:
        """The address of the feed's document in a format; or of that in another part."""
        document = next(document for document in self.documents if document.format == format_)
        home = document.url.removesuffix(document.filename)
        return f"{home}{part}/{document.filename}" if part else document.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known of a document only when all of its articles are.

    ``updated`` is when the newest of its articles changed.  ``previous`` and ``following`` are the parts of the feed
    around it in its archives (RFC 5005), "" where there is none.  ``retracted`` are articles that the feed had.
    """

    updated: datetime
    previous: str = ""
    following: str = ""
    retracted: tuple[Retraction, ...] = ()


class FeedWriter(Protocol):
    """Writes one document of one feed, article by article."""

    def render(self, article: FeedArticle) -> object:
        """The article in this format; nothing is written yet.  ValueError where the format can't say it."""
        ...

    def append(self, rendered: object, max_bytes: int | None = None) -> bool:
        """Add what `render` made to the document; False if all of that would then be larger than ``max_bytes``.

        The first article is taken whatever its size.
        """
        ...

    def finish(self, ending: Ending, target: Sink) -> None:
        """Write the whole document."""
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
    def archived(self) -> bool:
        """Whether archives are published in it."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the format makes other documents of the same articles."""
        ...

    def writer(self, head: FeedHead) -> FeedWriter: ...

    def check(self, document: BinaryIO) -> None:
        """Read a document back before it is published; `pipeline.errors.PublishError` if readers could not."""
        ...
