"""The fields of a submitted form, of which ours have a few and mail providers send one."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The first value of each field: of ``multipart/form-data``, which RFC 8058 prefers, or else URL-encoded.

    What can't be read as a form has no fields.
    """
    fields: dict[str, str] = {}
    if content_type.lower().startswith("multipart/form-data"):
        message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                value = part.get_payload(decode=True)
                fields.setdefault(name, value.decode(errors="replace").strip() if isinstance(value, bytes) else "")
        return fields
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return fields
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields
