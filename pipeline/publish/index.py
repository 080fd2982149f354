"""The lists of all feeds: a page for people, and OPML for readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Problem, PublishError
from pipeline.publish.characters import one_line
from pipeline.publish.files import Sink, replace_file
from pipeline.publish.format import FeedHead
from pipeline.publish.manifest import Manifest, remove_files
from pipeline.publish.opml import FILENAME, opml
from pipeline.publish.pages import PageEnvironment, page_context, write_page
from pipeline.publish.published import Published
from pipeline.publish.spec import FeedSpec, SiteSpec

_PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class HeadGroup:
    """Feeds that go together, with a page of their own; ``spec`` is what they have in common."""

    spec: FeedSpec
    feeds: tuple[FeedHead, ...]

    @property
    def title(self) -> str:
        return one_line(self.spec.title) or self.spec.name


def publish_index(
    site: SiteSpec,
    feeds: Sequence[FeedHead],
    groups: Sequence[HeadGroup],
    directory: Path,
    *,
    environment: PageEnvironment,
) -> Published:
    """Publish ``index.html`` and ``feeds.opml`` into ``directory``, and each group's into the directory of its name."""
    context = page_context(environment, site, site.language)
    done = _publish(
        directory,
        opml(one_line(site.title) or site.url, feeds, [(group.title, group.feeds) for group in groups]),
        lambda sink: write_page(
            environment,
            "web/feeds.html.j2",
            sink,
            **context,
            title=environment.catalogues.words(site.language).gettext("Feeds"),
            feeds=feeds,
            groups=groups,
        ),
    )
    for group in groups:
        home = directory / group.spec.name
        language = page_context(environment, site, group.spec.language or site.language)
        done += _publish(
            home,
            opml(group.title, group.feeds),
            lambda sink, group=group, context=language: write_page(  # type: ignore[misc]
                environment, "web/group.html.j2", sink, **context, title=group.title, group=group
            ),
        )
        done += _settle(home)
    return done


def _settle(home: Path) -> Published:
    """Note what there is, and remove what is left of a feed that was no group before."""
    before = Manifest.read(home) or Manifest()
    files = {name: (home / name).stat().st_size for name in (_PAGE, FILENAME) if (home / name).exists()}
    removed = remove_files(home, before.files.keys() - files.keys())
    Manifest(files=files).write(home)
    return Published(removed=removed)


def _publish(home: Path, list_: bytes, write_index: Callable[[Sink], None]) -> Published:
    written: list[Path] = []
    untouched: list[Path] = []
    problems: list[Problem] = []

    def write_list(sink: Sink) -> None:
        sink.write(list_)

    for path, write in ((home / _PAGE, write_index), (home / FILENAME, write_list)):
        try:
            new = replace_file(path, write)
        except (PublishError, OSError) as error:
            problems.append(
                Problem(code=PublishError.code, where=str(path), what=f"{error}.", mend="The last one stays.")
            )
        else:
            (written if new else untouched).append(path)
    return Published(written=tuple(written), untouched=tuple(untouched), problems=tuple(problems))
