"""listmonk, Buttondown and Mailchimp, as far as campaigns go, as they behave: made first, then started, once only.

Each keeps its ``people``, and what they got in ``accepted``; ``tested`` got tests.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.api_server import ApiServer, Request, email
from tests.fakes.mailgun_server import Fault

API_KEY = "list-key"
_LISTMONK_TAG = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_MAILCHIMP_TAG = re.compile(r"\*\|([A-Z_]+)\|\*")


@dataclass
class Kept:
    """A campaign: ``document`` as it was posted, ``text`` and ``html`` what it has by now."""

    id: int
    document: dict[str, Any]
    status: str
    html: str = ""
    text: str = ""


@dataclass
class Person:
    address: str
    tags: Mapping[str, str] = field(default_factory=dict)


class ListServer(ApiServer):
    def __init__(self) -> None:
        super().__init__()
        self.people = [Person(f"{name}@example.org") for name in ("anna", "ben", "cleo")]
        self.campaigns: list[Kept] = []
        self.tested: list[str] = []
        self.faults_at: dict[str, Fault] = {}

    def handle(self, request: Request) -> tuple[Fault | None, tuple[int, object, Mapping[str, str]]]:
        with self.lock:
            self.requests.append(request)
            fault = self.faults_at.pop(self.stage(request), None)
            if fault is not None and not fault.accept:
                return fault, (200, {}, {})
            status, document = self.answer(request)
        return fault, (status, document, {})

    def answer(self, request: Request) -> tuple[int, object]:
        raise AssertionError(request)

    @staticmethod
    def stage(request: Request) -> str:
        """What a request is for: ``look``, ``make``, ``fill``, ``start`` or ``test``."""
        if request.method == "GET":
            return "look"
        last = request.path.rpartition("/")[2]
        return {"content": "fill", "status": "start", "publish": "start", "send": "start", "emails": "make"}.get(
            last, "make" if last == "campaigns" else "test"
        )

    def keep(self, document: dict[str, Any], status: str) -> Kept:
        self.campaigns.append(Kept(len(self.campaigns) + 1, document, status))
        return self.campaigns[-1]

    def campaign(self, path: str) -> Kept:
        return self.campaigns[int(path.split("/")[3]) - 1]

    def mail_everybody(self, subject: str, kept: Kept, fill: Callable[[str, str], str]) -> None:
        for person in self.people:
            self.accept(
                person.address,
                email(
                    from_="news@news.example.org",
                    to=person.address,
                    subject=fill(subject, person.address),
                    text=fill(kept.text or "-", person.address),
                    html=fill(kept.html, person.address),
                    headers=[("List-Unsubscribe", f"<{self.way_out(person.address)}>")],
                ),
            )

    @staticmethod
    def way_out(address: str) -> str:
        return f"https://owner.example/u/{address}"

    @staticmethod
    def desk(address: str) -> str:
        return f"https://owner.example/m/{address}"


class ListmonkServer(ListServer):
    def answer(self, request: Request) -> tuple[int, object]:  # noqa: PLR0911  (one per call)
        if request.headers.get("Authorization") != f"token rundbrief:{API_KEY}":
            return 403, {"message": "invalid API credentials"}
        document = request.document or {}
        if request.path == "/api/campaigns" and request.method == "GET":
            results = [self._shown(one) for one in self.campaigns if request.query["tag"] in one.document["tags"]]
            return 200, {"data": {"results": results, "total": len(results)}}
        if request.path == "/api/campaigns":
            if not document.get("lists") or not document.get("subject"):
                return 400, {"message": "Invalid lists."}
            kept = self.keep(document, "draft")
            kept.html, kept.text = document["body"], document["altbody"]
            return 200, {"data": self._shown(kept)}
        if request.path.endswith("/test"):
            self.tested += document["subscribers"]
            return 200, {"data": True}
        kept = self.campaign(request.path)
        if kept.status not in ("draft", "paused"):
            return 400, {"message": "Only paused campaigns and drafts can be started."}
        kept.status = document["status"]
        self.mail_everybody(kept.document["subject"], kept, self._fill)
        return 200, {"data": self._shown(kept)}

    @staticmethod
    def _shown(kept: Kept) -> dict[str, object]:
        return {"id": kept.id, "status": kept.status, "tags": kept.document["tags"], "body": ""}

    def _fill(self, text: str, address: str) -> str:
        """Go's templates: what it doesn't know is an error."""
        values = {"UnsubscribeURL": self.way_out(address), "ManageURL": self.desk(address)}
        return _LISTMONK_TAG.sub(lambda found: values[found[1]], text)


class ButtondownServer(ListServer):
    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("Authorization") != f"Token {API_KEY}":
            return 401, {"detail": "Invalid token."}
        document = request.document or {}
        if request.path == "/emails" and request.method == "GET":
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", request.query["creation_date__start"])
            page = int(request.query["page"])
            shown = [self._shown(one) for one in self.campaigns[page - 1 : page]]
            return 200, {"results": shown, "next": "more" if page < len(self.campaigns) else None, "count": 1}
        if request.path == "/emails":
            known = request.headers["X-Idempotency-Key"]
            kept = next((one for one in self.campaigns if one.document["key"] == known), None)
            if kept is None:
                kept = self.keep({**document, "key": known}, document["status"])
                kept.html = document["body"]
            return 201, self._shown(kept)
        kept = self.campaigns[int(request.path.split("/")[2]) - 1]
        if request.path.endswith("/send-draft"):
            self.tested += document["recipients"]
            return 200, {}
        if kept.status != "draft":
            return 400, {"detail": "This email was already published.", "code": "status_invalid"}
        kept.status = "about_to_send"
        self.mail_everybody(kept.document["subject"], kept, self._fill)
        return 200, self._shown(kept)

    @staticmethod
    def _shown(kept: Kept) -> dict[str, object]:
        return {"id": str(kept.id), "status": kept.status, "metadata": kept.document["metadata"]}

    def _fill(self, text: str, address: str) -> str:
        values = {"unsubscribe_url": self.way_out(address), "manage_subscription_url": self.desk(address)}
        return _LISTMONK_TAG.sub(lambda found: values[found[1]], text)


class MailchimpServer(ListServer):
    def answer(self, request: Request) -> tuple[int, object]:  # noqa: PLR0911  (one per call)
        secret = base64.b64decode(request.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
        if secret.partition(":")[2] != API_KEY:
            return 401, {"title": "API Key Invalid", "detail": "Your API key may be invalid."}
        document = request.document or {}
        if request.path == "/3.0/campaigns" and request.method == "GET":
            return 200, {"campaigns": [self._shown(one) for one in self.campaigns], "total_items": 1}
        if request.path == "/3.0/campaigns":
            return 200, self._shown(self.keep(document, "save"))
        kept = self.campaign(request.path)
        if request.path.endswith("/content"):
            kept.html, kept.text = document["html"], document["plain_text"]
            return 200, {}
        if request.path.endswith("/actions/test"):
            self.tested += document["test_emails"]
            return 204, None
        if kept.status != "save" or not kept.html:
            return 400, {"title": "Bad Request", "detail": "Your Campaign is not ready to send."}
        kept.status = "sending"
        self.mail_everybody(kept.document["settings"]["subject_line"], kept, self._fill)
        return 204, None

    @staticmethod
    def _shown(kept: Kept) -> dict[str, object]:
        return {
            "id": str(kept.id),
            "status": kept.status,
            "settings": {"title": kept.document["settings"]["title"]},
        }

    def _fill(self, text: str, address: str) -> str:
        values = {"UNSUB": self.way_out(address), "UPDATE_PROFILE": self.desk(address)}
        return _MAILCHIMP_TAG.sub(lambda found: values.get(found[1], ""), text)
