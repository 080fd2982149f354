"""feedparser's own test documents: none may surprise Rundbrief, and it must say of them what they want said.

The documents come from feedparser's source package, fetched through pip (see `archive`).  An expectation is one
comparison of a field that Rundbrief keeps; text and HTML are the same where our cleaning makes them so, for us and for
feedparser.
"""

from __future__ import annotations

import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.errors import InvalidSource
from tests.corpora.archive import CORPORA, Document, read_documents
from tests.corpora.expectations import can_be_decoded, expectations
from tests.corpora.ours import Answer, holds_for_us, is_kept, our_answer
from tests.corpora.peer import holds_for_peer, peer_answers

EXCEPTIONS = tomllib.loads(Path(__file__).with_name("exceptions.toml").read_text("utf-8"))
LONGEST = 5.0
"""Seconds of one processor for one document; nearly all of them need a thousandth of that."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as Rundbrief reads it; ``refused`` is why it doesn't."""

    document: Document
    answer: Answer | None
    refused: str | None
    seconds: float


@pytest.fixture(scope="module")
def readings() -> Sequence[Reading]:
    """Any error but InvalidSource fails here, with the document's name."""
    found = []
    for document in read_documents():
        start = time.process_time()
        answer, refused = None, None
        try:
            answer = our_answer(document)
        except InvalidSource as error:
            refused = error.what
        except Exception as error:
            error.add_note(f"in {document.name}")
            raise
        found.append(Reading(document, answer, refused, time.process_time() - start))
    return found


def test_the_corpora_are_whole(readings: Sequence[Reading]) -> None:
    counts = Counter(reading.document.corpus for reading in readings)
    assert counts == {"wellformed": 1739, "illformed": 19, "encoding": 219, "entities": 256}
    assert set(counts) == set(CORPORA)


def test_every_document_is_read_or_refused_by_name(readings: Sequence[Reading]) -> None:
    refused = {reading.document.name for reading in readings if reading.refused}
    assert refused == set(EXCEPTIONS["refused"])


def test_every_document_is_read_in_bounded_time(readings: Sequence[Reading]) -> None:
    assert [(reading.document.name, reading.seconds) for reading in readings if reading.seconds > LONGEST] == []


def test_at_least_as_many_expectations_hold_as_with_feedparser(
    readings: Sequence[Reading], record_property: Callable[[str, object], None]
) -> None:
    ours: Counter[str] = Counter()
    peers: Counter[str] = Counter()
    failing: set[tuple[str, str]] = set()
    for reading in readings:
        document = reading.document
        kept = [expectation for expectation in expectations(document) if is_kept(expectation)]
        if not kept or not can_be_decoded(document):
            continue
        with warnings.catch_warnings():
            # feedparser warns of what it leaves behind; that is its own affair.
            warnings.simplefilter("ignore")
            peer = peer_answers(document)
        for expectation in kept:
            peers[document.corpus] += holds_for_peer(peer, expectation)
            if reading.answer is not None and holds_for_us(reading.answer, expectation):
                ours[document.corpus] += 1
            else:
                failing.add((document.name, expectation.field))
    explained = {(name, field) for name, fields in EXCEPTIONS["failing"].items() for field in fields}
    record_property("ours", dict(ours))
    record_property("feedparser", dict(peers))
    assert failing == explained, "exceptions.toml lists what does not hold, and why"
    assert ours.total() >= peers.total(), f"ours {dict(ours)}, feedparser {dict(peers)}"
    assert ours.total() > 1380
