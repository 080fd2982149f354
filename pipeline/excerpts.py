"""What was logged while a run went on: the last lines are kept with it, and each line says which run it is of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, TypeVar

from structlog.contextvars import bound_contextvars

R = TypeVar("R")
Line = dict[str, str]

MOST_LINES = 100
_LONGEST = 500

_kept: ContextVar[deque[Line] | None] = ContextVar("kept", default=None)


@contextmanager
def excerpt(run: int) -> Iterator[deque[Line]]:
    """Within this block, and in threads that carry it on, log lines have ``run``; the last of them are given back."""
    lines: deque[Line] = deque(maxlen=MOST_LINES)
    token = _kept.set(lines)
    try:
        with bound_contextvars(run=run):
            yield lines
    finally:
        _kept.reset(token)


def carried(work: Callable[..., R]) -> Callable[..., R]:
    """The work as another thread is to do it: what it logs belongs to the run of this one."""
    return partial(copy_context().run, work)


def keep_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: keep the line with its run."""
    lines = _kept.get()
    if lines is not None:
        texts = {name: str(value)[:_LONGEST] for name, value in event.items() if name != "run" and value is not None}
        lines.append(texts)
    return event
