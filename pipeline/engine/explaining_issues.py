"""How an issue came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.app import App
from pipeline.domain.issue_evidence import issue_chain

if TYPE_CHECKING:
    from pipeline.domain.explanation import Statement
    from pipeline.domain.issue import Issue


def explain_issue(app: App, issue: Issue) -> tuple[Statement, ...]:
    """What happened to an issue, in order."""
    evidence = app.store.evidence.of_issue(issue, app.store.events.rates(issue.id))
    return issue_chain(evidence, app.settings.site.timezone)
