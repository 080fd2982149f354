"""What the API needs of an `App`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.app import App
from pipeline.domain.article import ArticleId
from pipeline.domain.explanation import Explanation
from pipeline.engine.explaining import explain_article
from pipeline.engine.explaining_issues import explain_issue
from pipeline.engine.plan import IssuePlan, Planner
from pipeline.web.api.articles import article_operations
from pipeline.web.api.entrance import Entrance
from pipeline.web.api.issues import issue_operations
from pipeline.web.api.operating import operating_operations
from pipeline.web.api.operating_models import PlannedIssue
from pipeline.web.api.operation import Operation
from pipeline.web.api.routes import api_app
from pipeline.web.api.subscribers import SubscriberDesk, subscriber_operations

if TYPE_CHECKING:
    from starlette.applications import Starlette


def api_of(
    app: App, wake: Callable[[], None], changed: Callable[[], None], stopwatch: Callable[[], float] = time.monotonic
) -> Starlette:
    """``wake`` is called when there is something to be decided or mailed about a subscription, ``changed`` when there
    is something new of articles.  ``stopwatch`` gives seconds that only move forward.
    """
    entrance = Entrance(app.store.api_tokens, app.store.api_answers, app.clock, stopwatch)
    return api_app(entrance, operations(app, wake, changed), app.settings.site.url)


def operations(app: App, wake: Callable[[], None], changed: Callable[[], None]) -> list[Operation]:
    """All that the API can do."""
    reception = app.reception
    desk = SubscriberDesk(
        offers=reception.offers,
        policy=lambda: reception.policy,
        welcomes=reception.welcomes,
        goodbyes=frozenset(letter.name for letter in app.settings.newsletters if letter.goodbye),
        wake=wake,
    )

    def explained(address: str, article: ArticleId) -> Sequence[Explanation]:
        return explain_article(app, address, article)[1]

    def planned(newsletter: str, at: datetime) -> Sequence[PlannedIssue] | None:
        letter = app.newsletters.get(newsletter)
        return None if letter is None else [_planned(one) for one in Planner(app, at).plan(letter)]

    return [
        *article_operations(app.store, app.pushing, changed),
        *subscriber_operations(app.store, desk),
        *issue_operations(app.store, lambda issue: explain_issue(app, issue)),
        *operating_operations(app.store, planned, explained),
    ]


def _planned(one: IssuePlan) -> PlannedIssue:
    carried = {article.id for variant in one.variants for article in variant.contents.articles}
    return PlannedIssue(
        newsletter=one.key.newsletter,
        cadence=one.key.cadence,
        zone=one.key.zone,
        slot=one.key.slot,
        due=one.due,
        reason=one.reason,
        recipients=one.recipients,
        suppressed=one.suppressed,
        variants=len(one.variants),
        articles=sorted(carried),
        bytes=one.bytes,
        provider=one.provider,
    )
