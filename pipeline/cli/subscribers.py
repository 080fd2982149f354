"""`rundbrief subscribers`: who gets which newsletter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import subscriber_options as options
from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.groups import listing
from pipeline.cli.subscriber_adding import add_subscriber
from pipeline.cli.subscriber_export import export
from pipeline.cli.subscriber_import import import_
from pipeline.cli.subscriber_person import edit, erase, show
from pipeline.domain.audience import SubscriptionState
from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.domain.audience import Subscription

app = listing("Who gets which newsletter.")


@app.command("list")
def list_subscribers(
    context: typer.Context,
    newsletter: options.OneNewsletter = None,
    state: options.OneState = None,
    cadence: options.OneCadence = None,
    topic: options.OneTopic = None,
    language: options.OneLanguage = None,
    search: options.Search = None,
    suppressed: options.Suppressed = None,
    since: options.Since = None,
    before: options.Before = None,
    active_since: options.ActiveSince = None,
    quiet_since: options.QuietSince = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, the oldest first.")] = 100,
) -> None:
    r"""List subscriptions. `rundbrief subscribers export` writes all of them.

    `--state pending`, alone or with `--newsletter`, also lists who signed up on a page and has not confirmed it yet.

    \b
    Examples:
      rundbrief subscribers
      rundbrief subscribers list --newsletter wochenblick --state active --topic KI
      rundbrief subscribers list --search example.org --quiet-since 2026-01-01
    """
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.domain.segment import Segment

    asked = invocation(context)
    wanted = options.Wanted(
        newsletter=newsletter,
        state=state,
        cadence=cadence,
        topic=topic,
        language=language,
        search=search,
        suppressed=suppressed,
        since=since,
        before=before,
        active_since=active_since,
        quiet_since=quiet_since,
    )
    with asked.app() as opened:
        segment = wanted.segment(opened.settings)
        total = opened.store.segments.count(segment)
        found = list(opened.store.segments.listed(segment, limit))
        # Nothing else is known of who has only signed up: where more is asked for, they are no part of it.
        is_pending = segment == Segment(newsletter=segment.newsletter, state=SubscriptionState.PENDING)
        waiting = opened.store.sign_ups.unconfirmed(segment.newsletter, opened.clock(), limit) if is_pending else ()
    if asked.as_json:
        rows = [{**plain(one.subscription), "suppressed": one.suppressed} for one in found]
        unconfirmed = [
            {"address": one.address, "newsletter": one.newsletter, "cadence": one.choice.cadence} for one in waiting
        ]
        print_json({"total": total, "subscribers": rows, "unconfirmed": unconfirmed})
        return
    if waiting:
        print_table(
            ("SIGNED UP, NOT CONFIRMED", "NEWSLETTER", "CADENCE"),
            [(one.address, one.newsletter, one.choice.cadence) for one in waiting],
            empty="",
        )
        if not found:
            return
        say()
    print_table(
        ("ADDRESS", "NAME", "NEWSLETTER", "CADENCE", "STATE", "LANGUAGE", "TIME ZONE", "TOPICS"),
        [
            (
                one.subscriber.address,
                one.subscriber.name,
                one.newsletter,
                one.cadence,
                one.state.value if row.suppressed is None else f"{one.state.value}, suppressed",
                one.language,
                one.timezone,
                one.topics,
            )
            for row in found
            for one in (row.subscription,)
        ],
        empty="There is nobody. `rundbrief subscribers import FILE.csv` brings a list along.",
        free=("NAME", "TOPICS"),
    )
    if total > len(found):
        say(f"{len(found)} of {total}; --limit shows more, `rundbrief subscribers export` writes all.")


app.command("add")(add_subscriber)


@app.command("unsubscribe")
def unsubscribe(context: typer.Context, address: options.Address, newsletter: options.Newsletter) -> None:
    r"""End a subscription, as a click on the link in a mail does. An import or `add` doesn't revive it.

    `rundbrief subscribers remove` is the same. `rundbrief suppressions add` keeps an address out of all newsletters.

    \b
    Example:
      rundbrief subscribers unsubscribe anna@example.org --newsletter wochenblick
    """
    from pipeline.cli.names import newsletter_named
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
        audience = opened.store.subscriptions
        before = next(audience.listed(newsletter=letter.name, address=address), None)
        if before is not None:
            audience.unsubscribe(before.id, opened.clock(), "operator")
    what = f"There is no subscription to {letter.name}."
    problems = [] if before else [Problem(code="not-subscribed", where=address, what=what)]
    report_problems(problems)
    ended = before is not None and before.state is not SubscriptionState.UNSUBSCRIBED
    if asked.as_json:
        print_json({"address": address, "newsletter": letter.name, "ended": ended, "problems": problems})
    elif before is not None:
        say(f"{address} {'gets' if ended else 'got'} no more {letter.name}{'' if ended else ' already'}.")
    if problems:
        raise typer.Exit(FAILED)


@app.command("untrack")
def untrack(
    context: typer.Context,
    address: options.Address,
    undo: Annotated[bool, typer.Option("--undo", help="Count what they do again.")] = False,
) -> None:
    r"""Count nothing of what a person opens and clicks, in no newsletter. They can choose that themselves, too.

    It counts for mail that is handed over from now on. See `[newsletters.tracking]` in the manual.

    \b
    Example:
      rundbrief subscribers untrack anna@example.org
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        found = next(opened.store.subscriptions.listed(address=address), None)
        if found is not None:
            opened.store.preferences.track(found.id, untracked=not undo)
    problems = [] if found else [Problem(code="not-subscribed", where=address, what="Nobody has this address.")]
    report_problems(problems)
    if asked.as_json:
        print_json({"address": address, "untracked": not undo if found else None, "problems": problems})
    elif found is not None:
        say(f"What {address} opens and clicks is {'counted again' if undo else 'not counted'}.")
    if problems:
        raise typer.Exit(FAILED)


app.command("remove", hidden=True)(unsubscribe)
app.command("show")(show)
app.command("edit")(edit)
app.command("erase")(erase)
app.command("import")(import_)
app.command("export")(export)


def plain(one: Subscription) -> dict[str, Any]:
    """A subscription as JSON has it."""
    return {
        "address": one.subscriber.address,
        "name": one.subscriber.name,
        "newsletter": one.newsletter,
        "cadence": one.cadence,
        "state": one.state.value,
        "language": one.language,
        "timezone": one.timezone,
        "topics": one.topics,
        "untracked": one.subscriber.untracked,
        "since": one.subscriber.created,
        "ended_how": one.ended_how,
    }
