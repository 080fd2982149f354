"""What went wrong, in words for people and for scripts, and with which code the command ends."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import typer

from pipeline.cli.stopping import Terminated
from pipeline.errors import ConfigError, PipelineError, Problem

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130

_DEBUG = "RUNDBRIEF_DEBUG"
_LONGEST = 400


class WrongUse(PipelineError):
    """The command line asks for something that isn't there."""

    code = "usage"


def problems_of(error: BaseException) -> tuple[Problem, ...]:
    """The error as problems; an unexpected one as a single line."""
    match error:
        case ConfigError():
            return error.problems
        case PipelineError():
            return (error.problem,)
        case KeyboardInterrupt() | Terminated():
            return (Problem(code="interrupted", where="rundbrief", what="was interrupted."),)
    first = next(iter(str(error).strip().splitlines()), "")[:_LONGEST]
    what = f"failed unexpectedly: {type(error).__name__}" + (f": {first}" if first else "")
    mend = f"Please report this as a bug; with {_DEBUG}=1 in the environment the command says where it happened."
    return (Problem(code="unexpected", where="rundbrief", what=what, mend=mend),)


def report_failure(error: BaseException, *, as_json: bool) -> int:
    """Say what the error is; returns the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, typer.Abort):
        return FAILED
    if os.environ.get(_DEBUG):
        traceback.print_exception(error)
    if isinstance(error, typer.TyperException):
        problems = [_misuse(error)]
    else:
        problems = list(problems_of(error))
        report_problems(problems)
    if as_json:
        _print_json(problems)
    return WRONG_USE if isinstance(error, ConfigError | WrongUse | typer.TyperException) else FAILED


def report_problems(problems: Iterable[Problem]) -> None:
    """A line for each, on standard error."""
    for problem in problems:
        _say(line_of(problem))


def _misuse(error: typer.TyperException) -> Problem:
    """Say what is wrong with the command line, and how the command is used."""
    context = getattr(error, "ctx", None)
    # What a type's own check says comes with the name of its exception.
    message = error.format_message().replace(": Value error, ", ": ")
    if context is None or message.startswith("Usage:"):
        _say(message)
        return Problem(code=WrongUse.code, where="rundbrief", what=message)
    _say(f"{context.get_usage()}\n\n{message}\n`{context.command_path} --help` tells more.")
    return Problem(code=WrongUse.code, where=context.command_path, what=message)


def line_of(problem: Problem) -> str:
    return str(problem) if problem.where else " ".join(filter(None, (problem.what, problem.mend)))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _print_json(problems: Sequence[Problem]) -> None:
    from pipeline.cli.output import print_json

    print_json({"problems": [asdict(problem) for problem in problems]})
