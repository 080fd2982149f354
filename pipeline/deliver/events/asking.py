"""Questions to providers' APIs, which change nothing and can be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

from pipeline.errors import ProviderRejected, ProviderUnavailable


class Answer(Protocol):
    """A whole HTTP answer; ``json`` is None where it is none, ``message`` what it says for people."""

    @property
    def status(self) -> int: ...

    @property
    def json(self) -> object: ...

    @property
    def message(self) -> str: ...

    @property
    def retry_after(self) -> timedelta | None: ...


class Calls(Protocol):
    """Calls to one provider, with its credentials."""

    def get(self, url: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Raises `ProviderError` where there is no whole answer."""
        ...

    def close(self) -> None: ...


def answered(answer: Answer, where: str) -> object:
    """The JSON of an answer.  Raises `ProviderRejected` where the key may not ask, else `ProviderUnavailable`."""
    if answer.status == HTTPStatus.OK:
        return answer.json
    said = f"It answers {answer.status}: {answer.message}".rstrip(": ")
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        mend = "Its key must be allowed to read events and suppressions."
        raise ProviderRejected(f"{said}.", where=where, mend=mend)
    raise ProviderUnavailable(f"{said}.", where=where, retry_after=answer.retry_after)
