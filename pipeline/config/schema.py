"""The JSON Schema of config.toml, by which editors complete and check it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pipeline.config.addresses import Listen
from pipeline.config.model import Config
from pipeline.config.times import duration_text


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12).  Editors with taplo take it from a first line ``#:schema FILE``."""
    schema = Config.model_json_schema(by_alias=True, mode="validation", schema_generator=_TomlSchema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": "config.toml of Rundbrief"}


class _TomlSchema(GenerateJsonSchema):
    """As pydantic's, but as TOML is written: without null, with durations in words, and without a title per key."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 — the signature is pydantic's
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") in (None, ""):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 — any default
        if isinstance(dft, timedelta):
            return duration_text(dft)
        return str(dft) if isinstance(dft, Listen) else super().encode_default(dft)
