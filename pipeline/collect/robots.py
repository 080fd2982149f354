"""What robots.txt lets us fetch (RFC 9309)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pipeline.collect.fetch import Response
from pipeline.collect.fetch_failures import shown_url
from pipeline.errors import InvalidSource, SourceError, SourceGone, SourceUnavailable

if TYPE_CHECKING:
    from protego import Protego

AGENT = "Rundbrief"
"""The product token by which robots.txt may address us (RFC 9309, 2.2.1)."""

LONGEST_DELAY = timedelta(seconds=10)
"""The longest Crawl-delay that is kept; who asks for more gets this."""

_READ = 500 * 1024
"""How much of a robots.txt is read, in bytes: what RFC 9309, 2.5 wants at least."""
_KEPT = timedelta(hours=24)
_LONGEST_KEPT = 16_384
_NOTHING_ALLOWED = "User-agent: *\nDisallow: /"

Kept = Mapping[str, tuple[str, str]]
"""Robots.txt by origin: when it was fetched (RFC 3339) and what it says."""


class RobotsForbid(InvalidSource):
    """The robots.txt of the site forbids to fetch it."""

    code = "robots-forbid"


class Fetching(Protocol):
    """What is needed of `pipeline.collect.fetch.Fetcher`."""

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = ...,
        allow_private: bool = False,
        on_redirect: Callable[[str], object] | None = None,
        now: datetime,
    ) -> Response: ...


@dataclass(slots=True)
class Robots:
    """The rules of all hosts that one collection comes to; each robots.txt is fetched once.

    One that isn't there (4xx) allows everything.  One that can't be had (5xx, no answer) allows nothing this time.
    ``kept`` are those of earlier collections; they are believed for a day.  ``requests`` and ``received`` are the cost.
    """

    fetcher: Fetching
    now: datetime
    allow_private: bool = False
    kept: Kept = field(default_factory=dict)
    requests: int = 0
    received: int = 0
    _rules: dict[str, Protego] = field(default_factory=dict)
    _unknown: dict[str, SourceError] = field(default_factory=dict)
    _texts: dict[str, tuple[str, str]] = field(default_factory=dict)

    def allow(self, url: str) -> bool:
        return bool(self._of(url).can_fetch(url, AGENT))

    def require(self, url: str) -> None:
        """Raise `RobotsForbid` where it is not allowed to fetch ``url``; `failure` where that is not known."""
        if not self.allow(url):
            if failure := self.failure(url):
                raise failure
            raise RobotsForbid("the site's robots.txt forbids it.", where=shown_url(url))

    def failure(self, url: str) -> SourceError | None:
        """Why it could not be found out what the host allows, so that nothing is allowed for now."""
        self._of(url)
        return self._unknown.get(_origin(url))

    def delay(self, url: str) -> timedelta:
        """How long to wait between two requests to the host of ``url``, as Crawl-delay says; zero if it doesn't."""
        seconds = self._of(url).crawl_delay(AGENT) or 0.0
        return (
            min(timedelta(seconds=max(seconds, 0.0)), LONGEST_DELAY)
            if seconds < _KEPT.total_seconds()
            else LONGEST_DELAY
        )

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of the host of ``url`` names, as they stand there."""
        return tuple(dict.fromkeys(self._of(url).sitemaps))

    def to_keep(self) -> dict[str, tuple[str, str]]:
        """What to remember for the next collection: the short ones that are not a day old."""
        return {origin: kept for origin, kept in self._texts.items() if len(kept[1]) <= _LONGEST_KEPT}

    def _of(self, url: str) -> Protego:
        from protego import Protego  # noqa: PLC0415 - only where pages are fetched

        origin = _origin(url)
        if origin not in self._rules:
            self._rules[origin] = Protego.parse(self._text(origin))
        return self._rules[origin]

    def _text(self, origin: str) -> str:
        if (kept := self.kept.get(origin)) and self._is_fresh(kept[0]):
            self._texts[origin] = kept
            return kept[1]
        self.requests += 1
        try:
            answer = self.fetcher.get(
                f"{origin}/robots.txt", accept="text/plain, */*;q=0.5", allow_private=self.allow_private, now=self.now
            )
        except SourceError as error:
            if not _is_absent(error):
                self._unknown[origin] = error
                return _NOTHING_ALLOWED
            text = ""
        else:
            self.requests += answer.requests - 1
            self.received += answer.received
            text = answer.body[:_READ].decode("utf-8-sig", "replace")
            # A page in the place of the file, as sites have that answer everything with 200, says nothing of robots.
            text = "" if text.lstrip().startswith("<") else text
        self._texts[origin] = (self.now.astimezone(UTC).isoformat(), text)
        return text

    def _is_fresh(self, fetched: str) -> bool:
        try:
            return timedelta() <= self.now - datetime.fromisoformat(fetched) < _KEPT
        except (ValueError, TypeError):
            return False


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_absent(error: SourceError) -> bool:
    if isinstance(error, SourceGone):
        return True
    status = error.status if isinstance(error, SourceUnavailable) else None
    later = status == HTTPStatus.TOO_MANY_REQUESTS
    return status is not None and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and not later
