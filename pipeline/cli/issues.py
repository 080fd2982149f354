"""`rundbrief issues`: what was mailed, what is still to do, and what is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import issue_control
from pipeline.cli.everywhere import invocation
from pipeline.cli.groups import listing
from pipeline.cli.issue_named import IssueNumber, issue_named

if TYPE_CHECKING:
    from datetime import tzinfo

    from pipeline.domain.event import EventCounts
    from pipeline.domain.issue import Issue
    from pipeline.engine.forecast import Outlook
    from pipeline.store.issue_details import IssueDetails, OpenBatch
    from pipeline.store.tracking import Tally

app = listing("What was mailed: every issue with its books.")

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
                _state(one),
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

    "Events" are what providers have told of since: how many recipients were delivered to, bounced, complained.
    A batch in doubt is shown with its recipients, so that you can look for one of them in the provider's own log.

    \b
    Example:
      rundbrief issues show 3
    """
    from pipeline.cli.output import print_json
    from pipeline.engine.forecast import outlook
    from pipeline.engine.report import issue_json

    asked = invocation(context)
    with asked.app() as opened:
        found = issue_named(opened, issue)
        details = opened.store.issues.details(found.id)
        events = opened.store.events.rates(found.id)
        tally = opened.store.tracking.of_issue(found.id)
        zone = opened.settings.site.timezone
        waits = found.hold is None and found.books.to_do
        expected = outlook(opened, found.key.newsletter, found.books.to_do, opened.clock()) if waits else None
    if asked.as_json:
        whole = {
            **issue_json(found),
            "uid": found.uid,
            "frozen_at": found.frozen_at,
            "finished_at": found.finished_at,
            "variants": [_variant(one) for one in details.variants],
            "hold_until": found.hold_until,
            "carried": {one.provider: one.deliveries for one in details.carried},
            "expected": expected,
            "events": events.by_kind,
            "counted": {"opens": tally.opens, "clicks": tally.clicks, "links": tally.links},
            "batches": details.batches,
            "open_batches": details.open_batches,
        }
        print_json({"issue": whole})
    else:
        _print(found, details, events, tally, expected, zone)


for _name, _command in (
    ("resolve", issue_control.resolve),
    ("pause", issue_control.pause),
    ("resume", issue_control.resume),
    ("cancel", issue_control.cancel),
    ("retry-failed", issue_control.retry_failed),
):
    app.command(_name)(_command)


def _state(issue: Issue) -> str:
    return issue.hold.value if issue.hold else issue.state.value


def _expected(expected: Outlook | None, zone: tzinfo) -> str:
    """When it goes on, and when it will be out."""
    from pipeline.cli.times import shown

    if expected is None or not (expected.limited or expected.begins):
        return ""
    begins = f"goes on at {shown(expected.begins, zone)} by {expected.provider}, " if expected.begins else ""
    why = f" ({expected.why})" if expected.why else ""
    return f"{begins}out by {shown(expected.ends, zone) or 'a time years away'}{why}"


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


def _print(
    issue: Issue, details: IssueDetails, events: EventCounts, tally: Tally, expected: Outlook | None, zone: tzinfo
) -> None:
    from pipeline.cli.output import print_facts, say
    from pipeline.cli.times import shown
    from pipeline.domain.issue import UNSENT

    names = ("audience", "accepted", "rejected", "suppressed", "cancelled", "in doubt", "to do")
    print_facts(
        [
            ("Issue", issue.id),
            ("Newsletter", issue.key.newsletter),
            ("Cadence", issue.key.cadence),
            ("Slot", f"{shown(issue.key.slot, zone)} (of {issue.key.zone})"),
            ("State", f"{_state(issue)}{f': {issue.reason}' if issue.reason else ''}"),
            ("Ends" if issue.hold in UNSENT else "Goes on", shown(issue.hold_until, zone)),
            ("Frozen", shown(issue.frozen_at, zone)),
            ("Finished", shown(issue.finished_at, zone)),
            ("Books", ", ".join(f"{number} {name}" for name, number in zip(names, _columns(issue), strict=True))),
            ("Carried by", ", ".join(f"{one.provider} ({one.deliveries})" for one in details.carried)),
            ("Events", ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in events.by_kind.items())),
            ("Counted", f"openings {tally.opens}, clicks {tally.clicks}" if tally.opens or tally.clicks else ""),
            ("Expected", _expected(expected, zone)),
            ("Batches", ", ".join(f"{number} {state.value}" for state, number in details.batches.items())),
        ]
    )
    for one in details.variants:
        many = f"{one.deliveries} {'delivery' if one.deliveries == 1 else 'deliveries'}"
        say(f"\nVariant {one.number} ({one.language}, {many}): {one.subject or 'not rendered yet'}")
        for id_, title in one.articles.items():
            say(f"  article {id_}  {title}")
    if tally.links:
        say("\nClicks")
        for url, times in tally.links.items():
            say(f"  {times:>6}  {url}")
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
