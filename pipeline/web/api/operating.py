"""What those ask for who operate it: runs, the plan, explanations, and the hold on all mailing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pipeline.domain.api_token import Scope
from pipeline.domain.article import ArticleId
from pipeline.domain.explanation import Explanation
from pipeline.domain.run import Run, RunId
from pipeline.store.store import Store
from pipeline.web.api.entrance import not_found
from pipeline.web.api.issues import StatementOut
from pipeline.web.api.operating_models import (
    ExplanationIn,
    ExplanationOut,
    ExplanationsOut,
    HoldIn,
    HoldOut,
    PlannedIssue,
    PlanOut,
    PlanQuery,
    RunOut,
    RunPage,
    RunProblem,
    RunQuery,
    RunWhole,
)
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem, FieldProblem
from pipeline.web.api.values import cursor_of, moment_and_number

ExplainArticle = Callable[[str, ArticleId], Sequence[Explanation]]

PlanIssues = Callable[[str, datetime], Sequence[PlannedIssue] | None]
"""What would be mailed of a newsletter at a time; None where it is not configured."""


def operating_operations(store: Store, plan: PlanIssues, explain: ExplainArticle) -> list[Operation]:
    """What can be asked and done about the whole."""
    desk = _Operating(store, plan, explain)
    return [
        Operation(
            name="list_runs",
            method="GET",
            path="/runs",
            summary="List runs, the newest first.",
            scope=Scope.OPERATION_READ,
            query=RunQuery,
            answers={200: RunPage},
            handle=desk.page,
        ),
        Operation(
            name="read_run",
            method="GET",
            path="/runs/{id}",
            summary="Read a run.",
            scope=Scope.OPERATION_READ,
            answers={200: RunWhole},
            handle=desk.read,
        ),
        Operation(
            name="read_plan",
            method="GET",
            path="/plan",
            summary="See what would be mailed. Nothing is done.",
            scope=Scope.OPERATION_READ,
            query=PlanQuery,
            answers={200: PlanOut},
            handle=desk.plan,
        ),
        Operation(
            name="explain",
            method="POST",
            path="/explanations",
            summary="Ask why somebody has an article, gets it or does not.",
            scope=Scope.SUBSCRIBERS_READ,
            body=ExplanationIn,
            answers={200: ExplanationsOut},
            problems=(404,),
            handle=desk.explain,
        ),
        Operation(
            name="read_hold",
            method="GET",
            path="/hold",
            summary="See whether all mailing is on hold.",
            scope=Scope.OPERATION_READ,
            answers={200: HoldOut},
            handle=desk.held,
        ),
        Operation(
            name="hold",
            method="PUT",
            path="/hold",
            summary="Stop all mailing at once, in every process and on every machine.",
            scope=Scope.OPERATION_WRITE,
            body=HoldIn,
            answers={200: HoldOut},
            handle=desk.hold,
        ),
        Operation(
            name="release",
            method="DELETE",
            path="/hold",
            summary="Let mailing go on.",
            scope=Scope.OPERATION_WRITE,
            answers={200: HoldOut},
            handle=desk.release,
        ),
    ]


class _Operating:
    def __init__(self, store: Store, plan: PlanIssues, explain: ExplainArticle) -> None:
        self._store = store
        self._plan = plan
        self._explain = explain

    def page(self, call: Call[RunQuery, None]) -> Reply:
        asked = call.query
        found = self._store.listings.runs(limit=asked.limit + 1, behind=moment_and_number(asked.cursor), job=asked.job)
        page = found[: asked.limit]
        following = cursor_of(page[-1].started, page[-1].id) if len(found) > len(page) else None
        return Reply(body=RunPage(runs=[RunOut(**_facts(one)) for one in page], next=following))

    def read(self, call: Call[None, None]) -> Reply:
        found = self._store.runs.one(RunId(call.number))
        if found is None:
            raise not_found()
        problems = [RunProblem(code=one.code, where=one.where, what=one.what, mend=one.mend) for one in found.problems]
        return Reply(body=RunWhole(**_facts(found), counts=dict(found.counts), problems=problems))

    def plan(self, call: Call[PlanQuery, None]) -> Reply:
        at = call.query.at or call.now
        issues = self._plan(call.query.newsletter, at)
        if issues is None:
            wrong = FieldProblem(pointer="newsletter", detail="No newsletter of that name is configured.")
            raise ApiProblem(422, "values", wrong.detail, (wrong,))
        return Reply(body=PlanOut(at=at, issues=[*issues]))

    def explain(self, call: Call[None, ExplanationIn]) -> Reply:
        article = self._store.articles.one(ArticleId(call.body.article))
        if article is None:
            raise not_found()
        found = [
            ExplanationOut(
                newsletter=one.newsletter,
                fate=one.fate,
                reasons=[StatementOut(code=each.code, what=each.what, at=each.at) for each in one.reasons],
                chain=[StatementOut(code=each.code, what=each.what, at=each.at) for each in one.chain],
            )
            for one in self._explain(call.body.address, article.id)
        ]
        return Reply(body=ExplanationsOut(explanations=found))

    def held(self, call: Call[None, None]) -> Reply:  # noqa: ARG002 - as all operations
        return Reply(body=self._hold())

    def hold(self, call: Call[None, HoldIn]) -> Reply:
        self._store.standstills.begin(call.body.reason, call.now)
        return Reply(body=self._hold())

    def release(self, call: Call[None, None]) -> Reply:  # noqa: ARG002 - as all operations
        self._store.standstills.end()
        return Reply(body=self._hold())

    def _hold(self) -> HoldOut:
        found = self._store.standstills.now()
        return HoldOut(held=True, since=found.since, reason=found.reason) if found else HoldOut(held=False)


def _facts(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "job": run.job,
        "slot": run.slot,
        "started": run.started,
        "ended": run.ended,
        "outcome": run.outcome,
        "reason": run.reason,
    }
