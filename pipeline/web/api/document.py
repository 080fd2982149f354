"""The OpenAPI document (3.1) of the operations, from the models that check what comes and make what goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pipeline import __version__
from pipeline.web.api.operation import Operation
from pipeline.web.api.problems import MEDIA_TYPE, Problem

_REFERENCE = "#/components/schemas/{model}"
_TEXT = (
    "Articles, subscribers, issues and what is done about them. Lists come in pages: ask with `cursor` for what follows"
    " `next`. A POST may carry an `Idempotency-Key`: the same request again is answered as before, for a day, and does"
    " nothing. Problems are as RFC 9457 has them."
)


def openapi(operations: Sequence[Operation], server: str) -> dict[str, Any]:
    """The whole document; ``server`` is the address that the paths are below."""
    inputs = [model for one in operations for model in (one.body,) if model is not None]
    outputs = [model for one in operations for model in one.answers.values() if model is not None]
    both = [(model, "validation") for model in _distinct(inputs)]
    both += [(model, "serialization") for model in _distinct([*outputs, Problem])]
    references, definitions = models_json_schema(both, ref_template=_REFERENCE)  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, references)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rundbrief", "version": __version__, "description": _TEXT, "license": {"name": "MIT"}},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": definitions["$defs"],
        },
    }


def _operation(one: Operation, references: Mapping[tuple[type[BaseModel], str], Any]) -> dict[str, Any]:
    parameters = [*_path(one), *_query(one), *_headers(one)]
    said: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs the scope `{one.scope.value}`.",
        "tags": [one.path.split("/")[1]],
        "responses": {str(status): _answer(status, model, references) for status, model in one.answers.items()},
    }
    refused = {"content": {MEDIA_TYPE: {"schema": references[Problem, "serialization"]}}}
    said["responses"] |= {
        str(status): {"description": HTTPStatus(status).phrase, **refused} for status in one.all_problems
    }
    if parameters:
        said["parameters"] = parameters
    if one.body is not None:
        content = {"application/json": {"schema": references[one.body, "validation"]}}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _answer(
    status: int, model: type[BaseModel] | None, references: Mapping[tuple[type[BaseModel], str], Any]
) -> dict[str, Any]:
    said: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if model is not None:
        said["content"] = {"application/json": {"schema": references[model, "serialization"]}}
    return said


def _path(one: Operation) -> list[dict[str, Any]]:
    if not one.has_number:
        return []
    schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _query(one: Operation) -> list[dict[str, Any]]:
    """Each field of the model as a parameter; the models of queries refer to nothing."""
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    needed = schema.get("required", ())
    definitions = schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _parameter(value, definitions)}
        for name, value in schema["properties"].items()
    ]


def _parameter(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A value that a parameter can have: null is none, and what is referred to is put in its place."""
    kept = {key: value for key, value in schema.items() if key not in ("anyOf", "title") and not _is_null(key, value)}
    for option in schema.get("anyOf", ()):
        if option != {"type": "null"}:
            kept |= _parameter(option, definitions)
    if "$ref" in kept:
        kept |= definitions[kept.pop("$ref").rpartition("/")[2]]
    return kept


def _is_null(key: str, value: object) -> bool:
    return key == "default" and value is None


def _headers(one: Operation) -> list[dict[str, Any]]:
    if one.method != "POST":
        return []
    schema = {"type": "string", "pattern": "^[!-~]{1,64}$"}
    about = "The same request again with the same key does nothing again, and is answered as it was."
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": about}]


def _distinct(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return list(dict.fromkeys(models))
