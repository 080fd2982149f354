"""What becomes of a foreign picture."""

from __future__ import annotations

from dataclasses import dataclass


class NotAPicture(Exception):
    """It can't be read, or is too large; says why."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file: its pixels, how its name ends, and its bytes."""

    width: int
    height: int
    ending: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture of ``width`` × ``height`` pixels in one or more sizes, the narrowest first."""

    width: int
    height: int
    sizes: tuple[Encoded, ...]
