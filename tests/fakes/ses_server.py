"""Amazon SES's bulk call, as it behaves: it checks the signature, renders templates, and sets its own Message-ID."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from email import message_from_string
from email.policy import default
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_calls import ADDRESS

ACCESS_KEY, SECRET_KEY, REGION = "AKIATEST", "secret/test", "eu-central-1"
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)")
_TAG = re.compile(r"\\?(\{\{\{|\{\{)(?P<name>[^{}]*)(\}\}\}|\}\})")


class SesServer(ApiServer):
    """``statuses`` are what entries get instead of SUCCESS, by address; ``configuration_sets`` those that there are."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, tuple[str, str]] = {}
        self.configuration_sets = {"newsletters"}
        self.tags: list[dict[str, str]] = []

    def answer(self, request: Request) -> tuple[int, object] | tuple[int, object, Mapping[str, str]]:
        if not self._is_signed(request):
            return _error(403, "InvalidSignatureException", "The request signature we calculated does not match.")
        if request.path != "/v2/email/outbound-bulk-emails":
            return _error(404, "UnknownOperationException", "")
        document = request.document
        if not isinstance(document, dict):
            return _error(400, "SerializationException", "")
        if document.get("ConfigurationSetName", "newsletters") not in self.configuration_sets:
            return _error(404, "NotFoundException", "Configuration set does not exist.")
        if len(document["BulkEmailEntries"]) > 50:
            return _error(400, "BadRequestException", "More than 50 destinations.")
        return 200, {"BulkEmailEntryResults": [self._take(document, entry) for entry in document["BulkEmailEntries"]]}

    def _take(self, document: dict[str, Any], entry: dict[str, Any]) -> dict[str, object]:
        (to,) = entry["Destination"]["ToAddresses"]
        if not to.isascii() or not document["FromEmailAddress"].isascii():
            return {"Status": "INVALID_PARAMETER", "Error": "Local address contains non-ASCII characters."}
        (address,) = message_from_string(f"To: {to}\n", policy=default)["To"].addresses
        if address.addr_spec in self.statuses:
            status, words = self.statuses[address.addr_spec]
            return {"Status": status, "Error": words}
        if not ADDRESS.fullmatch(address.addr_spec) or address.addr_spec in self.refused_addresses:
            return {"Status": "INVALID_PARAMETER", "Error": "Domain contains illegal character."}
        headers = [(header["Name"], header["Value"]) for header in entry["ReplacementHeaders"]]
        assert len(headers) <= 15
        assert all(value.isascii() and 0 < len(value) <= 995 for _, value in headers)
        template = document["DefaultContent"]["Template"]
        data = json.loads(template["TemplateData"]) | json.loads(
            entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
        )
        content = {part: render(text, data) for part, text in template["TemplateContent"].items()}
        self.accept(
            address.addr_spec,
            email(
                from_=str(message_from_string(f"From: {document['FromEmailAddress']}\n", policy=default)["From"]),
                to=str(address),
                subject=content["Subject"],
                text=content["Text"],
                html=content["Html"],
                headers=[*headers, ("Message-ID", f"<{len(self.accepted)}@{REGION}.amazonses.com>")],
                reply_to=next(iter(document.get("ReplyToAddresses", [])), None),
            ),
        )
        self.tags.append({tag["Name"]: tag["Value"] for tag in document["DefaultEmailTags"] + entry["ReplacementTags"]})
        return {"Status": "SUCCESS", "MessageId": f"ses-{len(self.accepted)}"}

    def _is_signed(self, request: Request) -> bool:
        """AWS Signature Version 4, worked out from what arrived."""
        found = _SIGNED.fullmatch(request.headers.get("Authorization", ""))
        if not found:
            return False
        scope = found[1].partition("/")[2]
        names = found[2].split(";")
        canonical = [request.method, request.path, ""]
        canonical += [f"{name}:{' '.join(request.headers[name].split())}" for name in names]
        canonical += ["", found[2], hashlib.sha256(request.body).hexdigest()]
        hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        key = f"AWS4{SECRET_KEY}".encode()
        for piece in scope.split("/"):
            key = hmac.digest(key, piece.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{hashed}"
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        wanted = f"{ACCESS_KEY}/{request.headers['x-amz-date'][:8]}/{REGION}/ses/aws4_request"
        return "host" in names and found[1] == wanted and hmac.compare_digest(signature, found[3])


def render(template: str, data: Mapping[str, str]) -> str:
    """As Handlebars does without escaping: a backslash before braces keeps them; what isn't known is empty."""

    def fill(found: re.Match[str]) -> str:
        if found[0].startswith("\\"):
            return found[0][1:]
        return str(data.get(found["name"].strip(), ""))

    return _TAG.sub(fill, template)


def _error(status: int, kind: str, message: str) -> tuple[int, object, Mapping[str, str]]:
    return status, {"message": message}, {"x-amzn-ErrorType": kind}
