"""Publishes a feed: one pass over its articles makes all of its documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from pipeline.domain.article import Article
from pipeline.errors import Problem, PublishError
from pipeline.publish.characters import one_line
from pipeline.publish.feed_article import FeedArticle, feed_article
from pipeline.publish.files import remove_file, replace_file
from pipeline.publish.format import FeedDocument, FeedHead, FeedWriter, Format
from pipeline.publish.manifest import Manifest, remove_published
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec


def feed_head(site: SiteSpec, feed: FeedSpec, formats: Sequence[Format]) -> FeedHead:
    """What all documents say of the feed.  ``formats`` may be more than the feed's; their order is kept."""
    documents = tuple(
        FeedDocument(
            format=format_.name,
            label=format_.label,
            filename=format_.filename,
            media_type=format_.media_type,
            url=f"{site.feeds_url}/{feed.name}/{format_.filename}",
        )
        for format_ in formats
        if format_.name in feed.formats
    )
    return FeedHead(
        site=replace(site, title=one_line(site.title) or site.url),
        feed=replace(feed, title=one_line(feed.title) or feed.name, description=one_line(feed.description)),
        documents=documents,
    )


def publish_feed(
    site: SiteSpec,
    feed: FeedSpec,
    articles: Iterable[Article],
    directory: Path,
    *,
    formats: Sequence[Format],
    epoch: datetime,
    selection: str | None = None,
) -> Published:
    """Publish ``articles`` (newest first; one pass) as the feed's documents into ``directory/NAME``.

    ``epoch`` is when an empty feed last changed: a fixed time, such as when the feed was first seen.  ``selection``
    is a digest of which articles in which revisions there are: while it and all else is as it was the last time,
    and the files are there, nothing is read or touched.  An article that can't be published, and a document that
    can't be written, is a problem in the answer; the others are published, and the document's last good one stays.
    """
    try:
        return _publish(site, feed, articles, directory / feed.name, formats, epoch, selection)
    except OSError as error:
        return Published(problems=(_problem(f"feeds.{feed.name}", error, "The last good documents stay."),))


def _publish(
    site: SiteSpec,
    feed: FeedSpec,
    articles: Iterable[Article],
    home: Path,
    formats: Sequence[Format],
    epoch: datetime,
    selection: str | None,
) -> Published:
    head = feed_head(site, feed, formats)
    used = [format_ for format_ in formats if format_.name in feed.formats]
    before = Manifest.read(home) or Manifest()
    made_from = "" if selection is None else _digest(head, used, epoch, selection)
    if made_from and made_from == before.made_from and before.is_whole(home):
        return Published(untouched=tuple(home / format_.filename for format_ in used))
    with ExitStack() as stack:
        writers = [stack.enter_context(closing(format_.writer(head))) for format_ in used]
        body = _Body(feed.name, site.feeds_url, writers)
        body.add_all(islice(articles, feed.limit))
        done = _write_documents(home, list(zip(used, writers, strict=True)), body.updated or epoch)
    problems = (*body.problems, *done.problems)
    removed = _settle(home, before, used, "" if problems else made_from)
    return replace(done, problems=problems, removed=removed)


def remove_feeds(directory: Path, keep: Collection[str]) -> Published:
    """Remove what we published of feeds that are not among ``keep``; what is not ours stays."""
    if not directory.is_dir():
        return Published()
    removed: list[Path] = []
    for home in sorted(directory.iterdir()):
        if home.name not in keep and home.is_dir() and not home.is_symlink():
            removed += remove_published(home)
    return Published(removed=tuple(removed))


@dataclass(slots=True)
class _Body:
    """Brings articles into documents: each into all of them, or into none."""

    feed: str
    feeds_url: str
    writers: Sequence[FeedWriter]
    updated: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)

    def add_all(self, articles: Iterable[Article]) -> None:
        for article in articles:
            try:
                ready, rendered = self._rendered(article)
            except ValueError as error:
                where = f"feeds.{self.feed}: {article.public_id}"
                self.problems.append(_problem(where, error, "This article is left out, the others are published."))
                continue
            for writer, piece in zip(self.writers, rendered, strict=True):
                writer.append(piece)
            self._ids.add(ready.id)
            self.updated = max(self.updated or ready.updated, ready.updated)

    def _rendered(self, article: Article) -> tuple[FeedArticle, list[object]]:
        ready = feed_article(article, self.feeds_url)
        if ready.id in self._ids:
            raise ValueError("another article of the feed has the same id")
        return ready, [writer.render(ready) for writer in self.writers]


def _write_documents(home: Path, parts: Sequence[tuple[Format, FeedWriter]], updated: datetime) -> Published:
    written: list[Path] = []
    untouched: list[Path] = []
    problems: list[Problem] = []
    for format_, writer in parts:
        path = home / format_.filename
        try:
            new = replace_file(path, lambda sink, writer=writer: writer.finish(updated, sink), format_.check)  # type: ignore[misc]
        except (PublishError, OSError, ValueError) as error:
            problems.append(_problem(str(path), error, "The last good document stays."))
        else:
            (written if new else untouched).append(path)
    return Published(written=tuple(written), untouched=tuple(untouched), problems=tuple(problems))


def _settle(home: Path, before: Manifest, used: Sequence[Format], made_from: str) -> tuple[Path, ...]:
    """Remove the documents of formats that the feed no longer has, and note what there is now."""
    names = {format_.filename for format_ in used}
    removed = tuple(home / name for name in sorted(before.files) if name not in names and remove_file(home / name))
    files = {name: (home / name).stat().st_size for name in names if (home / name).exists()}
    if home.is_dir():
        Manifest(made_from=made_from, files=files).write(home)
    return removed


def _digest(head: FeedHead, used: Sequence[Format], epoch: datetime, selection: str) -> str:
    versions = [format_.version for format_ in used]
    return sha256(repr((head, versions, epoch.astimezone(UTC).isoformat(), selection)).encode()).hexdigest()


def _problem(where: str, error: Exception, mend: str) -> Problem:
    return Problem(code=PublishError.code, where=where, what=f"{error}.", mend=mend)
