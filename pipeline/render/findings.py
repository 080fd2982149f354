"""What preflight finds: a code, how bad it is, where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.errors import Problem


class Level(StrEnum):
    """An error keeps an issue from being mailed; a warning should be mended; a note is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


CODES: Mapping[str, Level] = {
    "size": Level.ERROR,
    "merge-field": Level.ERROR,
    "unsubscribe": Level.ERROR,
    "subject-empty": Level.ERROR,
    "text-empty": Level.ERROR,
    "link-address": Level.ERROR,
    "picture-address": Level.ERROR,
    "html-broken": Level.ERROR,
    "size-near": Level.WARNING,
    "subject-long": Level.WARNING,
    "alt-missing": Level.WARNING,
    "link-unnamed": Level.WARNING,
    "link-text": Level.WARNING,
    "contrast": Level.WARNING,
    "style-block": Level.WARNING,
    "client": Level.WARNING,
    "postal-address": Level.WARNING,
    "link-dead": Level.WARNING,
    "spam-score": Level.WARNING,
    "subject-cut": Level.NOTE,
    "preheader-missing": Level.NOTE,
    "picture-insecure": Level.NOTE,
    "text-parity": Level.NOTE,
    "spam-words": Level.NOTE,
}
"""Every code with its level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found.  ``place`` is a piece of the message, "" for all of it."""

    code: str
    place: str
    what: str
    mend: str = ""
    level: Level = Level.NOTE

    def problem(self, where: str) -> Problem:
        place = f"{where}, {self.place}" if self.place else where
        return Problem(code=f"preflight-{self.code}", where=place, what=self.what, mend=self.mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """What the operator decided: codes that aren't looked at, and codes that are errors whatever they are here."""

    ignore: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()

    def levelled(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with their levels, the worst first, each once; what is ignored is left out."""
        order = list(Level)
        seen = dict.fromkeys(
            replace(one, level=Level.ERROR if one.code in self.errors else CODES[one.code])
            for one in findings
            if one.code not in self.ignore
        )
        return sorted(seen, key=lambda one: order.index(one.level))


def errors(findings: Collection[Finding]) -> list[Finding]:
    return [one for one in findings if one.level is Level.ERROR]
