"""Brevo's transactional API with versions and idempotency keys, as it behaves."""

from __future__ import annotations

import uuid
from email.headerregistry import Address
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "xkeysib-test"


class BrevoServer(ApiServer):
    """``names_culprits`` tells whether a refusal says which version it is about."""

    largest_body = 4_000_000

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, tuple[bytes, object]] = {}
        self.names_culprits = False

    def answer(self, request: Request) -> tuple[int, object]:  # noqa: PLR0911  (a refusal each)
        if request.headers.get("api-key") != API_KEY:
            return 401, {"code": "unauthorized", "message": "Key not found"}
        if request.path != "/v3/smtp/email":
            return 404, {"code": "not_found", "message": "Not found"}
        document = request.document
        if not isinstance(document, dict):
            return 400, {"code": "bad_request", "message": "Input must be a valid JSON object"}
        key = document["headers"]["idempotencyKey"]
        uuid.UUID(key)
        if key in self.keys:
            return 201, self.keys[key][1]
        versions = document["messageVersions"]
        if len(versions) > 1000:
            return 400, {"code": "invalid_parameter", "message": "messageVersions may not have more than 1000 items"}
        for place, version in enumerate(versions):
            (to,) = version["to"]
            if not ADDRESS.fullmatch(to["email"]) or to["email"] in self.refused_addresses:
                words = "email is not valid in to"
                named = f"{words} (messageVersions[{place}])" if self.names_culprits else words
                return 400, {"code": "invalid_parameter", "message": named}
            if not all(value.isascii() for value in version["headers"].values()):
                return 400, {"code": "invalid_parameter", "message": "headers must be ASCII"}
        answer = {"messageIds": [self._take(document, version) for version in versions]}
        self.keys[key] = (request.body, answer)
        return 201, answer

    def _take(self, document: dict[str, Any], version: dict[str, Any]) -> str:
        (to,) = version["to"]
        self.accept(
            to["email"],
            email(
                from_=_mailbox(document["sender"]),
                to=_mailbox(to),
                subject=version["subject"],
                text=version["textContent"],
                html=version["htmlContent"],
                headers=version["headers"].items(),
                reply_to=_mailbox(document["replyTo"]) if "replyTo" in document else None,
            ),
        )
        return f"<brevo-{len(self.accepted)}@smtp-relay>"


def _mailbox(person: dict[str, str]) -> str:
    return str(Address(person.get("name", ""), addr_spec=person["email"]))
