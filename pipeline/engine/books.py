"""Whether the books of issues balance, as a person is told of it."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.app import App
from pipeline.domain.ledger import IssueId
from pipeline.errors import Problem


def wrong_books(app: App, issues: Collection[IssueId] | None = None) -> tuple[Problem, ...]:
    """What is wrong with the books of these issues, or of all: never anything, unless the store was damaged."""
    mend = "Nothing of it is mailed twice. Please report this as a bug, with `rundbrief issues show {0} --json`."
    return tuple(
        Problem(code="books", where=f"issue {id_}", what=f"Its books do not balance: {why}", mend=mend.format(id_))
        for id_, why in app.store.issues.unbalanced(issues).items()
    )
