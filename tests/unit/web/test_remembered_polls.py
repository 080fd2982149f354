"""What is remembered of polls, so that those that come again cost little."""

from __future__ import annotations

import gc
from pathlib import Path

from pipeline.web.document import Document
from pipeline.web.documents import load_document
from pipeline.web.polls import Poll, plain_poll


def document(directory: Path, name: str) -> Document:
    (directory / name).write_text("<feed/>", encoding="utf-8")
    loaded = load_document(directory, name, lambda _name, _type, *, is_feed: {"is-feed": str(is_feed)})
    assert loaded
    return loaded


def poll(name: str, tag: str) -> Poll:
    found = plain_poll(f'GET /feeds/{name} HTTP/1.1\r\nHost: x\r\nIf-None-Match: "{tag}"\r\n\r\n'.encode())
    assert found
    return found


def test_readers_that_ask_the_same_get_the_same_answer(tmp_path: Path) -> None:
    feed = document(tmp_path, "atom.xml")
    assert feed.remembered_answer(poll("atom.xml", "a")) is feed.remembered_answer(poll("atom.xml", "a"))


def test_there_is_an_end_to_what_is_remembered_of_however_many_documents(tmp_path: Path) -> None:
    feeds = {name: document(tmp_path, name) for name in ("one.xml", "two.xml", "three.xml")}
    for number in range(4_000):
        for name, feed in feeds.items():
            feed.remembered_answer(poll(name, str(number)))
    gc.collect()
    assert sum(isinstance(one, Poll) for one in gc.get_objects()) < 4_500
