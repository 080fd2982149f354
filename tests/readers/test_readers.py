"""Readers that people use read each of two hundred articles as the store has it, and are told when nothing is new.

Where a reader makes something else of it, `deviations.toml` says of which articles, and why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.varied_articles import HOME
from tests.readers.clients import CLIENTS
from tests.readers.conftest import Published
from tests.readers.entries import Entry, deviations, expected

KNOWN = tomllib.loads(Path(__file__).with_name("deviations.toml").read_text("utf-8"))["deviation"]
DOCUMENTS = {"atom": "atom.xml", "rss": "rss.xml"}
# How it is answered: in full, then "not modified".
USUAL = [200, 304, 304]
STATUSES = {
    # It writes the validators of its first poll to a row that isn't there yet.
    "newsboat": [200, 200, 304],
    # It heeds Cache-Control, and does not ask again while the answer is fresh.
    "feed2exec": [200],
}


def known(reader: str, format_: str) -> set[tuple[str, str]]:
    """The deviations of a reader, as fields of articles by their addresses."""
    return {
        (one["field"], f"{HOME}/{article}")
        for one in KNOWN
        if reader in one["readers"] and format_ in one["formats"]
        for article in one["articles"]
    }


@dataclass(frozen=True)
class Polled:
    """What one reader has after its first poll and after three, and how it was answered."""

    entries: list[Entry]
    again: list[Entry]
    statuses: list[int]


@pytest.fixture(scope="module")
def polled(
    published: Published, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, str], Polled]:
    """Every reader at both documents, several at once: each is mostly busy with itself."""
    home = tmp_path_factory.mktemp("readers")

    def poll(one: tuple[str, str]) -> Polled:
        name, format_ = one
        directory = home / f"{name}-{format_}"
        directory.mkdir()
        client = CLIENTS[name](directory, python)
        url = published.witness.url(directory.name, f"/feeds/alle/{DOCUMENTS[format_]}")
        client.poll(url)
        entries = client.entries()
        for _ in range(2):
            client.poll(url)
        return Polled(entries, client.entries(), published.witness.statuses[directory.name])

    pairs = [(name, format_) for name in CLIENTS for format_ in DOCUMENTS]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(pairs, pool.map(poll, pairs), strict=True))


every_reader = pytest.mark.parametrize("name", CLIENTS)
both_formats = pytest.mark.parametrize("format_", DOCUMENTS)


@every_reader
@both_formats
def test_it_reads_each_article_as_the_store_has_it(
    published: Published, polled: Mapping[tuple[str, str], Polled], name: str, format_: str
) -> None:
    wanted = [expected(article, format_) for article in published.articles]
    found = deviations(polled[name, format_].entries, wanted)
    assert {(field, link) for field, some in found.items() for link in some} == known(name, format_), found


@every_reader
@both_formats
def test_polling_again_costs_nothing_and_brings_nothing_twice(
    polled: Mapping[tuple[str, str], Polled], name: str, format_: str
) -> None:
    one = polled[name, format_]
    assert one.statuses == STATUSES.get(name, USUAL)
    assert len(one.again) == len(one.entries)
