"""A feed's twin for people: a page with the same articles, and how to subscribe."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from jinja2 import Environment

from pipeline.errors import PublishError
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import FeedHead, FeedWriter
from pipeline.publish.pages import page_context, templates_version, write_page

_END = b"</html>"


class HtmlFormat:
    """The HTML twin, made of ``templates/web/feed.html.j2``."""

    name = "html"
    label = "HTML"
    filename = "index.html"
    media_type = "text/html"

    def __init__(self, pages: Environment) -> None:
        self._pages = pages
        self.version = templates_version(pages)

    def writer(self, head: FeedHead) -> FeedWriter:
        return _HtmlWriter(head, self._pages)

    def check(self, document: BinaryIO) -> None:
        """A page that was rendered to its end is as good as its template."""
        if not document.read().rstrip().endswith(_END):
            raise PublishError("the page would have no end")


class _HtmlWriter:
    def __init__(self, head: FeedHead, pages: Environment) -> None:
        self._head = head
        self._pages = pages
        self._articles: list[FeedArticle] = []

    def render(self, article: FeedArticle) -> FeedArticle:
        # The page shows how articles begin: what they say in full is not held in memory.
        return replace(article, title=article.headline, summary=article.excerpt, html="")

    def append(self, rendered: object) -> None:
        assert isinstance(rendered, FeedArticle)  # noqa: S101  what `render` made
        self._articles.append(rendered)

    def finish(self, updated: datetime, target: Sink) -> None:
        head = self._head
        context = page_context(head.site, head.language)
        write_page(
            self._pages,
            "web/feed.html.j2",
            target,
            **context,
            title=head.feed.title,
            head=head,
            articles=self._articles,
            updated=updated,
        )

    def close(self) -> None:
        self._articles.clear()
