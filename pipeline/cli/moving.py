"""What else is to be done when a feed takes another's place: its id, and the way from the old address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.collect.sources.old_feed import OldFeed
    from pipeline.config import Config, Feed

_FILES = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """``target`` is the document that the old address should lead to, ``feed_id`` the Atom id that our feed needs.

    ``lines`` are for people.
    """

    target: str | None = None
    feed_id: str | None = None
    lines: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def advice(settings: Config, old: OldFeed, name: str | None) -> Advice:
    """What to write into the configuration once the feed of this name takes the old one's place."""
    from pipeline.wiring.publish import feeds_url

    if name is None:
        return Advice(lines=("Which of our feeds takes its place? Say it with --feed, to be told what else is to do.",))
    feed = next(feed for feed in settings.feeds if feed.name == name)
    if feed.each:
        return Advice(lines=(f"{name} is a group of feeds: lead the old address to that which takes its place.",))
    if old.format not in feed.formats:
        what = f"the feed {name} is not written as {old.format}, which the old one's readers ask for."
        mend = f'Add "{old.format}" to its formats.'
        return Advice(problems=(Problem(code="feed-import", where=f"feeds.{name}.formats", what=what, mend=mend),))
    target = f"{feeds_url(settings)}/{name}/{_FILES[old.format]}"
    feed_id = old.id if old.format == "atom" and old.id not in (feed.id, target) else None
    return Advice(target=target, feed_id=feed_id, lines=tuple(_lines(settings, old, feed, target, feed_id)))


def _lines(settings: Config, old: OldFeed, feed: Feed, target: str, feed_id: str | None) -> Iterator[str]:
    from pipeline.cli.toml_text import toml_text

    if feed_id:
        yield f"To be added to the [[feeds]] table of {feed.name}, for readers that know the feed by its id:"
        yield toml_text({"id": feed_id})
    there, site = urlsplit(old.url), urlsplit(settings.site.url)
    if not there.netloc or old.url == target:
        return
    if there.netloc == site.netloc and there.path.startswith(site.path):
        path = there.path.removeprefix(site.path) or "/"
        # With a slash at its end it is asked for without one as well.
        places = [f"{path}?{there.query}"] if there.query else [path, path.rstrip("/")] if path[:-1] else [path]
        to = target.removeprefix(settings.site.url)
        yield "To be added to the configuration, so that the old address leads to the new one:"
        yield toml_text({"redirects": [{"from": place, "to": to} for place in dict.fromkeys(places)]})
    else:
        yield f"Let {there.netloc} answer {old.url} with a permanent redirect (301) to {target}"
