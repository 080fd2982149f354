"""Documents with the same articles, one in each format, made in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.domain.article import Article, ArticleId
from pipeline.errors import Problem, PublishError
from pipeline.publish.feed_article import FeedArticle, feed_article
from pipeline.publish.files import replace_file
from pipeline.publish.format import Ending, FeedHead, FeedWriter, Format
from pipeline.publish.published import Published


@dataclass(slots=True, kw_only=True)
class DocumentSet:
    """Brings articles into documents: each into all of them, or into none.

    With ``max_bytes`` a document takes no more articles once they would take more bytes together.  ``updated`` is when
    the newest of the articles changed; ``seen`` are all that are in every document, or can be in none.
    """

    head: FeedHead
    formats: Sequence[Format]
    max_bytes: int | None = None
    updated: datetime | None = None
    seen: set[ArticleId] = field(default_factory=set)
    _writers: Sequence[FeedWriter] = ()
    _full: set[FeedWriter] = field(default_factory=set)
    _problems: list[Problem] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self._writers = [self._stack.enter_context(closing(format_.writer(self.head))) for format_ in self.formats]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add_all(self, articles: Iterable[Article]) -> None:
        for article in articles:
            try:
                ready, rendered = self._rendered(article)
            except ValueError as error:
                self.seen.add(article.id)
                where = f"feeds.{self.head.feed.name}: {article.public_id}"
                self._problems.append(problem(where, error, "This article is left out, the others are published."))
                continue
            for writer, piece in zip(self._writers, rendered, strict=True):
                if writer not in self._full and not writer.append(piece, self.max_bytes):
                    self._full.add(writer)
            if not self._full:
                self.seen.add(article.id)
            elif all(writer in self._full for writer, format_ in self._parts() if format_.archived):
                return
            self._ids.update(_ids(ready))
            self.updated = max(self.updated or ready.updated, ready.updated)

    def _rendered(self, article: Article) -> tuple[FeedArticle, list[object]]:
        ready = feed_article(article, self.head.site.feeds_url)
        if not self._ids.isdisjoint(_ids(ready)):
            raise ValueError("another article of the feed has the same id")
        if not self.head.feed.whole:
            ready = replace(ready, summary=ready.excerpt, html="")
        return ready, [writer.render(ready) for writer in self._writers]

    def _parts(self) -> Iterable[tuple[FeedWriter, Format]]:
        return zip(self._writers, self.formats, strict=True)

    def write(self, home: Path, ending: Ending) -> Published:
        """Write the documents into ``home``, the feed's directory.  The last good one of each stays if that fails."""
        written: list[Path] = []
        untouched: list[Path] = []
        ended = replace(ending, updated=self.updated or ending.updated)
        for format_, writer in zip(self.formats, self._writers, strict=True):
            path = home / self.head.part / format_.filename
            try:
                new = replace_file(path, partial(writer.finish, ended), format_.check)
            except (PublishError, OSError, ValueError) as error:
                self._problems.append(problem(str(path), error, "The last good document stays."))
            else:
                (written if new else untouched).append(path)
        return Published(written=tuple(written), untouched=tuple(untouched), problems=tuple(self._problems))


def problem(where: str, error: Exception, mend: str) -> Problem:
    return Problem(code=PublishError.code, where=where, what=f"{error}.", mend=mend)


def _ids(article: FeedArticle) -> Iterable[str]:
    return (article.id, *(value for _, value in article.adopted)) if article.adopted else (article.id,)
