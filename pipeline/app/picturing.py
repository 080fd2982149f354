"""The steps that copy pictures, between collecting and mailing; and the copies that mail can carry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline import config
from pipeline.domain.pictures import shown_pictures
from pipeline.domain.selection import Selection
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.collect.fetch import Fetcher
    from pipeline.collect.pictures.copying import Copier
    from pipeline.domain.article import ArticleId
    from pipeline.domain.pictures import PictureCopy, Wanted

_MAILED_WITHIN = timedelta(days=32)
"""What was released longer ago is in no issue any more, a monthly one included."""


@dataclass
class Picturing:
    """Keeps the directory of pictures.  Threads may share it."""

    settings: config.Config
    store: Store
    clock: Callable[[], datetime]
    fetcher: Callable[[], Fetcher]

    @property
    def enabled(self) -> bool:
        return self.settings.pictures.enabled and bool(self.settings.newsletters)

    def note(self) -> int:
        """Step: find out which pictures the articles show that newsletters may carry."""
        now = self.clock()
        return self.store.pictures.note(self._carried, now - _MAILED_WITHIN, now, shown_pictures)

    def wanted(self, limit: int) -> Sequence[Wanted]:
        """The pictures that are to be copied now."""
        return self.store.pictures.wanted(self.clock(), limit)

    def copy(self, wanted: Wanted) -> bool:
        """Step: copy one.  Raises OSError where its files can't be written."""
        return self._copier.copy(wanted, self.clock())

    def clean(self) -> int:
        """Step: remove copies that no article has shown for long enough.  Returns how many pictures they were of."""
        from pipeline.collect.pictures.files import remove_files  # noqa: PLC0415

        chosen, removed = self.settings.pictures, 0
        while unused := self.store.pictures.unused(self.clock() - chosen.keep):
            for names in unused.values():
                remove_files(chosen.directory, names)
            self.store.pictures.drop(unused)
            removed += len(unused)
        return removed

    def copies(self, articles: Collection[ArticleId]) -> Mapping[ArticleId, tuple[PictureCopy, ...]]:
        """The copies of the articles' pictures whose files are there."""
        if not self.enabled:
            return {}
        found = self.store.pictures.copies(articles)
        directory = self.settings.pictures.directory
        every = {copy.url: copy for copies in found.values() for copy in copies}
        lost = {url for url, copy in every.items() if not all((directory / size.name).exists() for size in copy.sizes)}
        if lost:
            # A directory that was emptied, or not restored with the store: mail must not point into it.
            self.store.pictures.lost(lost)
        return {id_: tuple(one for one in copies if one.url not in lost) for id_, copies in found.items()}

    def forget(self, url: str) -> bool:
        """Remove the copy of a picture for good; False for one that no article shows."""
        from pipeline.collect.pictures.files import remove_files  # noqa: PLC0415

        names = self.store.pictures.forget(url)
        if names is None:
            return False
        remove_files(self.settings.pictures.directory, names)
        return True

    @property
    def _carried(self) -> Selection:
        """What any newsletter may carry."""
        topics = [newsletter.topics for newsletter in self.settings.newsletters]
        every = {topic for some in topics for topic in some}
        return Selection(topics=tuple(sorted(every)) if all(topics) else ())

    @cached_property
    def _copier(self) -> Copier:
        from pipeline.collect.pictures.copying import Copier, Pictures  # noqa: PLC0415  (requests loads slowly)

        chosen = self.settings.pictures
        pictures = Pictures(
            directory=chosen.directory, widths=chosen.widths, quality=chosen.quality, max_bytes=chosen.max_bytes
        )
        return Copier(pictures, self.fetcher(), self.store.pictures)
