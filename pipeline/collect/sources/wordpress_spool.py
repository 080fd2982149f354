"""Sightings that wait on disk: an archive of ten thousand articles needs the memory of a few."""

from __future__ import annotations

import pickle
import weakref
from array import array
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import overload

from pipeline.domain.article import Sighting

_IN_MEMORY = 4_000_000
"""How many bytes are kept in memory before a file is made."""


class Spool(Sequence[Sighting]):
    """A sequence that can be appended to.  Its file has no name and goes with it."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it lives as long as we do
        self._starts = array("Q")
        self._end = 0
        weakref.finalize(self, self._file.close)

    def append(self, sighting: Sighting) -> None:
        self._file.seek(self._end)
        self._starts.append(self._end)
        self._file.write(pickle.dumps(sighting, pickle.HIGHEST_PROTOCOL))
        self._end = self._file.tell()

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[Sighting]:
        return map(self._read, range(len(self)))

    @overload
    def __getitem__(self, place: int) -> Sighting: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sighting]: ...
    def __getitem__(self, place: int | slice) -> Sighting | Sequence[Sighting]:
        chosen = range(len(self))[place]
        return self._read(chosen) if isinstance(chosen, int) else [self._read(one) for one in chosen]

    def _read(self, place: int) -> Sighting:
        self._file.seek(self._starts[place])
        sighting: Sighting = pickle.load(self._file)  # noqa: S301 - nobody but `append` writes this file
        return sighting
