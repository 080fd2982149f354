"""What WebSub needs of HTTP: calls to strangers' servers, which end in an answer whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``status`` is None where there was no answer: ``error`` then says why, in words.

    ``reached`` tells whether there was a connection at all.  ``body`` is its beginning only.
    """

    status: int | None = None
    body: bytes = b""
    retry_after: timedelta | None = None
    error: str = ""
    reached: bool = True

    @property
    def ok(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def failure(self) -> str:
        """Why it isn't a good answer."""
        return self.error or f"it answers {self.status}"


class Caller(Protocol):
    """Calls only public addresses, follows no redirect, and is bounded in time and in the bytes it reads.

    Threads may share it.
    """

    def get(self, url: str) -> Answer: ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...

    def close(self) -> None: ...
