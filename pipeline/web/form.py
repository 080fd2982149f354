"""The fields of a submitted form."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

_MOST = 200


def form_lists(content_type: str, body: bytes) -> dict[str, list[str]]:
    """The values of each field: of ``multipart/form-data``, which RFC 8058 prefers, or else URL-encoded.

    What can't be read as a form has no fields.
    """
    fields: dict[str, list[str]] = {}
    if content_type.lower().startswith("multipart/form-data"):
        message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                value = part.get_payload(decode=True)
                text = value.decode(errors="replace").strip() if isinstance(value, bytes) else ""
                fields.setdefault(name, []).append(text)
        return fields
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:
        return fields
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The first value of each field."""
    return {name: values[0] for name, values in form_lists(content_type, body).items()}
