"""One thing that was looked at, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was looked at, what is wrong with it, and what should be mended but keeps nothing from working."""

    what: str
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
