"""What the web app needs of an `App` to be for people: the site, and what its pages do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline import wiring
from pipeline.app import App
from pipeline.app.issue_feed import IssueFeed
from pipeline.domain.sign_up import NewSignUp
from pipeline.store.past_issues import PastIssues
from pipeline.web.confirm import Confirming
from pipeline.web.people import Audience
from pipeline.web.redirects import Redirect
from pipeline.web.sign_up import SignUpDesk
from pipeline.web.site import WebSite
from pipeline.wiring.websub import hub_address


def site_of(app: App) -> WebSite:
    """The site as the public sees it."""
    settings = app.settings
    return WebSite(
        title=settings.site.title,
        url=settings.site.url,
        feeds_url=wiring.publish.feeds_url(settings),
        language=settings.site.language,
        hub=hub_address(settings),
        newsletters={newsletter.name: newsletter.title for newsletter in settings.newsletters},
        offers=app.reception.offers,
        privacy_url=settings.sign_up.privacy_url,
        redirects=tuple(Redirect(redirect.from_, redirect.to) for redirect in settings.redirects),
    )


def audience_of(app: App, wake: Callable[[], None]) -> Audience:
    """``wake`` is called when there is something to be decided or mailed.  Raises `ConfigError`."""
    reception = app.reception

    def ask(asked: NewSignUp, now: datetime) -> None:
        app.store.sign_ups.ask(asked, now)
        wake()

    return Audience(
        sign_up=SignUpDesk(challenges=reception.challenges, policy=reception.policy, ask=ask),
        confirming=Confirming(app.keys, app.store.sign_ups, app.store.subscriptions, reception.welcomes),
        preferences=reception.preferences,
        feeds=reception.private_feeds,
        past=PastIssues(engine=app.store.engine),
        write_feed=IssueFeed(app.settings, lambda: app.publishing.formats, app.store.created),
    )
