"""SendGrid's mail API with its substitutions, and the log of the Email Activity add-on, as they behave."""

from __future__ import annotations

import re
from email.headerregistry import Address
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "SG.test"
_CATEGORY = re.compile(r'\(Contains\(categories,"([^"]+)"\)\)')


class SendGridServer(ApiServer):
    """``log`` is what the add-on shows; ``addon`` tells whether the account has it."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[list[str], dict[str, object]]] = []
        self.addon = True

    def answer(  # noqa: PLR0911  (a refusal each)
        self, request: Request
    ) -> tuple[int, object] | tuple[int, object, dict[str, str]]:
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return 401, _errors("The provided authorization grant is invalid, expired, or revoked")
        if request.path == "/v3/messages":
            if not self.addon:
                return 403, _errors("access forbidden")
            found = _CATEGORY.fullmatch(request.query["query"])
            assert found
            return 200, {"messages": [entry for tags, entry in self.log if found[1] in tags]}
        if request.path != "/v3/mail/send":
            return 404, _errors("not found")
        document = request.document
        if not isinstance(document, dict):
            return 400, _errors("Bad Request")
        if errors := list(self._wrong(document)):
            return 400, {"errors": errors}
        for personalization in document["personalizations"]:
            self._take(document, personalization)
        return 202, None, {"X-Message-Id": f"sg-{len(self.accepted)}"}

    def _wrong(self, document: dict[str, Any]) -> list[dict[str, object]]:
        people = document["personalizations"]
        errors: list[dict[str, object]] = []
        if len(people) > 1000:
            errors.append({"message": "The personalizations may not exceed 1000.", "field": "personalizations"})
        if len(document["categories"]) > 10 or any(len(tag) > 255 for tag in document["categories"]):
            errors.append({"message": "Too many or too long categories.", "field": "categories"})
        seen: set[str] = set()
        for place, person in enumerate(people):
            address = person["to"][0]["email"]
            where = f"personalizations.{place}.to.0.email"
            if not ADDRESS.fullmatch(address) or address in self.refused_addresses:
                errors.append({"message": "Does not contain a valid address.", "field": where})
            if address.casefold() in seen:
                errors.append({"message": "Each email address should be unique.", "field": where})
            seen.add(address.casefold())
            if sum(len(k) + len(v.encode()) for k, v in person["substitutions"].items()) > 10_000:
                errors.append({"message": "Too large.", "field": f"personalizations.{place}.substitutions"})
        return errors

    def _take(self, document: dict[str, Any], person: dict[str, Any]) -> None:
        substitutions = person["substitutions"]
        pattern = re.compile("|".join(map(re.escape, substitutions)) or r"\b\B")

        def fill(text: str) -> str:
            return pattern.sub(lambda found: str(substitutions[found[0]]), text)

        (to,) = person["to"]
        contents = {content["type"]: content["value"] for content in document["content"]}
        self.accept(
            to["email"],
            email(
                from_=_mailbox(document["from"]),
                to=_mailbox(to),
                subject=fill(document["subject"]),
                text=fill(contents["text/plain"]),
                html=fill(contents["text/html"]),
                headers=[(n, fill(v)) for n, v in {**document["headers"], **person["headers"]}.items()],
                reply_to=_mailbox(document["reply_to"]) if "reply_to" in document else None,
            ),
        )
        entry: dict[str, object] = {
            "to_email": to["email"],
            "msg_id": f"sg-{len(self.accepted)}",
            "status": "processed",
        }
        self.log.append((document["categories"], entry))


def _errors(message: str) -> dict[str, object]:
    return {"errors": [{"message": message, "field": None, "help": None}]}


def _mailbox(person: dict[str, str]) -> str:
    return str(Address(person.get("name", ""), addr_spec=person["email"]))
