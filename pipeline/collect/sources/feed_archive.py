"""What a feed says of its older articles: archives and pages (RFC 5005), and JSON Feed's ``next_url``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.collect.source import Collection, SourceState
from pipeline.domain.article import Sighting
from pipeline.errors import Problem, SourceError

MAX_PAGES = 50

ReadPage = Callable[[str], tuple[Collection, str | None]]
"""Reads the page at an address: what it shows, and the address of the one before it."""


def previous_page(links: Iterable[Mapping[str, Any]]) -> str | None:
    """Of a feed's links, the one to older articles: the archive before it (RFC 5005, 4), else its next page (3)."""
    named = {str(link.get("rel")): str(link["href"]) for link in links if link.get("href")}
    return named.get("prev-archive") or named.get("next")


def read_back(read: ReadPage, address: str, since: datetime) -> Collection:
    """The pages from ``address`` back to the first that has something as old as ``since``, or that was known.

    At most `MAX_PAGES`.  ``reached`` tells that they go back that far: archives that end before are not whole.
    Raises `SourceError` where the first page can't be read; a later one costs no more than itself and those before it.
    """
    sightings: dict[str, Sighting] = {}
    problems: list[Problem] = []
    failed: set[str] = set()
    cost = Collection(sightings=(), state=SourceState())
    seen: set[str] = set()
    page: str | None = address
    while page is not None and page not in seen and len(seen) < MAX_PAGES:
        seen.add(page)
        try:
            shown, page = read(page)
        except SourceError as error:
            if not sightings:
                raise
            problems.append(error.problem)
            break
        for sighting in shown.sightings:
            sightings.setdefault(sighting.key, sighting)
        problems += shown.problems
        failed |= shown.failed
        cost = replace(cost, requests=cost.requests + shown.requests, received=cost.received + shown.received)
        if _goes_back(shown.sightings, since):
            break
    return replace(
        cost,
        sightings=tuple(sightings.values()),
        problems=tuple(problems),
        failed=frozenset(failed),
        reached=_goes_back(sightings.values(), since) or None,
    )


def _goes_back(sightings: Iterable[Sighting], since: datetime) -> bool:
    return any(
        seen.content is None or (seen.content.published is not None and seen.content.published <= since)
        for seen in sightings
    )
