"""Spans of what is done, for who wants to see where the time goes; nothing at all where nobody does."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int


class Tracing(Protocol):
    """Keeps spans.  Threads may share it; a span belongs to the one that its thread is in, or was begun in."""

    def span(self, name: str, **facts: Fact | None) -> AbstractContextManager[object]:
        """What is done within is a span of that name.  ``facts`` are the ids that log lines have too."""
        ...

    def close(self) -> None:
        """Hand over what is still here."""
        ...


class NoTracing:
    """Keeps none."""

    def span(self, name: str, **facts: Fact | None) -> AbstractContextManager[object]:  # noqa: ARG002
        return nullcontext()

    def close(self) -> None:
        pass
