"""`rundbrief subscribers add`: one person, who has agreed or is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.subscriber_options import Address, Newsletter
from pipeline.domain.audience import SubscriptionState
from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.config import Newsletter as Letter
    from pipeline.domain.audience import NewSubscriber, Subscription, Suppression


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
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They have agreed to get it, and you can show that: don't ask them.")
    ] = False,
    consent: Annotated[
        str, typer.Option(metavar="TEXT", help="To what they agreed, and how you can show it; kept with them.")
    ] = "",
) -> None:
    r"""Subscribe one person, who gets what is released from now on. Nothing is changed for whoever is there already.

    A mail asks them whether they want it, and nothing comes before they have said yes (double opt-in). With --confirmed
    they are subscribed at once.

    \b
    Examples:
      rundbrief subscribers add anna@example.org --newsletter wochenblick --cadence daily --name "Anna B."
      rundbrief subscribers add anna@example.org --newsletter wochenblick --confirmed --consent "on paper"
    """
    from pipeline.cli.names import newsletter_for_people, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of
    from pipeline.cli.subscribers import plain

    asked = invocation(context)
    person = person_of(address, name=name, language=language, timezone=timezone, topics=topics or ())
    with asked.app() as opened:
        letter = newsletter_for_people(opened.settings, newsletter)
        chosen = only_cadence(letter, cadence)
        audience = opened.store.subscriptions
        before = next(audience.listed(newsletter=letter.name, address=person.address), None)
        suppressed = audience.suppression(person.address)
        added = asking = False
        if confirmed:
            told = consent.strip() or "Added by hand"
            counts = audience.add_subscribers(
                [person], letter.name, chosen, confirmed=True, now=opened.clock(), consent=told
            )
            added = bool(counts.new)
        elif asking := _may_be_asked(before, suppressed):
            _ask(opened, letter, person, chosen, consent.strip())
        found = next(audience.listed(newsletter=letter.name, address=person.address), None)
    problems = list(_problems(person.address, before, suppressed, letter.name, chosen)) if not asking else []
    report_problems(problems)
    if asked.as_json:
        shown = plain(found) if found is not None else None
        print_json({"added": added, "asked": asking, "subscriber": shown, "problems": problems})
    elif added:
        say(f"{person.address} is subscribed to {letter.name}, {chosen}.")
    elif asking:
        say(
            f"{person.address} is asked by mail, by `rundbrief serve` or the next `rundbrief run`, unless that was "
            "done of late; nothing comes before they have said yes."
        )
    elif not problems:
        say(f"{person.address} was subscribed to {letter.name}, {chosen}, already.")
    if problems:
        raise typer.Exit(FAILED)


def _may_be_asked(before: Subscription | None, suppressed: Suppression | None) -> bool:
    from pipeline.domain.sign_up import LIFTED_BY_CONFIRMING

    if suppressed is not None and suppressed.reason not in LIFTED_BY_CONFIRMING:
        return False
    # Who has left said so: only they take it back, on the page.
    return before is None or before.state is SubscriptionState.PENDING


def _ask(opened: App, letter: Letter, person: NewSubscriber, cadence: str, consent: str) -> None:
    from pipeline.domain.audience import Choice
    from pipeline.domain.sign_up import NewSignUp

    choice = Choice(cadence=cadence, topics=person.topics, language=person.language, timezone=person.timezone)
    asked = NewSignUp(
        newsletter=letter.name,
        address=person.address,
        choice=choice,
        name=person.name,
        spoken=person.language or letter.language or "",
        consent=consent or letter.consent,
    )
    opened.store.sign_ups.ask(asked, opened.clock())


def _problems(
    address: str, before: Subscription | None, suppressed: Suppression | None, newsletter: str, cadence: str
) -> list[Problem]:
    if suppressed is not None:
        what = f"is suppressed ({suppressed.reason.value.replace('_', ' ')}) and gets no mail."
        mend = f"`rundbrief suppressions remove {address}` lifts that, if its owner wants mail again."
        return [Problem(code="suppressed", where=address, what=what, mend=mend)]
    if before is not None and (before.state, before.cadence) != (SubscriptionState.ACTIVE, cadence):
        stands = f"{before.cadence}, {before.state.value}"
        what = f"has a subscription to {newsletter} already ({stands}), which stays as it is."
        return [Problem(code="existing", where=address, what=what)]
    return []
