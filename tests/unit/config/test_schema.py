from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import json_schema

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def test_the_schema_names_its_dialect_and_is_json(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


def test_the_schema_is_written_for_toml_which_has_no_null(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)
    assert "null" not in text
    assert "PT10M" not in text
    assert schema["$defs"]["FeedSource"]["properties"]["settle"]["default"] == "10 minutes"
    assert schema["$defs"]["Web"]["properties"]["listen"]["default"] == "127.0.0.1:8000"


def test_an_editor_is_told_of_keys_that_are_not_known(schema: dict[str, Any]) -> None:
    tables = [*schema["$defs"].values(), schema]
    assert all(table["additionalProperties"] is False for table in tables)


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    silent = [
        f"{name}.{key}"
        for name, table in schema["$defs"].items()
        for key, node in table["properties"].items()
        if key != "type" and not node.get("description")
    ]
    assert silent == []


def test_every_reference_in_the_schema_leads_somewhere(schema: dict[str, Any]) -> None:
    references = {node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}


def test_every_key_and_its_default_is_in_the_manual(schema: dict[str, Any]) -> None:
    manual = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in manual.splitlines() if line.startswith("| `")}
    missing = [
        f"{name}.{key}" for name, table in schema["$defs"].items() for key in table["properties"] if key not in rows
    ]
    assert missing == []
    lines = [line for line in manual.splitlines() if line.startswith("| `")]
    wrong = [
        f"{name}.{key}"
        for name, table in schema["$defs"].items()
        for key, node in table["properties"].items()
        if node.get("default") not in (None, [])
        and not any(
            line.startswith(f"| `{key}` |") and json.dumps(node["default"], ensure_ascii=False) in line
            for line in lines
        )
    ]
    assert wrong == []
