"""The tables [[sources]]: where articles come from."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.config.mistake import mistake
from pipeline.config.table import Table
from pipeline.config.values import Backlog, Cron, Duration, FilePath, Language, Listed, Name, Text, Topics, Url


def _path_pattern(pattern: str) -> str:
    if "://" in pattern:
        raise mistake(f'"{pattern}" is an address.', "Write a pattern for its path, for example `/news/*`.")
    if not pattern.startswith(("/", "*")):
        raise mistake(f'"{pattern}" can\'t match: a path begins with a slash.', f"Did you mean `/{pattern}`?")
    return pattern


_PathPattern = Annotated[str, AfterValidator(_path_pattern)]


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

    base_url: Url | None = None
    """The public address of the directory: relative links and pictures of documents without a URL start there."""

    max_bytes: Annotated[int, Field(ge=1024)] = 5_000_000
    """The largest document that is read, in bytes."""


class FeedSource(_Collected):
    """A feed on the web: RSS, Atom or JSON Feed."""

    type: Literal["feed"]
    url: Url
    """The address of the feed."""

    title: Text | None = None
    """Its title, for readers: if there is one, our feeds name it and its address as the origin of its articles."""

    full_text: bool = False
    """Fetch the article's page where the feed is cut short, and take the text from there if it is the better one."""

    allow_private: bool = False
    """Whether the address may lead to a private network (10.0.0.0/8, localhost and the like)."""

    timeout: Duration = timedelta(seconds=30)
    """How long one request may take."""

    max_bytes: Annotated[int, Field(ge=1024)] = 20_000_000
    """The largest answer that is read, in bytes after decompression."""


class WordPressSource(_Collected):
    """A WordPress site, by its REST API: with edits, withdrawals and the archive; by its feed where that is off."""

    type: Literal["wordpress"]
    url: Url
    """The address of the site, or of its REST API."""

    allow_private: bool = False
    """Whether the address may lead to a private network (10.0.0.0/8, localhost and the like)."""

    timeout: Duration = timedelta(seconds=30)
    """How long one request may take."""

    max_bytes: Annotated[int, Field(ge=1024)] = 20_000_000
    """The largest answer that is read, in bytes after decompression."""


class SitemapSource(_Collected):
    """A site's pages, by its sitemaps."""

    type: Literal["sitemap"]
    url: Url
    """The address of a sitemap, or of the site: then robots.txt and the usual places tell where its sitemaps are."""

    include: Annotated[tuple[_PathPattern, ...], Listed] = ()
    """Only pages whose path matches one of these patterns (`/news/*`); empty: all but the front page."""

    exclude: Annotated[tuple[_PathPattern, ...], Listed] = ()
    """No pages whose path matches one of these patterns (`*/tag/*`)."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many pages one collection fetches, the newest first; the rest comes with the next ones."""

    max_pages: Annotated[int, Field(ge=1, le=50_000)] = 1000
    """How many of the newest pages are articles; older ones are never fetched."""

    recheck: Duration = timedelta(days=30)
    """After how long a page is fetched again for which the sitemap has no `lastmod`."""

    allow_private: bool = False
    """Whether the address may lead to a private network (10.0.0.0/8, localhost and the like)."""

    timeout: Duration = timedelta(seconds=30)
    """How long one request may take."""

    max_bytes: Annotated[int, Field(ge=1024)] = 5_000_000
    """The largest page that is read, in bytes after decompression."""


class PushSource(_Collected):
    """Articles that a content management system sends to the API by itself; nothing is asked."""

    type: Literal["push"]


Source = Annotated[
    DirectorySource | FeedSource | WordPressSource | SitemapSource | PushSource, Field(discriminator="type")
]
SOURCES: dict[str, type[Table]] = {
    "directory": DirectorySource,
    "feed": FeedSource,
    "wordpress": WordPressSource,
    "sitemap": SitemapSource,
    "push": PushSource,
}
