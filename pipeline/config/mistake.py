"""The error that a value's validator raises."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def mistake(what: str, mend: str = "") -> PydanticCustomError:
    """The error that a validator raises: ``what`` is wrong, and how to ``mend`` it."""
    return PydanticCustomError("mistake", "{what}", {"what": what, "mend": mend})


def text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise mistake("must be a text in quotes.", f'For example "{example}".')
    return value
