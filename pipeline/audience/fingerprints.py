"""Which texts were there before, of millions, in little memory."""

from __future__ import annotations

from array import array

_SMALLEST = 1 << 10


class Fingerprints:
    """A set of texts of which only 64 bits each are kept: a text is taken for another once in ten million millions.

    Eight bytes in a table that is at most two thirds full, where a set of texts would take over a hundred.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * _SMALLEST))
        self._mask = _SMALLEST - 1
        self._count = 0

    def add(self, text: str) -> bool:
        """Whether it is new."""
        if 3 * self._count >= 2 * len(self._table):
            self._grow()
        # Zero says that a place is free.
        mark = (hash(text) & 0xFFFF_FFFF_FFFF_FFFF) or 1
        table, mask = self._table, self._mask
        place = mark & mask
        while found := table[place]:
            if found == mark:
                return False
            place = (place + 1) & mask
        table[place] = mark
        self._count += 1
        return True

    def _grow(self) -> None:
        before, size = self._table, 2 * len(self._table)
        table, mask = array("Q", bytes(8 * size)), size - 1
        for mark in filter(None, before):
            place = mark & mask
            while table[place]:
                place = (place + 1) & mask
            table[place] = mark
        self._table, self._mask = table, mask
