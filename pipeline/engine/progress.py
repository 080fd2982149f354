"""How long work is shown while it goes on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what goes on; a terminal shows bars, a log lines, a test nothing."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins; ``total`` counts its steps, None if that isn't known."""
        ...

    def advance(self, what: str, count: int = 1) -> None:
        """Steps of the stage are done; ``what`` names the last."""
        ...


class Quiet:
    """Shows nothing."""

    def stage(self, name: str, total: int | None) -> None:
        del name, total

    def advance(self, what: str, count: int = 1) -> None:
        del what, count
