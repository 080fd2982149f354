"""The web app: which address is answered by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from pipeline.audience.choices import Choices
from pipeline.catalogues import Tone
from pipeline.web.feeds import FeedDocuments
from pipeline.web.hub import LARGEST_REQUEST, Ask, HubEndpoint
from pipeline.web.metrics import MetricsEndpoint
from pipeline.web.pages import Pages
from pipeline.web.people import Audience, people_routes
from pipeline.web.pictures import PictureFiles
from pipeline.web.redirects import Redirects
from pipeline.web.safety_net import SafetyNet, plain_error
from pipeline.web.site import Clock, Health, WebSite
from pipeline.web.tracking import TrackedLinkPages
from pipeline.web.unsubscribe import LARGEST_FORM, UnsubscribePages
from pipeline.web.webhooks import LARGEST_POST, WebhookEndpoint
from pipeline.web.wellbeing import wellbeing_routes

API_ROOT = "/api/v1"


def create_app(  # noqa: PLR0913 -- what the site consists of
    site: WebSite,
    *,
    feeds: FeedDocuments,
    templates: Sequence[Path],
    choices: Choices,
    health: Callable[[], Health],
    clock: Clock,
    alive: Callable[[], bool] = lambda: True,
    metrics: MetricsEndpoint | None = None,
    ask_hub: Ask | None = None,
    pictures: Path | None = None,
    tone: Tone = "formal",
    webhooks: WebhookEndpoint | None = None,
    audience: Audience | None = None,
    tracking: TrackedLinkPages | None = None,
    api: ASGIApp | None = None,
) -> Starlette:
    """The public web app.

    ``templates`` are directories that have ``web``; the first that has a template counts.  ``health``, ``alive``,
    ``choices`` and ``clock`` are called in threads.  ``ask_hub`` keeps what our own WebSub hub is asked; None where
    there is none.
    ``pictures`` is the directory of copies, if there are any.  ``webhooks`` takes what mail providers post.
    ``tracking`` answers counted links.
    ``audience`` is what the pages for sign-up, preferences and past issues need; None where there are none.
    ``api`` answers programs below `API_ROOT`.
    """
    pages = Pages(templates, site, tone)
    unsubscribe = UnsubscribePages(site, pages, choices, clock)

    routes: list[BaseRoute] = [
        Route("/", lambda _request: RedirectResponse("feeds/", status_code=302)),
        Route("/feeds", lambda _request: RedirectResponse("feeds/", status_code=301)),
        Route("/feeds/{path:path}", feeds),
        Route("/unsubscribe/{token}", unsubscribe.show),
        Route("/unsubscribe/{token}", unsubscribe.act, methods=["POST"], max_body_size=LARGEST_FORM),
        *wellbeing_routes(health, alive, metrics),
    ]
    if audience is not None:
        routes += people_routes(site, pages, audience, templates, clock)
    if pictures is not None:
        routes.append(Route("/pictures/{path:path}", PictureFiles(pictures).answer))
    if tracking is not None:
        routes.append(Route("/t/{counted}/{issue:int}/{mac}", tracking.answer))
    if webhooks is not None:
        for path in ("/webhooks/{provider}", "/webhooks/{provider}/{token}"):
            routes += [
                Route(path, webhooks.get),
                Route(path, webhooks.post, methods=["POST"], max_body_size=LARGEST_POST),
            ]
    if ask_hub is not None:
        hub = HubEndpoint(ask_hub, clock)
        routes += [
            Route("/hub", hub.get),
            Route("/hub", hub.post, methods=["POST"], max_body_size=LARGEST_REQUEST),
        ]
    if api is not None:
        routes.append(Mount(API_ROOT, app=api))
    app = Starlette(
        routes=routes,
        middleware=[Middleware(SafetyNet), Middleware(Redirects, site.redirects, site.url)],
        exception_handlers={HTTPException: plain_error},
    )
    # Its redirects would be built from the Host header, which anybody can set.
    app.router.redirect_slashes = False
    return app
