"""Runs, plans, explanations and the hold as requests and answers of the API have them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipeline.domain.explanation import Fate
from pipeline.domain.run import RunOutcome
from pipeline.web.api.issues import StatementOut
from pipeline.web.api.values import Address, Line, Model, Moment, Name, Paging


class RunProblem(Model):
    """Something that failed in a run."""

    code: str
    where: str
    what: str
    mend: str


class RunOut(Model):
    """One execution of a job, for one slot or by a person."""

    id: int
    job: str
    slot: Moment | None
    started: Moment
    ended: Moment | None
    outcome: RunOutcome
    reason: str


class RunWhole(RunOut):
    """A run with what it did."""

    counts: dict[str, Any]
    problems: list[RunProblem]


class RunPage(Model):
    """Runs, the newest first; ``next`` is the cursor of what follows, null at the end."""

    runs: list[RunOut]
    next: str | None


class RunQuery(Paging):
    """Which runs."""

    job: Name | None = None


class PlannedIssue(Model):
    """An issue that would be made, or a slot that would end without one, with the ``reason``."""

    newsletter: str
    cadence: str
    zone: str
    slot: Moment
    due: bool = Field(description="Whether its slot has come.")
    reason: str
    recipients: int
    suppressed: int
    variants: int
    articles: list[int] = Field(description="The numbers of the articles that its variants carry.")
    bytes: int
    provider: str


class PlanOut(Model):
    """What would be mailed.  Nothing is done."""

    at: Moment
    issues: list[PlannedIssue]


class PlanQuery(Model):
    """Of which newsletter, and when."""

    newsletter: Name
    at: Moment | None = Field(default=None, description="As a run at that time would see it; now if absent.")


class ExplanationIn(Model):
    """Whom and which article it is about."""

    address: Address
    article: int = Field(ge=1, le=2**53 - 1)


class ExplanationOut(Model):
    """Why somebody has an article, gets it or does not: by one of their newsletters, "" where they have none."""

    newsletter: str
    fate: Fate
    reasons: list[StatementOut]
    chain: list[StatementOut]


class ExplanationsOut(Model):
    """One for each newsletter of the person."""

    explanations: list[ExplanationOut]


class HoldOut(Model):
    """Whether all mailing is on hold."""

    held: bool
    since: Moment | None = None
    reason: str = ""


class HoldIn(Model):
    """Why it is put on hold."""

    reason: Line = ""
