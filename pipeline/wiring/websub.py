"""From the configuration to what WebSub takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__, config
from pipeline.publish.websub.distribution import Topic

if TYPE_CHECKING:
    from pipeline.calls import GuardedCaller
    from pipeline.publish.format import FeedHead

# The HTML twin names its feeds, and those their hub.
_TOPICS = frozenset({"atom", "rss", "json"})


def hub_address(settings: config.Config) -> str | None:
    """The hub that the feeds name: a foreign one, or ours."""
    return f"{settings.site.url}/hub" if is_ours(settings) else settings.publish.hub


def is_ours(settings: config.Config) -> bool:
    """Whether we are the hub."""
    return settings.publish.hub == config.SELF


def websub_topics(heads: Iterable[FeedHead], directory: Path) -> Sequence[Topic]:
    """The documents that may be subscribed to."""
    return [
        Topic(
            url=document.url,
            path=directory / head.feed.name / document.filename,
            content_type=f"{document.media_type}; charset=utf-8",
        )
        for head in heads
        for document in head.documents
        if document.format in _TOPICS
    ]


def make_caller(settings: config.Config, clock: Callable[[], datetime]) -> GuardedCaller:
    from pipeline.calls import GuardedCaller  # noqa: PLC0415  (requests loads slowly)

    return GuardedCaller(
        user_agent=f"Rundbrief/{__version__} (+{settings.site.url})",
        clock=clock,
        allow_private=settings.publish.hub_allow_private,
    )
