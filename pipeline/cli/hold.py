"""`rundbrief hold` and `release`: the emergency stop of all mailing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation

if TYPE_CHECKING:
    from pipeline.app import App


def hold(
    context: typer.Context,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; shown wherever the hold is.")] = "",
) -> None:
    r"""Stop all mailing at once, in every process and on every machine.

    No call of a provider begins any more; those under way come to their end. Issues and messages about subscriptions
    wait. Collecting and publishing go on. It outlasts a restart, until `rundbrief release`. Slots that come up
    meanwhile wait too: on release, those older than their newsletter's `max_lateness` are missed.

    \b
    Example:
      rundbrief hold --reason "wrong price in the first article"
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        begun = opened.store.standstills.begin(" ".join(reason.split()), opened.clock())
        held = begun or opened.store.standstills.now()
        opened.bury_the_dead()
        under_way = opened.store.standstills.under_way()
        waiting, zone = _waiting(opened), opened.settings.site.timezone
    if asked.as_json:
        print_json({"held": held, "new": begun is not None, "calls_under_way": under_way, "waiting": waiting})
        return
    told = f"{held.said(zone)}." if held else "Mailing was let go on again."
    say(told if begun else f"{told} It was already.")
    if under_way:
        say(f"{under_way} calls of providers had begun; they come to their end.")
    say(f"Waiting: {_words(waiting)}. `rundbrief release` lets it go on.")


def release(context: typer.Context) -> None:
    r"""Let mailing go on after a hold.

    Issues that were under way go on with the next run, or at once where `rundbrief serve` runs. One that is not to go
    out any more is cancelled before: `rundbrief issues cancel`.

    \b
    Example:
      rundbrief release
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.times import span

    asked = invocation(context)
    with asked.app() as opened:
        was = opened.store.standstills.end()
        waiting, now = _waiting(opened), opened.clock()
    if asked.as_json:
        print_json({"was": was, "waiting": waiting})
    elif was is None:
        say("Mailing was not on hold: there is nothing to do.")
    else:
        say(f"Mailing goes on, after {span(now - was.since)}: {_words(waiting)}.")


def _waiting(opened: App) -> dict[str, int]:
    """What waits of issues that are open."""
    issues = opened.store.issues.shown(opened.store.issues.open_issues())
    return {"issues": len(issues), "deliveries": sum(one.books.to_do + one.books.in_doubt for one in issues)}


def _words(waiting: dict[str, int]) -> str:
    if not waiting["issues"]:
        return "no issue is open"
    return f"{waiting['deliveries']} deliveries of {waiting['issues']} open issues"
