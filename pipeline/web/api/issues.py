"""Issues by the API: their books, and control over those that are being mailed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from pipeline.domain.api_token import Scope
from pipeline.domain.explanation import Statement
from pipeline.domain.issue import Hold, Issue, IssueState
from pipeline.domain.ledger import IssueId
from pipeline.store.store import Store
from pipeline.web.api.entrance import not_found
from pipeline.web.api.operation import Call, Operation, Reply
from pipeline.web.api.problems import ApiProblem
from pipeline.web.api.values import Line, Model, Moment, Name, Paging, cursor_of, moment_and_number

ExplainIssue = Callable[[Issue], Sequence[Statement]]


class BooksOut(Model):
    """An issue's books: the audience is the sum of the rest."""

    audience: int
    accepted: int
    rejected: int
    suppressed: int
    cancelled: int
    in_doubt: int
    to_do: int


class IssueOut(Model):
    """One mailing of one newsletter, for one cadence and slot."""

    id: int
    newsletter: str
    cadence: str
    zone: str
    slot: Moment
    state: IssueState
    hold: Hold | None = Field(description="Why nothing more of it is handed over, while something holds it.")
    reason: str
    frozen: Moment
    finished: Moment | None
    books: BooksOut


class StatementOut(Model):
    """One link of a chain: ``code`` is for programs, ``what`` for people."""

    code: str
    what: str
    at: Moment | None


class IssueWhole(IssueOut):
    """An issue, and how it came about."""

    chain: list[StatementOut]


class IssuePage(Model):
    """Issues, the newest slot first; ``next`` is the cursor of what follows, null at the end."""

    issues: list[IssueOut]
    next: str | None


class IssueQuery(Paging):
    """Which issues."""

    newsletter: Name | None = None
    state: IssueState | None = None


class Cancelling(Model):
    """Why it is cancelled."""

    reason: Annotated[Line, StringConstraints(min_length=1)] = "cancelled by the API"


def issue_operations(store: Store, explain: ExplainIssue) -> list[Operation]:
    """What can be done about issues."""
    desk = _Issues(store, explain)
    return [
        Operation(
            name="list_issues",
            method="GET",
            path="/issues",
            summary="List issues with their books, the newest slot first.",
            scope=Scope.ISSUES_READ,
            query=IssueQuery,
            answers={200: IssuePage},
            handle=desk.page,
        ),
        Operation(
            name="read_issue",
            method="GET",
            path="/issues/{id}",
            summary="Read an issue, and how it came about.",
            scope=Scope.ISSUES_READ,
            answers={200: IssueWhole},
            handle=desk.read,
        ),
        *(
            Operation(
                name=f"{word}_issue",
                method="POST",
                path=f"/issues/{{id}}/{word}",
                summary=summary,
                scope=Scope.ISSUES_WRITE,
                body=body,
                answers={200: IssueOut},
                handle=handle,
            )
            for word, summary, body, handle in (
                ("pause", "Hand over nothing more of an issue, until it is resumed.", None, desk.pause),
                ("resume", "Let an issue go on, whatever holds it.", None, desk.resume),
                ("cancel", "Mail no more of an issue; its articles are owed again.", Cancelling, desk.cancel),
            )
        ),
    ]


class _Issues:
    def __init__(self, store: Store, explain: ExplainIssue) -> None:
        self._store = store
        self._explain = explain

    def page(self, call: Call[IssueQuery, None]) -> Reply:
        asked = call.query
        behind = moment_and_number(asked.cursor)
        found = self._store.listings.issues(
            limit=asked.limit + 1, behind=behind, newsletter=asked.newsletter, state=asked.state
        )
        page = found[: asked.limit]
        following = cursor_of(page[-1].key.slot, page[-1].id) if len(found) > len(page) else None
        return Reply(body=IssuePage(issues=[IssueOut(**_facts(one)) for one in page], next=following))

    def read(self, call: Call[None, None]) -> Reply:
        found = self._found(call.number)
        chain = [StatementOut(code=one.code, what=one.what, at=one.at) for one in self._explain(found)]
        return Reply(body=IssueWhole(**_facts(found), chain=chain))

    def pause(self, call: Call[None, None]) -> Reply:
        return self._done(call.number, self._store.issues.pause(self._found(call.number).id), "It can't be paused")

    def resume(self, call: Call[None, None]) -> Reply:
        return self._done(call.number, self._store.issues.resume(self._found(call.number).id), "Nothing holds it")

    def cancel(self, call: Call[None, Cancelling]) -> Reply:
        before = self._found(call.number)
        cancelled = self._store.issues.cancel(before.id, call.body.reason, call.now)
        after = self._found(call.number)
        done = bool(cancelled) or after.hold is not before.hold
        return self._done(call.number, done, "Nothing of it is to do")

    def _done(self, number: int, done: bool, failed: str) -> Reply:  # noqa: FBT001
        found = self._found(number)
        if not done:
            raise ApiProblem(409, "state", f"{failed}: it is {(found.hold or found.state).value}.")
        return Reply(body=IssueOut(**_facts(found)))

    def _found(self, number: int) -> Issue:
        found = self._store.issues.shown([IssueId(number)])
        if not found:
            raise not_found()
        return found[0]


def _facts(issue: Issue) -> dict[str, Any]:
    books = issue.books
    return {
        "id": issue.id,
        "newsletter": issue.key.newsletter,
        "cadence": issue.key.cadence,
        "zone": issue.key.zone,
        "slot": issue.key.slot,
        "state": issue.state,
        "hold": issue.hold,
        "reason": issue.reason,
        "frozen": issue.frozen_at,
        "finished": issue.finished_at,
        "books": BooksOut(
            audience=books.audience,
            accepted=books.accepted,
            rejected=books.rejected,
            suppressed=books.suppressed,
            cancelled=books.cancelled,
            in_doubt=books.in_doubt,
            to_do=books.to_do,
        ),
    }
