"""`rundbrief subscribers`: who gets which newsletter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.groups import listing
from pipeline.cli.subscriber_files import export, import_
from pipeline.cli.subscriber_options import Address, Confirmed, Newsletter, OneNewsletter, OneState, require
from pipeline.domain.audience import SubscriptionState
from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.domain.audience import Subscription

app = listing("Who gets which newsletter.")


@app.command("list")
def list_subscribers(
    context: typer.Context,
    newsletter: OneNewsletter = None,
    state: OneState = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, the oldest first.")] = 100,
) -> None:
    r"""List subscriptions. `rundbrief subscribers export` writes all of them.

    \b
    Examples:
      rundbrief subscribers
      rundbrief subscribers list --newsletter wochenblick --state active
    """
    from pipeline.cli.names import newsletter_named
    from pipeline.cli.output import print_json, print_table, say

    asked = invocation(context)
    with asked.app() as opened:
        name = newsletter_named(opened.settings, newsletter).name if newsletter else None
        audience = opened.store.subscriptions
        total = audience.count(newsletter=name, state=state)
        found = list(audience.listed(newsletter=name, state=state, limit=limit))
    if asked.as_json:
        print_json({"total": total, "subscribers": [_plain(one) for one in found]})
        return
    print_table(
        ("ADDRESS", "NAME", "NEWSLETTER", "CADENCE", "STATE", "LANGUAGE", "TIME ZONE", "TOPICS"),
        [
            (
                one.subscriber.address,
                one.subscriber.name,
                one.newsletter,
                one.cadence,
                one.state.value,
                one.language,
                one.timezone,
                one.topics,
            )
            for one in found
        ],
        empty="There is nobody. `rundbrief subscribers import FILE.csv` brings a list along.",
        free=("NAME", "TOPICS"),
    )
    if total > len(found):
        say(f"{len(found)} of {total}; --limit shows more, `rundbrief subscribers export` writes all.")


@app.command("add")
def add_subscriber(
    context: typer.Context,
    address: Address,
    newsletter: Newsletter,
    cadence: Annotated[
        str | None, typer.Option(metavar="C", help="Which cadence; may be left out if there is but one.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the person is called.")] = "",
    language: Annotated[str, typer.Option(metavar="TAG", help="Such as de; the newsletter's own if absent.")] = "",
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Such as Europe/Berlin.")] = "",
    topics: Annotated[
        list[str] | None, typer.Option("--topics", metavar="TOPIC", help="Only these topics (may be repeated).")
    ] = None,
    confirmed: Confirmed = False,
) -> None:
    r"""Subscribe one person, who gets what is released from now on. Nothing is changed for whoever is there already.

    \b
    Example:
      rundbrief subscribers add anna@example.org --newsletter wochenblick --cadence daily --name "Anna B." --confirmed
    """
    from pipeline.cli.names import newsletter_for_people, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of

    require(confirmed)
    asked = invocation(context)
    person = person_of(address, name=name, language=language, timezone=timezone, topics=topics or ())
    with asked.app() as opened:
        letter = newsletter_for_people(opened.settings, newsletter)
        chosen = only_cadence(letter, cadence)
        audience = opened.store.subscriptions
        counts = audience.add_subscribers([person], letter.name, chosen, confirmed=True, now=opened.clock())
        found = next(audience.listed(newsletter=letter.name, address=person.address), None)
        suppressed = audience.suppression(person.address)
    problems: list[Problem] = []
    if suppressed is not None:
        what = f"is suppressed ({suppressed.reason.value.replace('_', ' ')}) and gets no mail."
        mend = f"`rundbrief suppressions remove {person.address}` lifts that, if its owner wants mail again."
        problems.append(Problem(code="suppressed", where=person.address, what=what, mend=mend))
    elif found is not None and not counts.new and (found.state, found.cadence) != (SubscriptionState.ACTIVE, chosen):
        what = (
            f"has a subscription to {letter.name} already ({found.cadence}, {found.state.value}), which stays as it is."
        )
        problems.append(Problem(code="existing", where=person.address, what=what))
    report_problems(problems)
    if asked.as_json:
        shown = _plain(found) if found is not None else None
        print_json({"added": bool(counts.new), "subscriber": shown, "problems": problems})
    elif counts.new:
        say(f"{person.address} is subscribed to {letter.name}, {chosen}.")
    elif not problems:
        say(f"{person.address} was subscribed to {letter.name}, {chosen}, already.")
    if problems:
        raise typer.Exit(FAILED)


@app.command("unsubscribe")
def unsubscribe(context: typer.Context, address: Address, newsletter: Newsletter) -> None:
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


app.command("remove", hidden=True)(unsubscribe)
app.command("import")(import_)
app.command("export")(export)


def _plain(one: Subscription) -> dict[str, Any]:
    return {
        "address": one.subscriber.address,
        "name": one.subscriber.name,
        "newsletter": one.newsletter,
        "cadence": one.cadence,
        "state": one.state.value,
        "language": one.language,
        "timezone": one.timezone,
        "topics": one.topics,
        "since": one.subscriber.created,
        "ended_how": one.ended_how,
    }
