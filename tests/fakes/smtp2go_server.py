"""SMTP2GO's batch API, as it behaves: a call is taken whole, or refused whole for one field."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

API_KEY = "api-0123456789"


class Smtp2GoServer(ApiServer):
    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("X-Smtp2go-Api-Key") != API_KEY:
            return 401, _error("E_ApiResponseCodes.API_KEY_INVALID", "The API key is not known.")
        if request.path != "/email/batch":
            return 404, _error("E_ApiResponseCodes.NOT_FOUND", "There is no such endpoint.")
        document = request.document
        if not isinstance(document, dict) or not 1 <= len(document["emails"]) <= 100:
            return 400, _invalid("emails", "Between 1 and 100 emails are needed.")
        for item in document["emails"]:
            if any(not ADDRESS.fullmatch(a) or a in self.refused_addresses for _, a in getaddresses(item["to"])):
                return 400, _invalid("to", "An address is not valid.")
        return 200, {"request_id": "r", "data": [{"email_id": self._take(item)} for item in document["emails"]]}

    def _take(self, item: dict[str, Any]) -> str:
        ((_, address),) = getaddresses(item["to"])
        headers = [(header["header"], header["value"]) for header in item["custom_headers"]]
        assert not {name for name, _ in headers} & {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
        self.accept(
            address,
            email(
                from_=item["sender"],
                to=item["to"][0],
                subject=item["subject"],
                text=item["text_body"],
                html=item["html_body"],
                headers=headers,
            ),
        )
        return f"1u0SwL-{len(self.accepted)}"


def _error(code: str, words: str) -> dict[str, object]:
    return {"request_id": "r", "data": {"error": words, "error_code": code}}


def _invalid(field: str, words: str) -> dict[str, object]:
    data = {"error": "A value is not valid.", "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}
    return {"request_id": "r", "data": data | {"field_validation_errors": {"fieldname": field, "message": words}}}
