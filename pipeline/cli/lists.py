"""Lists of people in files, as commands read and write them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from pipeline.cli.failures import WrongUse
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

ListFile = Annotated[str, typer.Argument(metavar="FILE.csv", help="The file; - reads standard input.")]
Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="NAME=TITLE", help="Which column of the file is which (may be repeated)."),
]


class Unwritable(PipelineError):
    """A file can't be written."""

    code = "file"


def opened_file(file: str) -> AbstractContextManager[BinaryIO]:
    """The file, or standard input for ``-``.  Raises `WrongUse`."""
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise WrongUse(f"can't be read: {error.strerror}.", where=file) from error


def called(file: str) -> str:
    """The file as messages name it."""
    return "standard input" if file == "-" else file


def mapped_columns(mapped: Sequence[str]) -> Mapping[str, str]:
    """The titles by the names of our columns.  Raises `WrongUse`."""
    from pipeline.audience.csv_columns import NAMES

    chosen: dict[str, str] = {}
    for one in mapped:
        name, equals, title = one.partition("=")
        if not equals or name.strip() not in NAMES:
            mend = f"Write --map NAME=TITLE, where NAME is one of {', '.join(NAMES)}."
            raise WrongUse(f"“{one}” maps no column.", where="--map", mend=mend)
        chosen[name.strip()] = title.strip()
    return chosen
