"""What came of publishing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The documents by what became of them, and what is wrong with single articles or documents."""

    written: tuple[Path, ...] = ()
    untouched: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Published) -> Published:
        return Published(
            written=self.written + other.written,
            untouched=self.untouched + other.untouched,
            removed=self.removed + other.removed,
            problems=self.problems + other.problems,
        )
