"""The tables about what is published: feeds, and where they were before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.podcast import Podcast
from pipeline.config.table import Table
from pipeline.config.values import Language, Listed, MediaType, Name, Names, PathOrUrl, SitePath, Text, Topics

Format = Literal["atom", "rss", "json", "html"]
EVERY_FORMAT: tuple[Format, ...] = ("atom", "rss", "json", "html")


class Feed(Table):
    """[[feeds]]: a selection of articles that is published."""

    name: Name
    """What the feed is called, and its directory; small letters, digits, - and _; once only; not `articles`."""

    title: Text
    """Its title, for readers."""

    description: str = ""
    """A sentence about it, for readers."""

    language: Language = ""
    """Its language; if absent, that of the site."""

    formats: Annotated[tuple[Format, ...], Field(min_length=1), Listed] = EVERY_FORMAT
    """What it is written as."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = 50
    """How many of the newest articles it holds."""

    max_bytes: Annotated[int, Field(ge=10_000)] | None = None
    """How many bytes the articles in one document may take together; the oldest ones, beyond that, are left out."""

    content: Literal["full", "summary"] = "full"
    """Whether it has articles whole, or only their summaries."""

    topics: Topics = ()
    """Only articles with one of these topics; empty: all."""

    not_topics: Topics = ()
    """No articles with one of these topics."""

    sources: Names = ()
    """Only articles of these sources; empty: all."""

    authors: Topics = ()
    """Only articles by one of these authors; empty: all."""

    languages: Annotated[tuple[Language, ...], Listed] = ()
    """Only articles in one of these languages (`de` takes in `de-AT`); empty: all."""

    enclosures: Annotated[tuple[MediaType, ...], Listed] = ()
    """Only articles with media of one of these types: `audio`, `video/mp4`; `*` is any; empty: all articles."""

    each: Literal["topic", "source", "author", "language"] | None = None
    """Makes a feed of each topic, source, author or language that its articles have: `NAME/TOPIC/atom.xml`."""

    podcast: Podcast | None = None
    """What directories of podcasts ask for, where its articles are episodes."""

    archive: bool = True
    """Whether all articles that it ever had can be got from it: month by month, in documents of their own."""

    id: Text | None = None
    """Its Atom id, where it takes the place of a feed that readers know by that; if absent, its address."""


class Redirect(Table):
    """[[redirects]]: addresses that readers still ask for."""

    from_: SitePath = Field(alias="from")
    """The path that moved or is gone: `/feeds/old/` is that and all below it; a query counts (`/?feed=rss2`)."""

    to: PathOrUrl | None = None
    """Where it is now for good: a path of this site or a web address; with a slash at its end, all below goes along."""

    gone: bool = False
    """Whether it is gone for good, so that readers stop asking."""
