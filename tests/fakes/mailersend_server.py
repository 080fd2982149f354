"""MailerSend's bulk API, as it behaves: a call is accepted, then looked at; its personalization reads every text."""

from __future__ import annotations

import re
from email.headerregistry import Address
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "mlsn.test"
_OWN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{\$\w*\}", re.DOTALL)


class MailerSendServer(ApiServer):
    """``slow``: what is wrong with a call is not known when it is asked for; ``custom_headers``: the plan has them."""

    def __init__(self) -> None:
        super().__init__()
        self.suppressed: set[str] = set()
        self.slow = False
        self.custom_headers = True
        self.bulks: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return 401, {"message": "Unauthenticated."}
        if request.method == "GET" and (bulk := self.bulks.get(request.path.removeprefix("/bulk-email/"))):
            return 200, {"data": {"state": "queued"} if self.slow else bulk}
        if request.path != "/bulk-email":
            return 404, {"message": "Resource not found."}
        emails = request.document
        if not isinstance(emails, list) or len(emails) > 500:
            return 422, {"message": "The bulk request sent is malformed. #MS40001"}
        if not self.custom_headers and any("headers" in item or "list_unsubscribe" in item for item in emails):
            return 403, {"message": "This feature requires a Professional plan or higher. Upgrade to use it. #MS42216"}
        id_ = f"{len(self.bulks):024x}"
        self.bulks[id_] = self._process(emails)
        return 202, {"message": "The bulk email is being processed.", "bulk_email_id": id_}

    def _process(self, emails: list[dict[str, Any]]) -> dict[str, Any]:
        errors, suppressed = {}, {}
        for place, item in enumerate(emails):
            (to,) = item["to"]
            if not ADDRESS.fullmatch(to["email"]) or to["email"] in self.refused_addresses:
                errors[f"message.{place}"] = {"to.0.email": ["The to.0.email must be a valid email address. #MS42208"]}
            elif to["email"] in self.suppressed:
                suppressed[f"message.{place}"] = {"to": [{"email": to["email"], "reasons": ["hard_bounced"]}]}
            else:
                self._take(item, to)
        return {"state": "completed", "validation_errors": errors or None, "suppressed_recipients": suppressed or None}

    def _take(self, item: dict[str, Any], to: dict[str, str]) -> None:
        headers = [(header["name"], header["value"]) for header in item["headers"]]
        assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name, _ in headers)
        assert len(item["tags"]) <= 5
        self.accept(
            to["email"],
            email(
                from_=_mailbox(item["from"]),
                to=_mailbox(to),
                subject=_OWN.sub("", item["subject"]),
                text=_OWN.sub("", item["text"]),
                html=_OWN.sub("", item["html"]),
                headers=[
                    *headers,
                    ("List-Unsubscribe", f"<{item['list_unsubscribe']}>"),
                    ("Message-ID", f"<{len(self.accepted)}@mailersend.net>"),
                ],
                reply_to=_mailbox(item["reply_to"]) if "reply_to" in item else None,
            ),
        )


def _mailbox(person: dict[str, str]) -> str:
    return str(Address(person.get("name", ""), addr_spec=person["email"]))
