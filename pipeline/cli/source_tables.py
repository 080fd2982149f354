"""New tables [[sources]]: what they are called, whether the configuration takes them, and writing them into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.collect.candidates import Candidate
    from pipeline.collect.opml import ListedFeed
    from pipeline.config import Config

Table = Mapping[str, object]


def known_addresses(settings: Config) -> dict[str, str]:
    """The names of the sources that are there, by `pipeline.collect.same_address.url_key`."""
    from pipeline.collect.same_address import url_key

    addresses = ((source.name, getattr(source, "url", None)) for source in settings.sources)
    return {url_key(url): name for name, url in addresses if url}


def feed_tables(
    settings: Config, feeds: Sequence[ListedFeed], topics: Sequence[str]
) -> tuple[list[Table], list[ListedFeed]]:
    """A table for each feed, with ``topics`` beside its own; then the feeds that the configuration can't take."""
    from pipeline.config.naming import name_from
    from pipeline.domain.article import distinct_topics

    tables: list[Table] = []
    refused: list[ListedFeed] = []
    taken = {source.name for source in settings.sources}
    for feed in feeds:
        table: dict[str, object] = {"name": name_from(feed.title, feed.home or feed.url, taken), "type": "feed"}
        table["url"] = feed.url
        if labels := distinct_topics([*feed.topics, *topics]):
            table["topics"] = list(labels)
        if is_accepted(table):
            taken.add(str(table["name"]))
            tables.append(table)
        else:
            refused.append(feed)
    return tables, refused


def candidate_tables(
    settings: Config, candidates: Sequence[Candidate], title: str, *, allow_private: bool, topics: Sequence[str]
) -> list[Table]:
    """A table for each candidate; ``title`` is for those that have none."""
    from pipeline.config.naming import name_from

    taken = {source.name for source in settings.sources}
    tables: list[Table] = []
    for one in candidates:
        name = name_from(one.facts.title or title, one.url, taken)
        taken.add(name)
        table: dict[str, object] = {"name": name, "type": one.kind.value, "url": one.url}
        if topics:
            table["topics"] = list(topics)
        for key, wanted in (("full_text", one.facts.full_text is False), ("allow_private", allow_private)):
            # Not every type has these.
            if wanted and is_accepted({**table, key: True}):
                table[key] = True
        tables.append(table)
    return tables


def is_accepted(table: Table) -> bool:
    """Whether the configuration takes a source like that."""
    from pydantic import ValidationError

    from pipeline.config.sources import SOURCES

    try:
        SOURCES[str(table["type"])].model_validate(table, context={"base": Path()})
    except (ValidationError, KeyError):
        return False
    return True


def write_tables(file: Path, tables: Sequence[Table]) -> Path | None:
    """Add them to the configuration; None where there are none.  Raises ConfigError."""
    import os

    from pipeline.config.write import add_sources

    if not tables:
        return None
    add_sources(file, tables, os.environ)
    return file


def added(file: Path, tables: Sequence[Table]) -> str:
    """What was written, in a sentence."""
    number = "1 source was" if len(tables) == 1 else f"{len(tables)} sources were"
    return f"{number} added to {file}: {', '.join(str(table['name']) for table in tables)}."
