"""What the API can do, as data: routes, checks and the OpenAPI document are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from pipeline.domain.api_token import ApiToken, Scope

Q = TypeVar("Q")
B = TypeVar("B")

SMALL = 65_536
"""The largest body of a request that has no article in it, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q, B]):
    """One request: who makes it, the number in its path (0 without one), and its checked query and body."""

    token: ApiToken
    number: int
    query: Q
    body: B
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered; ``status`` where it is not the operation's usual one."""

    body: BaseModel | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path.

    ``path`` is below the root and has ``{id}`` for a number.  ``answers`` are the statuses of success, each with the
    model of its body; the first is the usual one.  ``problems`` are those that only this operation has.  ``handle`` is
    called in a thread.
    """

    name: str
    method: str
    path: str
    summary: str
    scope: Scope
    answers: Mapping[int, type[BaseModel] | None]
    handle: Callable[[Call[Any, Any]], Reply]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()
    largest: int = SMALL

    @property
    def has_number(self) -> bool:
        return "{id}" in self.path

    @property
    def all_problems(self) -> tuple[int, ...]:
        """Every status above 399 that it may answer."""
        found = {400, 401, 403, 429, 500, 503, *self.problems}
        if self.has_number:
            found.add(404)
        if self.query is not None or self.body is not None:
            found.add(422)
        if self.body is not None:
            found |= {413, 415}
        if self.method == "POST":
            found |= {409, 422}
        return tuple(sorted(found))
