"""What the web app knows of the configuration and of the state of things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.audience.offer import Offer
from pipeline.web.redirects import Redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSite:
    """The site as the public sees it.

    ``url`` is its public address without a slash at the end, ``feeds_url`` that of the directory of feeds; ``language``
    (BCP 47) that of pages for people of whom no other is known.  ``hub`` is a WebSub hub.  ``newsletters`` are their
    titles by name, ``offers`` what they offer.  ``privacy_url`` is the page that says what is done with addresses.
    """

    title: str
    url: str
    feeds_url: str
    language: str = "en"
    hub: str | None = None
    newsletters: Mapping[str, str] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    privacy_url: str | None = None
    redirects: tuple[Redirect, ...] = ()

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether this process can do its work, and what that was judged by: short texts by name, without secrets."""

    ready: bool
    details: Mapping[str, str] = field(default_factory=dict)


Clock = Callable[[], datetime]
"""Tells the time, aware, in UTC."""
