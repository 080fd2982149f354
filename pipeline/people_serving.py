"""What the pages for people need of an `App`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline.app import App
from pipeline.domain.sign_up import NewSignUp
from pipeline.issue_feed import IssueFeed
from pipeline.store.past_issues import PastIssues
from pipeline.web.confirm import Confirming
from pipeline.web.people import Audience
from pipeline.web.sign_up import SignUpDesk


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
