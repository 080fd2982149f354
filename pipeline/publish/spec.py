"""What the publish stage knows of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

ARTICLES = "articles"
"""The directory of the pages that we give to articles without one; no feed may have this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """The site: ``url`` is its public address, ``feeds_url`` that of the directory of feeds (no slash at the end).

    ``language`` is a BCP 47 tag, ``timezone`` the IANA zone that pages show dates in, ``hub`` a WebSub hub.
    """

    title: str
    url: str
    feeds_url: str
    language: str = "en"
    timezone: str = "UTC"
    hub: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One feed.  ``formats`` are names of formats, ``limit`` the most articles in it (None: all).

    ``topics`` and ``sources`` select articles (empty: all of them); the store applies them.  ``language`` is None
    for the site's.  ``id`` is the atom:id; None takes the address of the Atom document (set it when a feed moves
    to another address, so that readers take it for the same).
    """

    name: str
    title: str
    description: str = ""
    language: str | None = None
    formats: tuple[str, ...] = ("atom", "rss", "json", "html")
    limit: int | None = 50
    topics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    id: str | None = None
