"""Counted links: on to where they lead; and the picture that counts openings.

What is counted is the issue and the link, never who it was.  Programs are left out as far as they show: those that only
ask (HEAD), that load before anybody looks, that say what they are, and those that follow a mail's links all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.audience.tracked_links import PIXEL, TrackedLinks
from pipeline.errors import StoreUnavailable
from pipeline.web.hub import network_of
from pipeline.web.throttle import Throttle

log = structlog.get_logger(__name__)

Count = Callable[[int, str], None]
"""Counts a click on a link of an issue; an opening where the link is empty."""

_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
_NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
# Who opens a mail again on the same day is not asked for again.
_A_DAY = {"cache-control": "private, max-age=86400", "x-robots-tag": "noindex", "x-content-type-options": "nosniff"}
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
_PROGRAM = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|fetch|monitor|check|curl|wget|python|java/|okhttp|go-http|libwww"
    r"|headless|phantom|facebookexternalhit|whatsapp|slack|telegram|discord|barracuda|proofpoint|mimecast|safelinks",
    re.IGNORECASE,
)
# People click a link or two; what protects a mailbox follows all of them at once.
_BURST, _PER_SECOND = 3, 0.5


class TrackedLinkPages:
    """GET and HEAD below ``/t/``.  An address that we didn't make leads nowhere."""

    def __init__(self, links: TrackedLinks, count: Count) -> None:
        self._links = links
        self._count = count
        self._haste = Throttle(_BURST, _PER_SECOND)

    def answer(self, request: Request) -> Response:
        issue, mac = request.path_params["issue"], request.path_params["mac"]
        if mac.endswith(PIXEL):
            if not self._links.is_ours(issue, "", mac.removesuffix(PIXEL)):
                raise HTTPException(404)
            return Response(_GIF, 200, _A_DAY, "image/gif", self._counting(request, issue, ""))
        url, *more = request.query_params.getlist("u") or [""]
        if not url or more or not self._links.is_ours(issue, url, mac):
            raise HTTPException(404)
        return RedirectResponse(url, 302, _NO_STORE, self._counting(request, issue, url))

    def _counting(self, request: Request, issue: int, url: str) -> BackgroundTask | None:
        """After the answer, so that nobody waits for a number."""
        if request.path_params["counted"] != "y" or not is_by_a_person(request):
            return None
        if url and self._haste.wait(f"{issue} {network_of(request)}"):
            return None
        return BackgroundTask(self._note, issue, url)

    def _note(self, issue: int, url: str) -> None:
        try:
            self._count(issue, url)
        except StoreUnavailable as error:
            log.warning("not counted", issue=issue, error=str(error))


def is_by_a_person(request: Request) -> bool:
    """As far as a request shows it."""
    said = " ".join(request.headers.get(name, "") for name in _AHEAD).lower()
    agent = request.headers.get("user-agent", "")
    return (
        request.method == "GET"
        and "prefetch" not in said
        and "preview" not in said
        and bool(agent)
        and _PROGRAM.search(agent) is None
    )
