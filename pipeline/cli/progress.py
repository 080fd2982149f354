"""How long work is shown: bars on a terminal, log lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from pipeline.engine.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0
_LABELS = {"collect": "Collecting", "publish": "Publishing", "mail": "Mailing", "import": "Importing"}


class Bars:
    """A bar for each stage, on standard error."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        self._finish()
        self._task = self._display.add_task(_LABELS.get(name, name), total=total, what="")

    def advance(self, what: str, count: int = 1) -> None:
        if self._task is not None:
            self._display.update(self._task, advance=count, what=what)

    def _finish(self) -> None:
        if self._task is not None:
            self._display.update(self._task, what="")


class Lines:
    """A log line when a stage begins, and one every few seconds while it goes on."""

    def __init__(self) -> None:
        import structlog

        self._log = structlog.get_logger("rundbrief")
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._last_line = time.monotonic()

    def stage(self, name: str, total: int | None) -> None:
        self._stage, self._total, self._done = name, total, 0
        self._last_line = time.monotonic()
        self._log.info(f"{name} begins", **({} if total is None else {"steps": total}))

    def advance(self, what: str, count: int = 1) -> None:
        self._done += count
        if time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            of = {} if self._total is None else {"of": self._total}
            self._log.info(f"{self._stage} goes on", done=self._done, **of, last=what)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Progress on standard error, in the form that suits it."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False, style="dim"),
    )
    with Display(*columns, console=Console(file=sys.stderr), transient=True) as display:
        yield Bars(display)


class Numbered(Protocol):
    """A row of a file, with the number of its line."""

    @property
    def line(self) -> int: ...


Row = TypeVar("Row", bound=Numbered)


def counted(rows: Iterator[Row], progress: Progress, every: int = 500) -> Iterator[Row]:
    """The rows as they are; progress is told how far the lines have been read, every some hundred."""
    told = line = 0
    for row in rows:
        line = row.line
        if line - told >= every:
            progress.advance("lines", line - told)
            told = line
        yield row
    progress.advance("lines", line - told)
