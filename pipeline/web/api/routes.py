"""The API as an app of its own: what is wrong there is said in its own form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.api.document import openapi
from pipeline.web.api.entrance import Entrance, of_http
from pipeline.web.api.operation import Operation
from pipeline.web.api.problems import ApiProblem, problem_response
from pipeline.web.application import API_ROOT


def api_app(entrance: Entrance, operations: Sequence[Operation], site_url: str) -> Starlette:
    """What answers below `API_ROOT`.  ``site_url`` is the public address of the site."""

    @cache
    def written() -> bytes:
        return json.dumps(openapi(operations, f"{site_url}{API_ROOT}"), ensure_ascii=False, indent=1).encode()

    def document(_request: Request) -> Response:
        headers = {"cache-control": "max-age=300", "access-control-allow-origin": "*"}
        return Response(written(), headers=headers, media_type="application/json")

    by_path: dict[str, list[Operation]] = {}
    for one in operations:
        by_path.setdefault(one.path, []).append(one)
    routes = [Route("/openapi.json", document)]
    for path, several in by_path.items():
        methods = {one.method: entrance.endpoint(one) for one in several}
        routes.append(Route(path.replace("{id}", "{id:int}"), _by_method(methods), methods=list(methods)))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _said, Exception: _unexpected})
    app.router.redirect_slashes = False
    return app


def _by_method(methods: dict[str, Callable[[Request], object]]) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        # Starlette lets HEAD in where GET is.
        response = await methods["GET" if request.method == "HEAD" else request.method](request)  # type: ignore[misc]
        assert isinstance(response, Response)  # noqa: S101 - for the type checker
        return response

    return answer


async def _said(_request: Request, error: Exception) -> Response:
    return problem_response(of_http(error) if isinstance(error, HTTPException) else _FAILED)


_FAILED = ApiProblem(500, "unexpected", "Something went wrong here. Please try again later.")


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return problem_response(_FAILED)
