"""What is handed over is what the providers' own OpenAPI documents describe, where these documents are.

They lie outside of the project: in ``../shared/contracts``, or where RUNDBRIEF_CONTRACTS says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator

from tests.fakes.houses import APIS, JsonHouse
from tests.fakes.mailings import a_message, a_recipient, submitted

DIRECTORY = Path(os.environ.get("RUNDBRIEF_CONTRACTS") or Path(__file__).parents[3] / "shared" / "contracts")
# The document of each provider, and the path in it that batches go to.
DOCUMENTS = {
    "resend": ("resend.yaml", "/emails/batch"),
    "sendgrid": ("sendgrid_mail_v3.json", "/v3/mail/send"),
    "brevo": ("brevo_official_php.yml", "/smtp/email"),
    "smtp2go": ("smtp2go.yml", "/email/batch"),
    "scaleway": ("scaleway.yml", "/transactional-email/v1alpha1/regions/{region}/emails"),
}
A_SCHEMA = {
    "type": "object",
    "required": ["to"],
    "properties": {
        "to": {"type": "array", "items": {"type": "object", "properties": {"email": {"type": "string"}}}},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class _Loader(yaml.SafeLoader):
    """Dates stay text: one of the documents has a day in an example that there is not."""


_LESS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_implicit_resolvers = _LESS


def found() -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Provider, document and path, of the documents that are there."""
    for provider, (name, path) in DOCUMENTS.items():
        if (DIRECTORY / name).is_file():
            text = (DIRECTORY / name).read_text(encoding="utf-8")
            yield provider, yaml.load(text, _Loader), path  # noqa: S506 -- a SafeLoader


def closed(schema: object) -> Any:
    """The schema, which is read so that a key it doesn't name is a mistake."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if isinstance(inner.get("properties"), dict) and inner.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner


def request_schema(document: Mapping[str, Any], path: str) -> Any:
    body = document["paths"][path]["post"]["requestBody"]
    if reference := body.get("$ref"):
        body = document["components"]["requestBodies"][reference.rpartition("/")[2]]
    return closed({**body["content"]["application/json"]["schema"], "components": document["components"]})


def mistakes(schema: Any, body: object) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(body)]


def body_of(provider: str) -> Any:
    """What a batch of three is written down as."""
    with APIS[provider](Path()) as opened:
        house = cast("JsonHouse", opened)
        submitted(house.provider, [a_recipient(1), a_recipient(2), a_recipient(3, name="")], a_message())
        return house.server.calls[0].document


def test_bodies_are_as_the_providers_documents_have_them() -> None:
    for provider, document, path in found():
        schema = request_schema(document, path)
        if provider == "brevo":
            # Described in words only, and tried by many: headers of a version.
            versions = schema["components"]["schemas"]["sendSmtpEmail"]["properties"]["messageVersions"]
            versions["items"]["properties"].setdefault("headers", {"type": "object"})
        assert mistakes(schema, body_of(provider)) == [], provider


def test_the_comparison_sees_what_is_wrong() -> None:
    schema = closed(json.loads(json.dumps(A_SCHEMA)))
    assert mistakes(schema, {"to": [{"email": "a@example.org"}], "headers": {"X": "y"}}) == []
    assert len(mistakes(schema, {"to": [{"mail": "a@example.org"}], "headers": {"X": 1}})) == 2
    assert mistakes(schema, {}) == ["$: 'to' is a required property"]
