"""Values that several models of the API have in common."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from pipeline.web.api.problems import ApiProblem

_LARGEST = 2**53 - 1
_MOST = 200


class Model(BaseModel):
    """Whatever is not named is refused, so that a spelling mistake is no wish that nobody hears."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_line(text: str) -> str:
    if not text.isprintable():
        msg = "it has control characters or line breaks"
        raise ValueError(msg)
    return " ".join(text.split())


Line = Annotated[str, StringConstraints(max_length=500), AfterValidator(_one_line)]
"""One line of text."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_\-./]+$")]
"""A name from the configuration."""
Topic = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line)]
Language = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
"""A tag of BCP 47."""
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A time with its offset; it is answered in UTC."""
Address = Annotated[str, StringConstraints(min_length=3, max_length=320), AfterValidator(_one_line)]
"""A mail address.  It stands in bodies and never in the address of a page: those end up in logs."""


class Paging(Model):
    """Which part of a list is asked for."""

    limit: int = Field(default=50, ge=1, le=_MOST, description="How many.")
    cursor: str | None = Field(
        default=None, max_length=200, description="`next` of the answer before; without one the list begins."
    )


def cursor_of(moment: datetime | None, number: int) -> str:
    """What a page begins behind; opaque to whoever gets it."""
    text = json.dumps([moment.isoformat() if moment else None, number])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def moment_and_number(cursor: str | None) -> tuple[datetime, int] | None:
    """Raises `ApiProblem` for what is no cursor of ours."""
    if cursor is None:
        return None
    moment, number = _read(cursor)
    if moment is None:
        raise _no_cursor()
    return moment, number


def only_number(cursor: str | None) -> int | None:
    """Raises `ApiProblem` for what is no cursor of ours."""
    return None if cursor is None else _read(cursor)[1]


def _read(cursor: str) -> tuple[datetime | None, int]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        moment, number = json.loads(text)
        read = None if moment is None else datetime.fromisoformat(moment).astimezone(UTC)
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _no_cursor() from error
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= _LARGEST:
        raise _no_cursor()
    return read, number


def _no_cursor() -> ApiProblem:
    return ApiProblem(400, "cursor", "The cursor is none of this list's: begin without one.")
