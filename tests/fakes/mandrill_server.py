"""Mandrill's messages API, as it behaves: errors are 500 with a name in the body, refusals are statuses in a 200."""

from __future__ import annotations

from email.headerregistry import Address

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "md-test"


class MandrillServer(ApiServer):
    """``reject_reason`` is what everybody is refused for, where it is not empty."""

    largest_body = 25_000_000

    def __init__(self) -> None:
        super().__init__()
        self.reject_reason = ""

    def answer(self, request: Request) -> tuple[int, object]:
        document = request.document
        if not isinstance(document, dict) or document.get("key") != API_KEY:
            return 500, _error(-1, "Invalid_Key", "Invalid API key")
        if request.path != "/messages/send.json":
            return 500, _error(-1, "Unknown_Method", "No method found")
        message = document["message"]
        (to,) = message["to"]
        if not ADDRESS.fullmatch(to["email"]):
            words = 'Validation error: {"message":{"to":[{"email":"An email address must contain a single @"}]}}'
            return 500, _error(-2, "ValidationError", words)
        reason = "hard-bounce" if to["email"] in self.refused_addresses else self.reject_reason
        if reason:
            return 200, [{"email": to["email"], "status": "rejected", "reject_reason": reason, "_id": "md-0"}]
        assert message["merge"] is False
        self.accept(
            to["email"],
            email(
                from_=str(Address(message["from_name"], addr_spec=message["from_email"])),
                to=str(Address(to["name"], addr_spec=to["email"])),
                subject=message["subject"],
                text=message["text"],
                html=message["html"],
                headers=message["headers"].items(),
            ),
        )
        return 200, [{"email": to["email"], "status": "sent", "_id": f"md-{len(self.accepted)}", "reject_reason": None}]


def _error(code: int, name: str, message: str) -> dict[str, object]:
    return {"status": "error", "code": code, "name": name, "message": message}
