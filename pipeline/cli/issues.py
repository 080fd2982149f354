"""`rundbrief issues`: what was mailed, and what is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.groups import listing
from pipeline.errors import Problem

if TYPE_CHECKING:
    import uuid
    from datetime import tzinfo

    from pipeline.app import App
    from pipeline.domain.issue import Issue
    from pipeline.store.issue_details import IssueDetails, OpenBatch

app = listing("What was mailed: every issue with its books.")

IssueNumber = Annotated[int, typer.Argument(metavar="ID", help="Its number in `rundbrief issues`.")]
_RECIPIENTS_SHOWN = 20


@app.command("list")
def list_issues(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, the newest slot first.")] = 20,
) -> None:
    r"""List the newest issues with their books: the audience is the sum of the columns behind it.

    "accepted" says that a provider took it. "in doubt" says that nobody knows whether one did: see
    `rundbrief issues show ID`.

    \b
    Example:
      rundbrief issues
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown
    from pipeline.engine.report import issue_json

    asked = invocation(context)
    with asked.app() as opened:
        found = opened.store.issues.shown(limit=limit)
        zone = opened.settings.site.timezone
    if asked.as_json:
        print_json({"issues": [issue_json(issue) for issue in found]})
        return
    columns = ("ID", "NEWSLETTER", "CADENCE", "SLOT", "STATE")
    books = ("AUDIENCE", "ACCEPTED", "REJECTED", "SUPPRESSED", "CANCELLED", "IN DOUBT", "TO DO")
    print_table(
        (*columns, *books, "REASON"),
        [
            (
                one.id,
                one.key.newsletter,
                one.key.cadence,
                shown(one.key.slot, zone),
                one.state.value,
                *_columns(one),
                one.reason,
            )
            for one in found
        ],
        empty="There is no issue yet. `rundbrief run` mails what is due.",
        free=("REASON",),
    )


@app.command("show")
def show_issue(context: typer.Context, issue: IssueNumber) -> None:
    r"""Show one issue: its books, its variants with their articles, and the batches that are not settled.

    A batch in doubt is shown with its recipients, so that you can look for one of them in the provider's own log.

    \b
    Example:
      rundbrief issues show 3
    """
    from pipeline.cli.output import print_json
    from pipeline.engine.report import issue_json

    asked = invocation(context)
    with asked.app() as opened:
        found = _one(opened, issue)
        details = opened.store.issues.details(found.id)
        zone = opened.settings.site.timezone
    if asked.as_json:
        whole = {
            **issue_json(found),
            "uid": found.uid,
            "frozen_at": found.frozen_at,
            "finished_at": found.finished_at,
            "variants": [_variant(one) for one in details.variants],
            "batches": details.batches,
            "open_batches": details.open_batches,
        }
        print_json({"issue": whole})
    else:
        _print(found, details, zone)


@app.command("resolve")
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
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        found = _one(opened, issue)
        meant = _meant(opened, found, batch or [], every=every)
        decided = opened.store.ledger.decide(found.id, meant, accepted=accepted, now=opened.clock())
        opened.store.issues.finish(opened.clock())
        after = _one(opened, issue)
    what = f"Nothing of it is in doubt: it is {found.state.value}."
    problems = [] if decided else [Problem(code="not-in-doubt", where=f"issue {issue}", what=what)]
    report_problems(problems)
    if asked.as_json:
        from pipeline.engine.report import issue_json

        print_json({"decided": decided, "issue": issue_json(after), "problems": problems})
    elif accepted and decided:
        say(f"{decided} deliveries of issue {issue} count as accepted. It is {after.state.value}.")
    elif decided:
        say(f"{decided} deliveries of issue {issue} are handed over again by the next `rundbrief run`.")
    if problems:
        raise typer.Exit(FAILED)


@app.command("cancel")
def cancel(context: typer.Context, issue: IssueNumber) -> None:
    r"""Mail no more of an issue.

    Who has it, keeps it. To everybody else its articles are owed again: their next issue carries them. What a provider
    may already have is not touched: see `rundbrief issues resolve`.

    \b
    Example:
      rundbrief issues cancel 3
    """
    from pipeline.cli.output import print_json, say
    from pipeline.engine.report import issue_json

    asked = invocation(context)
    with asked.app() as opened:
        found = _one(opened, issue)
        cancelled = opened.store.issues.cancel(found.id, "cancelled by a person", opened.clock())
        after = _one(opened, issue)
    what = f"Nothing of it is to do: it is {found.state.value}."
    problems = [] if cancelled else [Problem(code="nothing-to-cancel", where=f"issue {issue}", what=what)]
    report_problems(problems)
    if asked.as_json:
        print_json({"cancelled": cancelled, "issue": issue_json(after), "problems": problems})
    elif cancelled:
        say(f"{cancelled} deliveries of issue {issue} are cancelled. It is {after.state.value}.")
    if problems:
        raise typer.Exit(FAILED)


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


def _one(opened: App, number: int) -> Issue:
    from pipeline.domain.ledger import IssueId

    found = opened.store.issues.shown([IssueId(number)])
    if not found:
        raise WrongUse(f"There is no issue {number}.", mend="`rundbrief issues` lists them.")
    return found[0]


def _columns(issue: Issue) -> tuple[int, ...]:
    books = issue.books
    rest = (books.rejected, books.suppressed, books.cancelled, books.in_doubt, books.to_do)
    return (books.audience, books.accepted, *rest)


def _variant(one: Any) -> dict[str, Any]:  # noqa: ANN401  (VariantDetails)
    return {
        "number": one.number,
        "language": one.language,
        "subject": one.subject,
        "deliveries": one.deliveries,
        "articles": [{"id": id_, "title": title} for id_, title in one.articles.items()],
    }


def _print(issue: Issue, details: IssueDetails, zone: tzinfo) -> None:
    from pipeline.cli.output import print_facts, say
    from pipeline.cli.times import shown

    names = ("audience", "accepted", "rejected", "suppressed", "cancelled", "in doubt", "to do")
    print_facts(
        [
            ("Issue", issue.id),
            ("Newsletter", issue.key.newsletter),
            ("Cadence", issue.key.cadence),
            ("Slot", f"{shown(issue.key.slot, zone)} (of {issue.key.zone})"),
            ("State", f"{issue.state.value}{f': {issue.reason}' if issue.reason else ''}"),
            ("Frozen", shown(issue.frozen_at, zone)),
            ("Finished", shown(issue.finished_at, zone)),
            ("Books", ", ".join(f"{number} {name}" for name, number in zip(names, _columns(issue), strict=True))),
            ("Batches", ", ".join(f"{number} {state.value}" for state, number in details.batches.items())),
        ]
    )
    for one in details.variants:
        say(
            f"\nVariant {one.number} ({one.language}, {one.deliveries} deliveries): {one.subject or 'not rendered yet'}"
        )
        for id_, title in one.articles.items():
            say(f"  article {id_}  {title}")
    for batch in details.open_batches:
        say(f"\n{_open_batch(batch, zone)}")
        for address in batch.recipients[:_RECIPIENTS_SHOWN]:
            say(f"  {address}")
        if (more := len(batch.recipients) - _RECIPIENTS_SHOWN) > 0:
            say(f"  … and {more} more; --json lists them all")
    if issue.books.in_doubt:
        decide = f"`rundbrief issues resolve {issue.id} --accepted` or `--resend`"
        say(f"\nLook into the provider's log for a recipient of each batch, then decide: {decide}.")


def _open_batch(batch: OpenBatch, zone: tzinfo) -> str:
    from pipeline.cli.times import shown

    state = batch.state.value.replace("_", " ")
    tried = f", attempt {batch.attempt} at {batch.provider}, {shown(batch.submitted, zone)}" if batch.submitted else ""
    again = f", again from {shown(batch.not_before, zone)}" if batch.not_before else ""
    return f"Batch {batch.id}: {state}{tried}{again}{f': {batch.error}' if batch.error else ''}"
