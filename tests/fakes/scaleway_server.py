"""Scaleway's Transactional Email, as it behaves: one recipient a call, and a Message-ID of its own."""

from __future__ import annotations

from email.headerregistry import Address

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY, PROJECT = "scw-secret", "6170692e-7363-616c-6577-61792e636f6d"


class ScalewayServer(ApiServer):
    """``quota_used_up``: the month's mail is sent."""

    largest_body = 2_000_000

    def __init__(self) -> None:
        super().__init__()
        self.quota_used_up = False

    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("X-Auth-Token") != API_KEY:
            return 401, {"type": "denied_authentication", "message": "authentication is denied", "method": "api_key"}
        if request.path != "/transactional-email/v1alpha1/regions/fr-par/emails":
            return 404, {"type": "unknown_resource", "message": "resource is not found"}
        document = request.document
        if not isinstance(document, dict) or document.get("project_id") != PROJECT:
            return 403, {"type": "permissions_denied", "message": "insufficient permissions"}
        if self.quota_used_up:
            return 403, {"type": "quotas_exceeded", "message": "quota(s) exceeded for this resource", "details": []}
        (to,) = document["to"]
        if not ADDRESS.fullmatch(to["email"]) or to["email"] in self.refused_addresses:
            detail = {"argument_name": "to.0.email", "reason": "format", "help_message": "invalid email address"}
            return 400, {"type": "invalid_arguments", "message": "invalid argument(s)", "details": [detail]}
        headers = [(header["key"], header["value"]) for header in document["additional_headers"]]
        self.accept(
            to["email"],
            email(
                from_=_mailbox(document["from"]),
                to=_mailbox(to),
                subject=document["subject"],
                text=document["text"],
                html=document["html"],
                headers=[*headers, ("Message-ID", f"<{len(self.accepted)}@tem.scaleway.com>")],
            ),
        )
        return 200, {"emails": [{"id": f"scw-{len(self.accepted)}", "mail_rcpt": to["email"], "status": "new"}]}


def _mailbox(person: dict[str, str]) -> str:
    return str(Address(person.get("name", ""), addr_spec=person["email"]))
