"""SparkPost's transmissions, with its template language, and its events, as they behave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.headerregistry import Address
from html import escape
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "sparkpost-test"
_TAG = re.compile(r"\{\{\{(?P<raw>.*?)\}\}\}|\{\{(?P<name>.*?)\}\}", re.DOTALL)


class SparkPostServer(ApiServer):
    """``names_refused``: whether the answer says who is refused, and not only how many are."""

    def __init__(self) -> None:
        super().__init__()
        self.names_refused = True
        self.events: list[dict[str, object]] = []

    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("Authorization") != API_KEY:
            return 401, {"errors": [{"message": "Unauthorized."}]}
        if request.path == "/api/v1/events/message":
            return 200, {"results": self._found(request.query), "links": []}
        if request.path != "/api/v1/transmissions":
            return 404, {"errors": [{"message": "resource not found", "code": "1600"}]}
        document = request.document
        if not isinstance(document, dict):
            return 400, {"errors": [{"message": "invalid JSON", "code": "1300"}]}
        return self._transmit(document)

    def _transmit(self, document: dict[str, Any]) -> tuple[int, object]:
        assert len(document["campaign_id"].encode()) <= 64
        refused = [one for one in document["recipients"] if self._is_refused(one)]
        taken = [one for one in document["recipients"] if not self._is_refused(one)]
        if not taken:
            return 400, {"errors": [{"message": "At least one valid recipient is required", "code": "5002"}]}
        for one in taken:
            self._take(document, one)
        results: dict[str, object] = {
            "id": f"sp-{len(self.accepted)}",
            "total_accepted_recipients": len(taken),
            "total_rejected_recipients": len(refused),
        }
        if not refused:
            return 200, {"results": results}
        results["rcpt_to_errors"] = [
            {
                "code": "1300",
                "message": "invalid data format/type",
                "description": f"invalid recipient address.email: {one['address']['email']} "
                if self.names_refused
                else "",
            }
            for one in refused
        ]
        errors = [{"message": "transmission created, but with validation errors", "code": "2000"}]
        return 200, {"results": results, "errors": errors}

    def _is_refused(self, one: dict[str, Any]) -> bool:
        address = one["address"]["email"]
        return not ADDRESS.fullmatch(address) or address in self.refused_addresses

    def _take(self, document: dict[str, Any], one: dict[str, Any]) -> None:
        content, data = document["content"], one["substitution_data"]
        headers = {name: render(value, data) for name, value in content["headers"].items()}
        if not document["options"]["transactional"]:
            headers["List-Unsubscribe"] = "<mailto:unsubscribe@unsub.spmta.example>"
        sender, to = content["from"], one["address"]
        self.accept(
            to["email"],
            email(
                from_=str(Address(render(sender["name"], data), addr_spec=sender["email"])),
                to=str(Address(to.get("name", ""), addr_spec=to["email"])),
                subject=render(content["subject"], data),
                text=render(content["text"], data),
                html=render(content["html"], data, html=True),
                headers=[*headers.items(), ("Message-ID", f"<{len(self.accepted)}@mta.spmta.example>")],
                reply_to=render(content["reply_to"], data) if "reply_to" in content else None,
            ),
        )
        self.events.append(
            {
                "type": "injection",
                "campaign_id": document["campaign_id"],
                "raw_rcpt_to": to["email"],
                "rcpt_to": to["email"].lower(),
                "rcpt_meta": {**document["metadata"], **one["metadata"]},
                "transmission_id": f"sp-{len(self.accepted)}",
            }
        )

    def _found(self, query: Mapping[str, str]) -> list[dict[str, object]]:
        """Campaigns are found by their words, which end at dashes."""
        assert "injection" in query["events"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", query["from"])
        asked = set(query["campaigns"].split("-"))
        return [event for event in self.events if asked & set(str(event["campaign_id"]).split("-"))]


def render(template: str, data: Mapping[str, str], *, html: bool = False) -> str:
    """Two braces escape in HTML and only there, three never do; what isn't known is empty."""

    def fill(found: re.Match[str]) -> str:
        if found["raw"] is not None:
            return str(data.get(found["raw"].strip(), ""))
        value = str(data.get(found["name"].strip(), ""))
        return escape(value) if html else value

    return _TAG.sub(fill, template)
