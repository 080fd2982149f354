"""Postmark's batch API and its log of outbound messages, as they behave."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

TOKEN = "server-token"


class PostmarkServer(ApiServer):
    """``inactive`` addresses are refused with 406; ``visible`` bounds what the log shows; ``unsigned`` stops all."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[dict[str, Any]] = []
        self.visible: int | None = None
        self.unsigned = False

    def answer(self, request: Request) -> tuple[int, object]:  # noqa: PLR0911  (a refusal each)
        if request.headers.get("X-Postmark-Server-Token") != TOKEN:
            return 401, {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied."}
        if request.path == "/messages/outbound":
            found = [entry for entry in self.log if entry["Tag"] == request.query["tag"]][: self.visible]
            start, count = int(request.query["offset"]), int(request.query["count"])
            if start + count > 10_000:
                return 422, {"ErrorCode": 700, "Message": "Offset and count may not exceed 10,000."}
            return 200, {"TotalCount": len(found), "Messages": found[start : start + count]}
        if request.path != "/email/batch":
            return 404, {"ErrorCode": 404, "Message": "No such page."}
        items = request.document
        if not isinstance(items, list):
            return 422, {"ErrorCode": 402, "Message": "Invalid JSON"}
        if len(items) > 500:
            return 422, {"ErrorCode": 410, "Message": "Too many batch messages."}
        return 200, [self._take(item) for item in items]

    def _take(self, item: dict[str, Any]) -> dict[str, object]:
        if self.unsigned:
            return {"ErrorCode": 400, "Message": "The 'From' address you supplied is not a Sender Signature."}
        (_, address), *others = getaddresses([item["To"]])
        if others or not ADDRESS.fullmatch(address):
            return {"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email address."}
        if address in self.refused_addresses:
            words = f"You tried to send to recipient(s) that have been marked as inactive. Found: {address}."
            return {"ErrorCode": 406, "Message": words}
        headers = [(header["Name"], header["Value"]) for header in item["Headers"]]
        keep = ("X-PM-KeepID", "true") in headers
        self.accept(
            address,
            email(
                from_=item["From"],
                to=item["To"],
                subject=item["Subject"],
                text=item["TextBody"],
                html=item["HtmlBody"],
                reply_to=item.get("ReplyTo"),
                headers=[(n, v) for n, v in headers if n != "X-PM-KeepID" and (keep or n != "Message-ID")],
            ),
        )
        id_ = f"pm-{len(self.accepted)}"
        self.log.append({"MessageID": id_, "Tag": item["Tag"], "To": [{"Email": address, "Name": ""}]})
        return {"ErrorCode": 0, "Message": "OK", "MessageID": id_, "To": item["To"]}
