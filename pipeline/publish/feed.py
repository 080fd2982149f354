"""Publishes a feed: its documents, and those of its archives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from pipeline.domain.article import Article
from pipeline.publish.archive import Archive, Part, closed_parts, open_part
from pipeline.publish.characters import one_line
from pipeline.publish.document_set import DocumentSet, problem
from pipeline.publish.format import Ending, FeedDocument, FeedHead, Format
from pipeline.publish.manifest import Manifest, remove_files, remove_published
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec

_CURRENT = "."
"""What manifests call the documents that readers subscribe to."""


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
    selection: str | Callable[[], str] | None = None,
    archive: Archive | None = None,
) -> Published:
    """Publish ``articles`` (newest first; one pass) as the feed's documents into ``directory/NAME``.

    ``epoch`` is when an empty feed last changed: a fixed time, such as when the feed was first seen.  ``selection``
    is a digest of which articles in which revisions there are, or what makes it: while it and all else is as it was
    the last time, and the files are there, nothing is read or touched.  With an ``archive`` the feed gets archives,
    and it is enough that the archive's version has not changed.  An article that can't be published, and a document
    that can't be written, is a problem in the answer; the others are published, and the document's last good one stays.
    """
    home = directory / feed.name
    press = _Press(
        home=home,
        head=feed_head(site, feed, formats),
        formats=[format_ for format_ in formats if format_.name in feed.formats],
        epoch=epoch.astimezone(UTC),
        before=Manifest.read(home) or Manifest(),
    )
    try:
        return press.publish(articles, selection, archive)
    except OSError as error:
        return Published(problems=(problem(f"feeds.{feed.name}", error, "The last good documents stay."),))


def remove_feeds(directory: Path, keep: Collection[str]) -> Published:
    """Remove what we published of feeds that are not among ``keep``; what is not ours stays."""
    if not directory.is_dir():
        return Published()
    removed: list[Path] = []
    for home in sorted(directory.iterdir()):
        if home.name not in keep and home.is_dir() and not home.is_symlink():
            # Those of the groups that it was made of first, so that its directory is empty then.
            removed += remove_feeds(home, ()).removed
            removed += remove_published(home)
    return Published(removed=tuple(removed))


@dataclass(slots=True, kw_only=True)
class _Press:
    """One feed on its way into its directory; what has not changed since ``before`` is left alone."""

    home: Path
    head: FeedHead
    formats: Sequence[Format]
    epoch: datetime
    before: Manifest
    _done: Published = field(default_factory=Published)
    _parts: dict[str, str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def publish(
        self, articles: Iterable[Article], selection: str | Callable[[], str] | None, archive: Archive | None
    ) -> Published:
        if callable(selection) and archive is None:
            selection = selection()
        made_from = "" if selection is None else self._digest(archive.version() if archive else selection)
        if made_from and made_from == self.before.made_from and self.before.is_whole(self.home):
            return Published(untouched=self._paths(self.before.files))
        if callable(selection):
            selection = selection()
        if archive is None:
            self._print_current(articles, selection and self._digest(selection), Ending(updated=self.epoch))
        else:
            self._print_all(articles, selection, archive)
        problems = tuple(dict.fromkeys(self._done.problems))
        removed = remove_files(self.home, self.before.files.keys() - self._names)
        self._note(made_from="" if problems else made_from)
        return replace(self._done, problems=problems, removed=removed)

    def _print_all(self, articles: Iterable[Article], selection: str | None, archive: Archive) -> None:
        """The archives first: what points to a document comes after it."""
        months = archive.months()
        closed, opened = closed_parts(months), open_part(months)
        for part in closed:
            self._print_part(part, archive)
        ending = Ending(
            updated=self.epoch,
            previous=closed[-1].name if closed else "",
            retracted=tuple(archive.retractions()) if self.head.site.tombstones else (),
        )
        made_from = selection and self._digest(selection, opened and opened.made_from, ending)
        self._print_current(articles, made_from, ending, opened, archive)

    def _print_current(
        self,
        articles: Iterable[Article],
        made_from: str | None,
        ending: Ending,
        opened: Part | None = None,
        archive: Archive | None = None,
    ) -> None:
        names = {format_.filename for format_ in self.formats}
        if made_from and self._is_printed(_CURRENT, made_from, names):
            self._keep(_CURRENT, made_from, names)
            if opened and archive and opened.name in self.before.parts:
                self._print_part(opened, archive)
            return
        with DocumentSet(head=self.head, formats=self.formats, max_bytes=self.head.feed.max_bytes) as documents:
            documents.add_all(islice(articles, self.head.feed.limit))
            if opened and archive and not opened.articles <= documents.seen:
                if not self._print_part(opened, archive):
                    made_from = None  # what is wrong is told each time
                ending = replace(ending, previous=opened.name)
            self._print(documents, _CURRENT, made_from, names, ending)

    def _print_part(self, part: Part, archive: Archive) -> bool:
        formats = [format_ for format_ in self.formats if format_.archived]
        made_from = self._digest(part.made_from, part.previous, part.following)
        names = {f"{part.name}/{format_.filename}" for format_ in formats}
        if self._is_printed(part.name, made_from, names):
            self._keep(part.name, made_from, names)
            return True
        with DocumentSet(head=replace(self.head, part=part.name), formats=formats) as documents:
            documents.add_all(archive.articles(part.months))
            ending = Ending(updated=self.epoch, previous=part.previous, following=part.following)
            return self._print(documents, part.name, made_from, names, ending)

    def _is_printed(self, part: str, made_from: str, names: Collection[str]) -> bool:
        return self.before.parts.get(part) == made_from and self.before.is_whole(self.home, names)

    def _keep(self, part: str, made_from: str, names: Collection[str]) -> None:
        self._names |= set(names)
        self._parts[part] = made_from
        self._done += Published(untouched=self._paths(names))

    def _print(
        self, documents: DocumentSet, part: str, made_from: str | None, names: Collection[str], ending: Ending
    ) -> bool:
        done = documents.write(self.home, ending)
        self._names |= set(names)
        self._done += done
        if made_from and not done.problems:
            self._parts[part] = made_from
        return not done.problems

    def _paths(self, names: Iterable[str]) -> tuple[Path, ...]:
        """In the order of formats, which is the best for readers first; archives behind."""
        places = {format_.filename: place for place, format_ in enumerate(self.formats)}
        ordered = sorted(names, key=lambda name: (name.rpartition("/")[0], places.get(name.rpartition("/")[2], 99)))
        return tuple(self.home / name for name in ordered)

    def _note(self, made_from: str) -> None:
        if not self.home.is_dir():
            return
        files = {name: (self.home / name).stat().st_size for name in self._names if (self.home / name).exists()}
        Manifest(made_from=made_from, files=files, parts=self._parts).write(self.home)

    def _digest(self, *made_from: object) -> str:
        versions = [format_.version for format_ in self.formats]
        return sha256(repr((self.head, versions, self.epoch.isoformat(), made_from)).encode()).hexdigest()
