"""What goes to standard output: one JSON object, or text and tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Wide enough that nothing is ever cut or folded where a program reads.
_PIPED_WIDTH = 100_000


def print_json(value: Mapping[str, Any]) -> None:
    """One object.  Times are ISO 8601 in UTC; records become objects."""
    in_utf8().write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def say(text: str = "") -> None:
    """Text for people."""
    sys.stdout.write(f"{text}\n")


def forgive_encodings() -> None:
    """Let what a terminal's encoding can't show be escaped, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def in_utf8() -> TextIO:
    """Standard output for programs, whatever the locale is."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def console(stream: TextIO | None = None) -> Console:
    """Standard output, or another stream; without colours and folding where it is no terminal.

    Neither markup nor emoji codes are understood: titles are other people's.
    """
    from rich.console import Console

    stream = stream or sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, free: Iterable[str] = ()
) -> None:
    """A table, or the text ``empty``.  Only the columns in ``free`` may be folded on a narrow terminal."""
    filled = [[_cell(value) for value in row] for row in rows]
    if not filled:
        say(empty)
        return
    out = console()
    with out.capture() as captured:
        out.print(_table(columns, filled, frozenset(free)))
    for line in captured.get().splitlines():
        say(line.rstrip())


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Names and values below each other; what has no value is left out."""
    shown = [(name, _cell(value)) for name, value in facts]
    shown = [(name, value) for name, value in shown if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        first, *more = value.splitlines()
        say(f"{name:<{width}}  {first}")
        for line in more:
            say(f"{'':<{width}}  {line}")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], free: frozenset[str]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, column in enumerate(columns):
        numbers = all(_is_number(row[index]) for row in rows)
        table.add_column(
            column,
            justify="right" if numbers else "left",
            no_wrap=column not in free,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _is_number(cell: str) -> bool:
    return not cell or cell.isdigit()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple() | list() | frozenset() | set():
            return ", ".join(map(str, value))
    return str(value)


def _plain(value: object) -> object:
    """What JSON has no form for."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Mapping():
            return dict(value)
        case frozenset() | set():
            return sorted(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        case _:
            return str(value)
