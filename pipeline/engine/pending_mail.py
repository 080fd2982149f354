"""What the next pass would mail: to be named before a store that was restored is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.app import App
from pipeline.engine.plan import Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMail:
    """An issue that is open, with the deliveries that are to do or in doubt, or one that would be made at once.

    ``issue`` is the number of one that is open; ``articles`` are counted for one that would be made.
    """

    newsletter: str
    cadence: str
    zone: str
    slot: datetime
    recipients: int
    issue: int | None = None
    articles: int | None = None


def pending_mail(app: App) -> Iterator[PendingMail]:
    """Open issues first.  What is still to be collected can't be foreseen."""
    for one in app.store.issues.shown(app.store.issues.open_issues()):
        waiting = one.books.to_do + one.books.in_doubt
        if waiting:
            key = one.key
            yield PendingMail(
                newsletter=key.newsletter,
                cadence=key.cadence,
                zone=key.zone,
                slot=key.slot,
                recipients=waiting,
                issue=one.id,
            )
    planner = Planner(app, app.clock())
    for newsletter in app.settings.newsletters:
        for plan in planner.plan(newsletter):
            if plan.due and plan.recipients:
                yield PendingMail(
                    newsletter=plan.key.newsletter,
                    cadence=plan.key.cadence,
                    zone=plan.key.zone,
                    slot=plan.key.slot,
                    recipients=plan.recipients,
                    articles=max(len(variant.contents.articles) for variant in plan.variants),
                )
