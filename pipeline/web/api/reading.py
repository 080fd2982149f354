"""What a request says, checked before anybody looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from pipeline.web.api.problems import ApiProblem, FieldProblem

DEEPEST = 20
"""How deeply values of a body may be nested."""
_ERRORS = 50

M = TypeVar("M", bound=BaseModel)


def read_query(request: Request, model: type[M]) -> M:
    """The parameters of the address.  Raises `ApiProblem`."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if "\x00" in value or not _is_text(value):
            raise ApiProblem(400, "text", f"The parameter {name[:40]!r} has characters that no text has.")
        known = model.model_fields.get(name)
        if known is not None and "list" in str(known.annotation):
            given.setdefault(name, []).append(value)
        elif name in given:
            raise ApiProblem(400, "twice", f"The parameter {name[:40]!r} may be given once.")
        else:
            given[name] = value
    return _checked(model, given, in_body=False)


def read_body(content_type: str, body: bytes, model: type[M]) -> M:
    """The body as the model.  Raises `ApiProblem`."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiProblem(415, "media-type", "Send application/json.", headers={"accept": "application/json"})
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise ApiProblem(400, "json", f"The body is no JSON in UTF-8: {str(error)[:200]}.") from error
    _look_over(value)
    return _checked(model, value, in_body=True)


def _checked(model: type[M], value: object, *, in_body: bool) -> M:
    try:
        return model.model_validate_json(json.dumps(value)) if in_body else model.model_validate(value)
    except ValidationError as error:
        found = [
            FieldProblem(pointer=_pointer(one["loc"], in_body=in_body), detail=one["msg"])
            for one in error.errors(include_url=False, include_input=False, include_context=False)[:_ERRORS]
        ]
        detail = "Some values are not as they have to be; see `errors`."
        raise ApiProblem(422, "values", detail, tuple(found)) from error


def _pointer(location: tuple[int | str, ...], *, in_body: bool) -> str:
    if not in_body:
        return str(location[0]) if location else ""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _look_over(value: object) -> None:
    """Raises `ApiProblem` where it is nested too deeply, or has text that can't be stored."""
    for depth, one in _walk(value, 1):
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(one, str) and ("\x00" in one or not _is_text(one)):
            raise ApiProblem(400, "text", "The body has characters that no text has: NUL, or half of a pair.")


def _walk(value: object, depth: int) -> Iterator[tuple[int, object]]:
    waiting: list[tuple[int, object]] = [(depth, value)]
    while waiting:
        level, one = waiting.pop()
        yield level, one
        if isinstance(one, Mapping):
            waiting += [(level, key) for key in one]
            waiting += [(level + 1, inner) for inner in one.values()]
        elif isinstance(one, list):
            waiting += [(level + 1, inner) for inner in one]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice in an object"
        raise ValueError(msg)
    return found


def _no_number(name: str) -> NoReturn:
    msg = f"{name} is no number of JSON"
    raise ValueError(msg)


def _too_deep() -> ApiProblem:
    return ApiProblem(400, "depth", f"The body is nested more deeply than {DEEPEST} levels.")
