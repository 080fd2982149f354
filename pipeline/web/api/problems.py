"""What is said when a request can't be answered: RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one value of a request."""

    model_config = ConfigDict(extra="forbid")

    pointer: str = Field(description="Where it stands: a JSON Pointer into the body, or the name of a parameter.")
    detail: str


class Problem(BaseModel):
    """An answer to a request that could not be carried out (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: str = Field(description="The name of the status.")
    status: int
    detail: str = Field(description="What is wrong, and how to mend it.")
    code: str = Field(description="What is wrong, in a word for programs.")
    errors: list[FieldProblem] = Field(default=[], description="The values that are wrong, where it is about values.")


@dataclass(frozen=True)
class ApiProblem(Exception):
    """A request can't be carried out."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_response(problem: ApiProblem) -> Response:
    title = HTTPStatus(problem.status).phrase
    said = Problem(
        title=title, status=problem.status, detail=problem.detail, code=problem.code, errors=list(problem.errors)
    )
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", **problem.headers}
    return Response(said.model_dump_json(), problem.status, headers, MEDIA_TYPE)
