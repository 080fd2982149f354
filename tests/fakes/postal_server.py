"""Postal's API for finished messages, as its source has it: always 200, and the credential repeated in the refusal."""

from __future__ import annotations

from base64 import b64decode
from email import message_from_bytes
from email.policy import default

from tests.fakes.api_server import ApiServer, Request

API_KEY = "postal-credential"
_AS_IT_IS = default.clone(refold_source="none")


class PostalServer(ApiServer):
    """``domains`` are those that it may send for.  It takes any recipient: what becomes of them is told later."""

    def __init__(self) -> None:
        super().__init__()
        self.domains = {"news.example.org"}

    def answer(self, request: Request) -> tuple[int, object]:
        key = request.headers.get("X-Server-API-Key", "")
        if key != API_KEY:
            words = "The API token provided in X-Server-API-Key was not valid."
            return 200, _error("InvalidServerAPIKey", message=words, token=key)
        if request.path != "/api/v1/send/raw":
            return 404, None
        document = request.document
        for name in ("rcpt_to", "mail_from", "data"):
            if not document.get(name):
                data = {"message": f"`{name}` parameter is required but is missing"}
                return 200, {"status": "parameter-error", "time": 0.0, "flags": {}, "data": data}
        message = message_from_bytes(b64decode(document["data"]), policy=_AS_IT_IS)
        if message["From"].addresses[0].domain not in self.domains:
            return 200, _error("UnauthenticatedFromAddress")
        messages: dict[str, dict[str, object]] = {}
        for address in dict.fromkeys(document["rcpt_to"]):
            self.accept(address, message)
            messages[address] = {"id": len(self.accepted), "token": "4g5h"}
        taken: dict[str, object] = {"message_id": "b4f7@rp.postal.example.org", "messages": messages}
        return 200, {"status": "success", "time": 0.0, "flags": {}, "data": taken}


def _error(code: str, **data: str) -> dict[str, object]:
    return {"status": "error", "time": 0.0, "flags": {}, "data": {**data, "code": code}}
