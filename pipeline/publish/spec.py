"""What the publish stage knows of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.selection import EVERYTHING, Selection

ARTICLES = "articles"
"""The directory of the pages that we give to articles without one; no feed may have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A foreign feed that articles come from: the name of the ``source``, the feed's title and address."""

    source: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """The site: ``url`` is its public address, ``feeds_url`` that of the directory of feeds (no slash at the end).

    ``language`` is a BCP 47 tag, ``timezone`` the IANA zone that pages show dates in, ``hub`` a WebSub hub.  ``icon``
    (square and small) and ``logo`` are addresses of pictures.  ``origins`` are those sources that are feeds of others.
    ``tombstones`` tells whether Atom says what was retracted.
    """

    title: str
    url: str
    feeds_url: str
    language: str = "en"
    timezone: str = "UTC"
    hub: str | None = None
    icon: str | None = None
    logo: str | None = None
    origins: tuple[Origin, ...] = ()
    tombstones: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodcastSpec:
    """What directories of podcasts ask for.

    ``category`` is one of Apple's, with its subcategory where there is one.  ``image`` is square, of at least 1,400
    pixels.  ``owner_email`` is published: directories write to it to see who owns the feed.  ``owner`` is the site
    where it is empty, ``author`` the owner.
    """

    category: tuple[str, ...]
    image: str
    owner_email: str
    owner: str = ""
    author: str = ""
    explicit: bool = False
    serial: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One feed.  ``formats`` are names of formats, ``limit`` the most articles in it (None: all).

    ``name`` is its directory; that of a feed of a group has two parts: ``themen/ki``.  ``selection`` says which
    articles it has; the store applies it.  ``language`` is None for the site's.  ``max_bytes`` bounds what the articles
    in one document take together: the oldest ones beyond that are left out.  ``whole`` is False for a feed of
    summaries.  ``archive`` tells whether it has archives.  ``podcast`` is None for what is none.  ``label`` is what the
    group is called that it is the feed of.  ``id`` is the atom:id; None takes the address of the Atom document (set it
    when a feed moves to another address, so that readers take it for the same).
    """

    name: str
    title: str
    description: str = ""
    language: str | None = None
    formats: tuple[str, ...] = ("atom", "rss", "json", "html")
    limit: int | None = 50
    max_bytes: int | None = None
    whole: bool = True
    selection: Selection = EVERYTHING
    archive: bool = True
    podcast: PodcastSpec | None = None
    label: str = ""
    id: str | None = None
