"""An issue that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.failures import WrongUse

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.domain.issue import Issue

IssueNumber = Annotated[int, typer.Argument(metavar="ID", help="Its number in `rundbrief issues`.")]


def issue_named(opened: App, number: int) -> Issue:
    from pipeline.domain.ledger import IssueId

    found = opened.store.issues.shown([IssueId(number)])
    if not found:
        raise WrongUse(f"There is no issue {number}.", mend="`rundbrief issues` lists them.")
    return found[0]
