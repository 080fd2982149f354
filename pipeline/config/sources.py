"""The tables [[sources]]: where articles come from."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.config.mistake import mistake
from pipeline.config.table import Table
from pipeline.config.values import Backlog, Cron, Duration, FilePath, Language, Name, Topics, Url


def _not_yet(wanted: bool) -> bool:  # noqa: FBT001 — a validator's signature
    if wanted:
        raise mistake("can't be true yet: pages are not fetched in this version.", "Take the key out.")
    return wanted


class _Collected(Table):
    name: Name
    """What the source is called: small letters, digits, - and _; once only."""

    schedule: Cron = "*/15 * * * *"
    """When `rundbrief serve` collects it: a cron expression in the time zone of the site."""

    settle: Duration = timedelta(minutes=10)
    """How long an article must be unchanged before mail carries it."""

    backlog: Backlog = 0
    """What mail may carry of a new source's first collection: "none", the number of its newest articles, or "all"."""

    topics: Topics = ()
    """Topics that are added to each article's own."""

    language: Language | None = None
    """The language of its articles, where they don't say; if absent it is found out from the text."""


class DirectorySource(_Collected):
    """A directory of documents: Markdown, HTML and plain text, in nested folders too."""

    type: Literal["directory"]
    path: FilePath
    """The directory; a relative path starts at the configuration file."""

    max_bytes: Annotated[int, Field(ge=1024)] = 5_000_000
    """The largest document that is read, in bytes."""


class FeedSource(_Collected):
    """A feed on the web: RSS, Atom or JSON Feed."""

    type: Literal["feed"]
    url: Url
    """The address of the feed."""

    full_text: Annotated[bool, AfterValidator(_not_yet)] = False
    """Fetch the article's page where the feed is cut short.  Not possible yet: only `false` is accepted."""

    allow_private: bool = False
    """Whether the address may lead to a private network (10.0.0.0/8, localhost and the like)."""

    timeout: Duration = timedelta(seconds=30)
    """How long one request may take."""

    max_bytes: Annotated[int, Field(ge=1024)] = 20_000_000
    """The largest answer that is read, in bytes after decompression."""


Source = Annotated[DirectorySource | FeedSource, Field(discriminator="type")]
SOURCES: dict[str, type[Table]] = {"directory": DirectorySource, "feed": FeedSource}
