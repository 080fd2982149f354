"""A document as feedparser reads it, and as the quick reader of plain feeds does."""

from __future__ import annotations

import feedparser

from pipeline.collect.sources.feed_document import content_type
from pipeline.collect.sources.feed_entry import RawFeed
from pipeline.collect.sources.feed_plain import plain_feed
from pipeline.collect.sources.feed_xml import as_raw_feed


def by_feedparser(body: bytes, charset: str | None) -> RawFeed:
    parsed = feedparser.parse(
        body,
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": content_type(body, charset)},
    )
    return as_raw_feed(parsed, parsed.get("entries", []), str(parsed.get("version") or ""))


def plainly(body: bytes, charset: str | None = None) -> RawFeed | None:
    plain = plain_feed(body, charset)
    return plain and as_raw_feed({"feed": plain.feed}, plain.entries, plain.version)


def same_or_nothing(body: bytes, charset: str | None = None) -> bool:
    """Fails where both read it and differ; False where the quick one leaves it alone."""
    plain = plainly(body, charset)
    assert plain in (None, by_feedparser(body, charset)), body.decode("utf-8", "replace")
    return plain is not None
