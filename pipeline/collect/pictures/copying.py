"""The stage: copy the pictures that articles show, so that mail can carry ours.

Nothing waits for it: a picture that isn't there yet, or can't be copied, is loaded from where its source has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from pipeline.collect.fetch import Fetcher, FetchLimits
from pipeline.collect.hosts import REST, HostResting
from pipeline.collect.pictures.files import write_file
from pipeline.collect.pictures.isolated import shrink_isolated
from pipeline.collect.pictures.shrunk import NotAPicture, Shrunk
from pipeline.domain.pictures import PictureCopy, Size, Wanted
from pipeline.errors import InvalidSource, SourceError, SourceGone, SourceUnavailable

ACCEPT = "image/jpeg, image/png, image/gif, image/webp, image/avif, image/*;q=0.5"
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""When a picture that could not be had is tried again; after the last of them it is not."""

_NOT_LATER = frozenset({400, 401, 402, 403, 404, 405, 406, 451})
_SECONDS = 20.0
_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Where copies are kept, how wide they are made, JPEG's ``quality``, and what an original may have in bytes."""

    directory: Path
    widths: tuple[int, ...]
    quality: int
    max_bytes: int


class PictureStore(Protocol):
    """What this stage needs of the store."""

    def keep(self, wanted: Wanted, copy: PictureCopy, size: int, now: datetime) -> None:
        """Its copy is there, with ``size`` bytes in all of its files."""
        ...

    def fail(self, wanted: Wanted, why: str, retry: datetime | None, now: datetime) -> None:
        """It could not be copied; it is tried again at ``retry``, or never."""
        ...

    def postpone(self, wanted: Wanted, until: datetime) -> None:
        """Its host asked to be left alone: that was no try."""
        ...


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies single pictures; may be shared by threads."""

    pictures: Pictures
    fetcher: Fetcher
    store: PictureStore
    reading: Callable[[bytes, Sequence[int], int], Shrunk] = shrink_isolated

    def copy(self, wanted: Wanted, now: datetime) -> bool:
        """Copy it, and note what came of it.  True where it is there.

        Raises OSError where its files can't be written, and `StoreError`; no error of its server.
        """
        limits = FetchLimits(max_bytes=self.pictures.max_bytes, total_seconds=_SECONDS, max_redirects=_REDIRECTS)
        try:
            # Never from private addresses: what is there would become public.
            body = self.fetcher.within(limits).get(wanted.url, accept=ACCEPT, now=now).body
            shrunk = self.reading(body, self.pictures.widths, self.pictures.quality)
        except HostResting as error:
            self.store.postpone(wanted, now + (error.retry_after or REST))
            return False
        except SourceError as error:
            self.store.fail(wanted, error.what, _retry(error, wanted.tries, now), now)
            return False
        except NotAPicture as error:
            self.store.fail(wanted, str(error), None, now)
            return False
        sizes = self._written(wanted.url, body, shrunk)
        copy = PictureCopy(url=wanted.url, width=shrunk.width, height=shrunk.height, sizes=sizes)
        self.store.keep(wanted, copy, sum(len(one.data) for one in shrunk.sizes), now)
        return True

    def _written(self, url: str, body: bytes, shrunk: Shrunk) -> tuple[Size, ...]:
        """The files, under names that never stand for anything else, so that they may be kept for ever."""
        made = repr((url, self.pictures.widths, self.pictures.quality)).encode()
        digest = sha256(made + b"\n" + body).hexdigest()
        sizes = []
        for one in shrunk.sizes:
            size = Size(one.width, one.height, f"{digest[:2]}/{digest[2:30]}-{one.width}.{one.ending}")
            write_file(self.pictures.directory / size.name, one.data)
            sizes.append(size)
        return tuple(sizes)


def _retry(error: SourceError, tries: int, now: datetime) -> datetime | None:
    if isinstance(error, SourceGone | InvalidSource) or tries >= len(WAITS):
        return None
    if isinstance(error, SourceUnavailable):
        if error.status in _NOT_LATER:
            return None
        return now + max(WAITS[tries], error.retry_after or timedelta())
    return now + WAITS[tries]
