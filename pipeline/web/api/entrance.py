"""Who may come in: tokens, scopes, rates, sizes; and requests that come twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.domain.api_token import ApiToken
from pipeline.errors import PipelineError
from pipeline.store.api_answers import ApiAnswers, Turn
from pipeline.store.api_tokens import ApiTokens
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem, problem_response
from pipeline.web.api.reading import read_body, read_query
from pipeline.web.hub import network_of
from pipeline.web.site import Clock
from pipeline.web.throttle import Throttle

log = structlog.get_logger(__name__)

_LARGEST_NUMBER = 2**53 - 1
_KEY = re.compile(r"[!-~]{1,64}")
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_LATER = "5"
_TOKEN_BURST, _TOKEN_PER_SECOND = 200, 20
_STRANGER_BURST, _STRANGER_PER_SECOND = 30, 1 / 2


@dataclass
class Entrance:
    """Lets requests in.  ``stopwatch`` gives seconds that only move forward."""

    tokens: ApiTokens
    answers: ApiAnswers
    clock: Clock
    stopwatch: Callable[[], float] = time.monotonic
    _known: Throttle = field(init=False)
    _strangers: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self._known = Throttle(_TOKEN_BURST, _TOKEN_PER_SECOND, stopwatch=self.stopwatch)
        self._strangers = Throttle(_STRANGER_BURST, _STRANGER_PER_SECOND, stopwatch=self.stopwatch)

    def endpoint(self, operation: Operation) -> Callable[[Request], object]:
        """What answers the operation's requests."""

        async def answer(request: Request) -> Response:
            try:
                token = await run_in_threadpool(self._admitted, request, operation)
                body = await _body(request, operation.largest) if operation.body is not None else b""
                return await run_in_threadpool(self._answer, request, operation, token, body)
            except ApiProblem as problem:
                return problem_response(problem)
            except HTTPException as error:
                return problem_response(of_http(error))
            except PipelineError as error:
                log.error("api request failed", operation=operation.name, why=str(error))  # noqa: TRY400
                return problem_response(
                    ApiProblem(503, "unavailable", "Please try again later.", headers={"retry-after": _LATER})
                )

        return answer

    def _admitted(self, request: Request, operation: Operation) -> ApiToken:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        secret = secret.strip()
        token = self.tokens.good(secret, self.clock()) if kind.lower() == "bearer" and secret else None
        if token is None:
            self._slow_down(self._strangers, network_of(request) or "somewhere")
            detail = (
                "Send `Authorization: Bearer TOKEN` with a token that is good: `rundbrief tokens create` makes one."
            )
            challenge = {"www-authenticate": 'Bearer realm="api"'}
            raise ApiProblem(401, "token", detail, headers=challenge)
        self._slow_down(self._known, str(token.id))
        if operation.scope not in token.scopes:
            detail = f"The token has not the scope {operation.scope.value}."
            challenge = {"www-authenticate": f'Bearer error="insufficient_scope", scope="{operation.scope.value}"'}
            raise ApiProblem(403, "scope", detail, headers=challenge)
        return token

    def _slow_down(self, throttle: Throttle, key: str) -> None:
        if wait := throttle.wait(key):
            raise ApiProblem(429, "rate", f"Too many requests: go on in {wait} s.", headers={"retry-after": str(wait)})

    def _answer(self, request: Request, operation: Operation, token: ApiToken, body: bytes) -> Response:
        number = int(request.path_params.get("id", 0))
        if number > _LARGEST_NUMBER:
            raise not_found()
        call: Call[Any, Any] = Call(
            token=token,
            number=number,
            query=read_query(request, operation.query) if operation.query else None,
            body=read_body(request.headers.get("content-type", ""), body, operation.body) if operation.body else None,
            now=self.clock(),
        )
        key = request.headers.get("idempotency-key") if operation.method == "POST" else None
        if key is None:
            return _response(operation, operation.handle(call))
        return self._once(key, operation, call, body)

    def _once(self, key: str, operation: Operation, call: Call[Any, Any], body: bytes) -> Response:
        """Carry a request out, or answer as it was answered before."""
        if not _KEY.fullmatch(key):
            raise ApiProblem(400, "idempotency-key", "An Idempotency-Key has 1 to 64 printable characters of ASCII.")
        asked = f"{operation.method} {operation.path} {call.number}\0".encode() + body
        known = self.answers.begin(call.token.id, key, sha256(asked).hexdigest(), call.now)
        match known.turn:
            case Turn.OTHER:
                raise ApiProblem(422, "idempotency-key", "This Idempotency-Key came before with another request.")
            case Turn.BUSY:
                raise ApiProblem(409, "busy", "This request is being worked on.", headers={"retry-after": _LATER})
            case Turn.ANSWERED:
                again = {**_HEADERS, "idempotency-replayed": "true"}
                return Response(known.body or None, known.status, again, "application/json" if known.body else None)
            case Turn.OURS:
                pass
        try:
            response = _response(operation, operation.handle(call))
        except BaseException:
            self.answers.drop(call.token.id, key)
            raise
        self.answers.keep(call.token.id, key, response.status_code, bytes(response.body).decode())
        return response


async def _body(request: Request, largest: int) -> bytes:
    """The body, as far as it may be read at all.  Raises `ApiProblem` for one that is too large."""
    too_large = ApiProblem(413, "too-large", f"A body here has at most {largest:,} bytes.")
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:20]) > largest:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise too_large
    return bytes(body)


def _response(operation: Operation, reply: Reply) -> Response:
    status = reply.status or next(iter(operation.answers))
    headers = {**_HEADERS, **reply.headers}
    if reply.body is None:
        return Response(None, status, headers)
    return Response(reply.body.model_dump_json(), status, headers, "application/json")


def of_http(error: HTTPException) -> ApiProblem:
    """What Starlette found wrong."""
    said = {
        404: "There is nothing at this address.",
        405: "This method is not allowed here.",
        413: "That is too large.",
    }
    codes = {404: "not-found", 405: "method"}
    detail = said.get(error.status_code, "This request can't be answered.")
    return ApiProblem(
        error.status_code, codes.get(error.status_code, "http"), detail, headers=dict(error.headers or {})
    )


def not_found() -> ApiProblem:
    return ApiProblem(404, "not-found", "There is nothing of that number.")
