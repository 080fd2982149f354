"""A feed's document for one reader: made when it is asked for, and written nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from io import BytesIO

from pipeline.domain.article import Article
from pipeline.publish.feed_article import feed_article
from pipeline.publish.format import Ending, FeedHead, Format


def document(head: FeedHead, format_: Format, articles: Iterable[Article], epoch: datetime) -> bytes:
    """The document with these articles, newest first; those that the format can't say are left out.

    ``epoch`` is when an empty feed last changed.
    """
    updated: datetime | None = None
    ids: set[str] = set()
    with closing(format_.writer(head)) as writer:
        for article in articles:
            try:
                ready = feed_article(article, head.site.feeds_url)
                rendered = writer.render(ready)
            except ValueError:
                continue
            if ready.id in ids:
                continue
            ids.add(ready.id)
            writer.append(rendered)
            updated = max(updated or ready.updated, ready.updated)
        sink = BytesIO()
        writer.finish(Ending(updated=updated or epoch), sink)
    return sink.getvalue()
