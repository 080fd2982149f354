"""`rundbrief issues`: what a person decides on an issue that is being mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import Invocation, invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.issue_named import IssueNumber, issue_named
from pipeline.errors import Problem

if TYPE_CHECKING:
    import uuid

    from pipeline.app import App
    from pipeline.domain.issue import Issue


def resolve(
    context: typer.Context,
    issue: IssueNumber,
    accepted: Annotated[
        bool,
        typer.Option(
            "--accepted/--resend",
            help="The provider has mailed them: count them as accepted. Or: it has not: hand them over again.",
        ),
    ],
    batch: Annotated[
        list[str] | None,
        typer.Option(metavar="BATCH", help="Decide on this batch only; may be given more than once."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Decide on all of its batches in doubt alike.")] = False,
) -> None:
    r"""Decide on the deliveries of an issue that are in doubt.

    A provider was called, and died or kept silent before it answered. Look into its log for one of the recipients that
    `rundbrief issues show ID` lists. If they are there, say --accepted; if they are not, say --resend. With --resend
    whoever got the mail after all gets it twice.

    Where more than one batch is in doubt, each may have met another fate: name those you mean with --batch, or say
    --all.

    \b
    Examples:
      rundbrief issues resolve 3 --accepted
      rundbrief issues resolve 3 --resend --batch 6f0b3c1e-5d0f-5b52-9a6e-6f1d4f0d8a11
    """
    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        meant = _meant(opened, found, batch or [], every=every)
        decided = opened.store.ledger.decide(found.id, meant, accepted=accepted, now=opened.clock())
        opened.store.issues.finish(opened.clock())
        after = issue_named(opened, issue)
    said = f"{decided} deliveries of issue {issue} "
    said += (
        f"count as accepted. It is {_stands(after)}."
        if accepted
        else "are handed over again by the next `rundbrief run`."
    )
    _end(asked, after, said, "not-in-doubt", "" if decided else "Nothing of it is in doubt", decided=decided)


def cancel(context: typer.Context, issue: IssueNumber) -> None:
    r"""Mail no more of an issue.

    Who has it, keeps it. To everybody else its articles are owed again: their next issue carries them. What a provider
    may already have is not touched: see `rundbrief issues resolve`.

    \b
    Example:
      rundbrief issues cancel 3
    """
    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        cancelled = opened.store.issues.cancel(found.id, "cancelled by a person", opened.clock())
        after = issue_named(opened, issue)
    said = f"{cancelled} deliveries of issue {issue} are cancelled. It is {_stands(after)}."
    done = cancelled or after.hold is not found.hold
    _end(asked, after, said, "nothing-to-cancel", "" if done else "Nothing of it is to do", cancelled=cancelled)


def pause(context: typer.Context, issue: IssueNumber) -> None:
    r"""Hand over nothing more of an issue, until it is resumed.

    It takes effect at once, also where `rundbrief serve` is at work: only calls of a provider that have begun come to
    their end.

    \b
    Example:
      rundbrief issues pause 3
    """
    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        paused = opened.store.issues.pause(found.id)
        after = issue_named(opened, issue)
    said = f"Issue {issue} is paused; {after.books.to_do} deliveries are to do."
    _end(asked, after, said, "not-running", "" if paused else "It can't be paused", paused=paused)


def resume(context: typer.Context, issue: IssueNumber) -> None:
    r"""Let an issue go on that was paused, or that holds because of its first recipients.

    The next `rundbrief run` goes on with it; `rundbrief serve` does within a minute.

    \b
    Example:
      rundbrief issues resume 3
    """
    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        resumed = opened.store.issues.resume(found.id)
        after = issue_named(opened, issue)
    said = f"Issue {issue} goes on with the next `rundbrief run`; {after.books.to_do} deliveries are to do."
    _end(asked, after, said, "not-held", "" if resumed else "Nothing holds it", resumed=resumed)


def retry_failed(context: typer.Context, issue: IssueNumber) -> None:
    r"""Try deliveries of an issue again that were rejected, but not because of their address.

    These are those that a provider refused for its own reasons, or that were given up because it was away for too
    long. Whose articles a later issue has carried meanwhile gets nothing twice: they stay rejected.

    \b
    Example:
      rundbrief issues retry-failed 3
    """
    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        retried = opened.store.issues.retry_failed(found.id)
        after = issue_named(opened, issue)
    kept = retried.rejected - retried.deliveries
    said = f"{retried.deliveries} deliveries of issue {issue} are handed over again by the next `rundbrief run`."
    said += f" {kept} stay rejected: for their address, or because a later issue has them." if kept else ""
    failed = "" if retried.deliveries else "None of its rejected deliveries can be tried again"
    _end(asked, after, said, "nothing-to-retry", failed, retried=retried.deliveries)


def _end(asked: Invocation, after: Issue, said: str, code: str, failed: str, **counts: int) -> None:
    """Say what was done, or that nothing was: ``failed`` is why."""
    from pipeline.cli.output import print_json, say
    from pipeline.engine.report import issue_json

    problems = []
    if failed:
        problems = [Problem(code=code, where=f"issue {after.id}", what=f"{failed}: it is {_stands(after)}.")]
    report_problems(problems)
    if asked.as_json:
        print_json({**counts, "issue": issue_json(after), "problems": problems})
    elif not failed:
        say(said)
    if failed:
        raise typer.Exit(FAILED)


def _stands(issue: Issue) -> str:
    return (issue.hold or issue.state).value


def _meant(opened: App, issue: Issue, named: list[str], *, every: bool) -> list[uuid.UUID]:
    """The batches in doubt that are decided on.  Raises WrongUse where that is not clear."""
    from pipeline.domain.ledger import BatchState

    open_batches = opened.store.issues.details(issue.id).open_batches
    doubtful = {str(one.id): one.id for one in open_batches if one.state is BatchState.IN_DOUBT}
    if unknown := [name for name in named if name not in doubtful]:
        raise WrongUse(
            f"Issue {issue.id} has no batch {unknown[0]} in doubt.", mend=f"See `rundbrief issues show {issue.id}`."
        )
    if len(doubtful) > 1 and not named and not every:
        raise WrongUse(
            f"{len(doubtful)} batches of issue {issue.id} are in doubt, and each may have met another fate.",
            mend=f"Look for a recipient of each in the log, then name it with --batch, or say --all: `rundbrief issues "
            f"show {issue.id}` lists them.",
        )
    return [doubtful[name] for name in named] if named else list(doubtful.values())
