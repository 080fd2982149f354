"""A feed's twin for people: a page with the same articles, and how to subscribe."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.files import Sink
from pipeline.publish.format import Ending, FeedHead, FeedWriter
from pipeline.publish.gate import check_page
from pipeline.publish.pages import PageEnvironment, page_context, templates_version, write_page


class HtmlFormat:
    """The HTML twin, made of ``templates/web/feed.html.j2``."""

    name = "html"
    label = "HTML"
    filename = "index.html"
    media_type = "text/html"
    archived = False

    def __init__(self, pages: PageEnvironment) -> None:
        self._pages = pages
        self.version = templates_version(pages)

    def writer(self, head: FeedHead) -> FeedWriter:
        return _HtmlWriter(head, self._pages)

    def check(self, document: BinaryIO) -> None:
        check_page(document)


class _HtmlWriter:
    def __init__(self, head: FeedHead, pages: PageEnvironment) -> None:
        self._head = head
        self._pages = pages
        self._articles: list[FeedArticle] = []

    def render(self, article: FeedArticle) -> FeedArticle:
        # The page shows how articles begin: what they say in full is not held in memory.
        return replace(article, title=article.headline, summary=article.excerpt, html="")

    def append(self, rendered: object, max_bytes: int | None = None) -> bool:  # noqa: ARG002  it has only beginnings
        assert isinstance(rendered, FeedArticle)  # noqa: S101  what `render` made
        self._articles.append(rendered)
        return True

    def finish(self, ending: Ending, target: Sink) -> None:
        head = self._head
        context = page_context(self._pages, head.site, head.language)
        write_page(
            self._pages,
            "web/feed.html.j2",
            target,
            **context,
            title=head.feed.title,
            head=head,
            articles=self._articles,
            updated=ending.updated,
            archives=[
                replace(document, url=head.address(document.format, ending.previous))
                for document in head.documents
                if ending.previous and document.format != "html"
            ],
        )

    def close(self) -> None:
        self._articles.clear()
