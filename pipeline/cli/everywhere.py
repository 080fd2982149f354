"""The options that are understood before and after every command: ``--config FILE`` and ``--json``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What was asked for on the command line beside the command.  ``file`` is the configuration."""

    file: Path
    as_json: bool

    def settings(self) -> Config:
        """Raises ConfigError."""
        import os

        from pipeline import config

        return config.load(self.file, os.environ)

    @contextmanager
    def app(self) -> Iterator[App]:
        """The open app.  Raises PipelineError if the configuration or the store can't be used."""
        from pipeline.app import open_app
        from pipeline.cli.logs import configure_logs

        configure_logs()
        app = open_app(self.file)
        try:
            yield app
        finally:
            app.close()


def invocation(context: typer.Context) -> Invocation:
    found = context.find_root().obj
    if not isinstance(found, Invocation):
        raise TypeError("the root command has made no Invocation")
    return found


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``--config`` and ``--json`` in front, where the root command looks for them."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        if argument == "--json" or argument.startswith("--config="):
            front.append(argument)
        elif argument == "--config":
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(argument)
    return front + rest
