"""Answers of providers' APIs to questions, which change nothing and can be asked again."""

from __future__ import annotations

from http import HTTPStatus

from pipeline.deliver.providers.http_calls import Answer
from pipeline.errors import ProviderRejected, ProviderUnavailable


def answered(answer: Answer, where: str) -> object:
    """The JSON of an answer.  Raises `ProviderRejected` where the key may not ask, else `ProviderUnavailable`."""
    if answer.status == HTTPStatus.OK:
        return answer.json
    said = f"It answers {answer.status}: {answer.message}".rstrip(": ")
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        mend = "Its key must be allowed to read events and suppressions."
        raise ProviderRejected(f"{said}.", where=where, mend=mend)
    raise ProviderUnavailable(f"{said}.", where=where, retry_after=answer.retry_after)
