"""Which texts were there before."""

from __future__ import annotations

import tracemalloc

from pipeline.audience.fingerprints import Fingerprints


def test_each_text_is_new_once() -> None:
    seen = Fingerprints()
    texts = [f"person.{number}@example.org" for number in range(20_000)]
    assert all(seen.add(text) for text in texts)
    assert not any(seen.add(text) for text in texts)
    assert seen.add("somebody.else@example.org")


def test_a_text_takes_some_bytes() -> None:
    tracemalloc.start()
    seen = Fingerprints()
    for number in range(50_000):
        seen.add(f"person.{number}@example.org")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 25 * 50_000
