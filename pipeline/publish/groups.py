"""Feeds that are made for each topic, source, author or language there is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from pipeline.domain.selection import Group
from pipeline.domain.slug import slug
from pipeline.publish.languages import known_language
from pipeline.publish.manifest import remove_published
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec


def feeds_of_groups(spec: FeedSpec, groups: Iterable[Group], title: Callable[[Group], str]) -> tuple[FeedSpec, ...]:
    """A feed for each of the groups, by their names: below ``spec``'s address, and otherwise like it.

    The first group that comes to an address has it; others get a number made from their key, so that an address stays
    when other groups come.  ``title`` is what the group is called.
    """
    feeds: dict[str, FeedSpec] = {}
    for group in groups:
        part = slug(group.label) or slug(group.key)
        if not part or f"{spec.name}/{part}" in feeds:
            part = "-".join(filter(None, (part, blake2b(group.key.encode(), digest_size=4).hexdigest())))
        name = f"{spec.name}/{part}"
        feeds[name] = replace(
            spec,
            name=name,
            title=f"{spec.title}: {title(group)}",
            label=title(group),
            language=(known_language(group.key) if group.kind == "language" else None) or spec.language,
            selection=replace(spec.selection, group=group),
            id=None,
        )
    return tuple(sorted(feeds.values(), key=lambda feed: (feed.label.casefold(), feed.name)))


def remove_feeds_of_groups(directory: Path, spec: FeedSpec, keep: Collection[str]) -> Published:
    """Remove the documents of groups that no article is in any more; ``keep`` are names of feeds."""
    home = directory / spec.name
    if not home.is_dir():
        return Published()
    removed: list[Path] = []
    for child in sorted(home.iterdir()):
        if f"{spec.name}/{child.name}" not in keep and child.is_dir() and not child.is_symlink():
            removed += remove_published(child)
    return Published(removed=tuple(removed))
