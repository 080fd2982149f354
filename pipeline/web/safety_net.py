"""Answers for what goes wrong, which tell neither the client nor the log more than they may know."""

from __future__ import annotations

from traceback import format_tb

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

_TEXTS = {
    404: "Not found.\n",
    405: "This method is not allowed here.\n",
    410: "This is gone for good.\n",
    413: "That is too large.\n",
}


async def plain_error(_request: Request, error: Exception) -> Response:
    """The answer to an HTTP error: its status and a line of text."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    text = _TEXTS.get(status, "This request can't be answered.\n")
    return PlainTextResponse(text, status_code=status, headers={"x-content-type-options": "nosniff"} | headers)


class SafetyNet:
    """ASGI middleware: an exception becomes a plain 500 and a log line.

    The line has neither the address that was called nor the exception's text: the one holds tokens, the other may
    hold what was looked for in the store.  Left to the server, both would be in its traceback.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = gone = False

        async def noting_send(message: Message) -> None:
            nonlocal started, gone
            started = started or message["type"] == "http.response.start"
            try:
                await send(message)
            except RuntimeError:
                # The connection was closed meanwhile: what stood behind this request was none.
                gone = True
                raise

        try:
            await self._app(scope, receive, noting_send)
        except Exception as error:  # noqa: BLE001  (whatever it is, the next request is to be answered)
            if gone:
                return
            endpoint = getattr(scope.get("endpoint"), "__qualname__", None)
            where = "".join(format_tb(error.__traceback__))
            log.error("request failed", endpoint=endpoint, error=type(error).__name__, traceback=where)  # noqa: TRY400
            if not started and scope["type"] == "http":
                text = "Something went wrong here. Please try again later.\n"
                await PlainTextResponse(text, status_code=500)(scope, receive, send)
