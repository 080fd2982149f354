"""`/healthz`, `/readyz` and `/metrics`: how this process is, for what looks after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.web.metrics import MetricsEndpoint
from pipeline.web.site import Health

_FRESH = {"cache-control": "no-store"}


def wellbeing_routes(
    health: Callable[[], Health], alive: Callable[[], bool], metrics: MetricsEndpoint | None
) -> Sequence[Route]:
    """``health`` and ``alive`` are called in threads."""

    def living(_request: Request) -> Response:
        text, status = ("ok\n", 200) if alive() else ("stands still\n", 503)
        return PlainTextResponse(text, status_code=status, headers=_FRESH)

    def ready(_request: Request) -> Response:
        state = health()
        body = {"ready": state.ready, "details": dict(state.details)}
        return JSONResponse(body, status_code=200 if state.ready else 503, headers=_FRESH)

    routes = [Route("/healthz", living), Route("/readyz", ready)]
    return [*routes, Route("/metrics", metrics.answer)] if metrics else routes
