"""The script for forms that sign up, for our pages and for everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from pipeline.web.conditional import matching_tag
from pipeline.web.feeds import HSTS
from pipeline.web.site import WebSite

_MAX_AGE = 3600


class Script:
    """GET and HEAD of ``web/sign-up.js``; the first of the directories of templates that has it counts."""

    def __init__(self, templates: Sequence[Path], site: WebSite) -> None:
        files = (directory / "web" / "sign-up.js" for directory in templates)
        self._body = next((file.read_bytes() for file in files if file.is_file()), b"")
        self._tag = f'"{sha256(self._body).hexdigest()[:32]}"'
        self._headers = {
            "cache-control": f"max-age={_MAX_AGE}",
            "etag": self._tag,
            "x-content-type-options": "nosniff",
            # Pages of other sites may load it, and pages that look at each other's memory as well.
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        }
        if site.secure:
            self._headers["strict-transport-security"] = HSTS

    def answer(self, request: Request) -> Response:
        if matching_tag(request.headers.get("if-none-match", ""), (self._tag,)):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type="text/javascript", headers=self._headers)
