"""Resend's batch API with its idempotency keys, as they behave: all messages of a call are accepted, or none."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "re_test"


class ResendServer(ApiServer):
    """``names_culprits`` tells whether a refusal says which message it is about."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, tuple[bytes, object]] = {}
        self.names_culprits = True

    def answer(self, request: Request) -> tuple[int, object]:  # noqa: PLR0911  (a refusal each)
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return 401, {"statusCode": 401, "name": "missing_api_key", "message": "Missing API key in the header."}
        if request.path != "/emails/batch":
            return 404, {"statusCode": 404, "name": "not_found", "message": "The requested endpoint does not exist."}
        key = request.headers.get("Idempotency-Key", "")
        if key in self.keys:
            body, document = self.keys[key]
            if body != request.body:
                words = "Same idempotency key used with a different request payload."
                return 409, {"statusCode": 409, "name": "invalid_idempotent_request", "message": words}
            return 200, document
        items = request.document
        if not isinstance(items, list) or not 1 <= len(items) <= 100:
            words = "The batch must have 1 to 100 emails."
            return 422, {"statusCode": 422, "name": "validation_error", "message": words}
        for place, item in enumerate(items):
            if any(not ADDRESS.fullmatch(a) or a in self.refused_addresses for _, a in getaddresses(item["to"])):
                words = "Invalid `to` field. The email address needs to follow the `email@example.com` format."
                named = f"[{place}]: {words}" if self.names_culprits else words
                return 422, {"statusCode": 422, "name": "validation_error", "message": named}
        document = {"data": [{"id": self._take(item)} for item in items]}
        self.keys[key] = (request.body, document)
        return 200, document

    def _take(self, item: dict[str, Any]) -> str:
        ((_, address),) = getaddresses(item["to"])
        self.accept(
            address,
            email(
                from_=item["from"],
                to=item["to"][0],
                subject=item["subject"],
                text=item["text"],
                html=item["html"],
                headers=item["headers"].items(),
                reply_to=item.get("reply_to"),
            ),
        )
        return f"resend-{len(self.accepted)}"
