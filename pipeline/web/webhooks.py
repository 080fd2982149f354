"""Where mail providers post events: ``/webhooks/PROVIDER``, PROVIDER as it is called in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline.deliver.event import NotGenuine, Posted, Received, Recorded, Unreadable, Webhook
from pipeline.errors import PipelineError
from pipeline.web.site import Clock

log = structlog.get_logger(__name__)

LARGEST_POST = 10_000_000
"""Providers put up to some thousand events into a request."""

Record = Callable[[str, Received, datetime], Recorded]
"""Writes down what a provider told us.  Raises `NotGenuine` for what came before with something else."""

_LATER = 60


class WebhookEndpoint:
    """POST takes events; the answer says whether the provider need tell them again.

    2xx: they are kept, or were.  401: not genuine; whatever is wrong with a request, the answer is the same, and
    nothing has changed.  503: they could not be kept now.  A genuine request that can't be understood gets the status
    by which its provider does not try again.  The body is read before anything is compared.
    """

    def __init__(self, webhooks: Mapping[str, Webhook], record: Record, clock: Clock) -> None:
        self._webhooks = webhooks
        self._record = record
        self._clock = clock

    async def post(self, request: Request) -> Response:
        """POST."""
        name = request.path_params["provider"]
        webhook = self._webhooks.get(name)
        if webhook is None:
            return _said(404, "Not found.")
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in webhook.content_types:
            return _said(415, f"Send {' or '.join(sorted(webhook.content_types))}.")
        body = await request.body()
        if len(body) > webhook.largest:
            return _said(413, "That is too large.")
        posted = Posted(
            headers={key.lower(): value for key, value in request.headers.items()},
            body=body,
            token=request.path_params.get("token", ""),
        )
        return await run_in_threadpool(self._take, name, webhook, posted)

    def get(self, request: Request) -> Response:
        """GET and HEAD: some providers look whether there is anything before they post."""
        known = request.path_params["provider"] in self._webhooks
        return _said(200, "A mail provider posts its events here.") if known else _said(404, "Not found.")

    def _take(self, name: str, webhook: Webhook, posted: Posted) -> Response:
        now = self._clock()
        try:
            recorded = self._record(name, webhook.receive(posted, now), now)
        except NotGenuine as error:
            # The reason is for the operator, whose secret may be the wrong one.
            log.warning("webhook refused", provider=name, why=str(error))
            return _said(401, "Not accepted.")
        except Unreadable as error:
            log.warning("webhook not understood", provider=name, why=str(error))
            return _said(int(webhook.enough), "Not understood.")
        except PipelineError as error:
            log.error("webhook not recorded", provider=name, why=str(error))  # noqa: TRY400
            return _said(503, "Please try again later.", {"retry-after": str(_LATER)})
        if recorded.new:
            log.info("events", provider=name, new=recorded.new, suppressed=recorded.suppressed, ended=recorded.ended)
        return _said(200, "ok")


def _said(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    own = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if status == 401:  # noqa: PLR2004
        # Amazon SNS and others send a password only when they are asked for it.
        own["www-authenticate"] = 'Basic realm="webhooks"'
    return PlainTextResponse(f"{text}\n", status_code=status, headers={**own, **(headers or {})})
