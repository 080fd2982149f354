"""Mailjet's Send API, version 3.1, as it behaves, with its guard against duplicates in a campaign."""

from __future__ import annotations

from base64 import b64decode
from email.headerregistry import Address
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY, SECRET_KEY = "mj-public", "mj-private"


class MailjetServer(ApiServer):
    """``unsigned``: the sender is not one of the account's."""

    largest_body = 15_000_000

    def __init__(self) -> None:
        super().__init__()
        self.campaigns: set[tuple[str, str]] = set()
        self.unsigned = False

    def answer(self, request: Request) -> tuple[int, object]:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(credentials).decode() != f"{API_KEY}:{SECRET_KEY}":
            return 401, _error("API key authentication/authorization failure.", "mj-0015", 401)
        if request.path != "/v3.1/send":
            return 404, _error("Resource not found.", "mj-0004", 404)
        document = request.document
        if not isinstance(document, dict):
            return 400, _error("Malformed JSON, please review the syntax.", "mj-0002", 400)
        if len(document["Messages"]) > 50:
            return 400, _error('The "Messages" property has more than 50 elements.', "mj-0024", 400)
        results = [self._take(document["Globals"] | message) for message in document["Messages"]]
        return 400 if any(result["Status"] == "error" for result in results) else 200, {"Messages": results}

    def _take(self, message: dict[str, Any]) -> dict[str, object]:
        (to,) = message["To"]
        if self.unsigned:
            words = f'"{message["From"]["Email"]}" is not an authorized sender email address for your account.'
            return {"Status": "error", "Errors": [_error(words, "send-0008", 403, "From")]}
        if not ADDRESS.fullmatch(to["Email"]) or to["Email"] in self.refused_addresses:
            words = f'"{to["Email"]}" is an invalid email address.'
            return {"Status": "error", "Errors": [_error(words, "mj-0013", 400, "To[0].Email")]}
        key = message["CustomCampaign"], to["Email"].casefold()
        if not (message["DeduplicateCampaign"] and key in self.campaigns):
            self.campaigns.add(key)
            self.accept(
                to["Email"],
                email(
                    from_=_mailbox(message["From"]),
                    to=_mailbox(to),
                    subject=message["Subject"],
                    text=message["TextPart"],
                    html=message["HTMLPart"],
                    headers=message["Headers"].items(),
                    reply_to=_mailbox(message["ReplyTo"]) if "ReplyTo" in message else None,
                ),
            )
        sent = {"Email": to["Email"], "MessageID": 70650219165027410 + len(self.accepted), "MessageUUID": "1ab23cd4"}
        return {"Status": "success", "CustomID": message["CustomID"], "To": [sent], "Cc": [], "Bcc": []}


def _error(words: str, code: str, status: int, *related: str) -> dict[str, object]:
    error: dict[str, object] = {"ErrorIdentifier": "06df1144", "ErrorCode": code, "StatusCode": status}
    return error | {"ErrorMessage": words, **({"ErrorRelatedTo": list(related)} if related else {})}


def _mailbox(person: dict[str, str]) -> str:
    return str(Address(person.get("Name", ""), addr_spec=person["Email"]))
