"""feedparser's own documents: those that are plain say the same when they are read quickly."""

from __future__ import annotations

from email.message import Message

from pipeline.collect.sources.feed_document import numbered_entities
from tests.corpora.archive import read_documents
from tests.corpora.expectations import headers
from tests.fakes.both_parsers import same_or_nothing


def test_a_plain_document_says_what_feedparser_says() -> None:
    plain = 0
    for document in read_documents():
        kind = Message()
        kind["content-type"] = headers(document).get("content-type", "application/xml")
        plain += same_or_nothing(numbered_entities(document.body), kind.get_content_charset())
    assert plain > 600
