"""`rundbrief suppressions`: addresses that get no mail."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.groups import listing
from pipeline.cli.suppression_import import import_suppressions
from pipeline.domain.audience import SuppressionReason
from pipeline.errors import Problem

app = listing("Addresses that get no mail, from any newsletter.")

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")]


@app.command("list")
def list_suppressions(context: typer.Context) -> None:
    r"""List the suppressed addresses, and why each is.

    \b
    Example:
      rundbrief suppressions
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.cli.times import shown

    asked = invocation(context)
    with asked.app() as opened:
        found = opened.store.subscriptions.suppressions()
        zone = opened.settings.site.timezone
    if asked.as_json:
        plain = [{"address": s.address_key, "reason": s.reason, "since": s.since, "detail": s.detail} for s in found]
        print_json({"suppressions": plain})
        return
    print_table(
        ("ADDRESS", "REASON", "SINCE", "DETAIL"),
        [(s.address_key, s.reason.value.replace("_", " "), shown(s.since, zone), s.detail) for s in found],
        empty="No address is suppressed.",
        free=("DETAIL",),
    )


@app.command("add")
def add_suppression(
    context: typer.Context,
    address: Address,
    reason: Annotated[SuppressionReason, typer.Option(help="Why.")] = SuppressionReason.MANUAL,
    detail: Annotated[str, typer.Option(metavar="TEXT", help="What you want to remember about it.")] = "",
) -> None:
    r"""Send this address nothing more, whatever it is subscribed to. An import doesn't change that.

    \b
    Example:
      rundbrief suppressions add anna@example.org --reason complaint --detail "called on Monday"
    """
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of

    asked = invocation(context)
    person = person_of(address)
    with asked.app() as opened:
        before = opened.store.subscriptions.suppression(person.address)
        if before is None:
            opened.store.subscriptions.suppress(person.address, reason, detail, opened.clock())
    if asked.as_json:
        print_json({"address": person.address, "added": before is None, "reason": before.reason if before else reason})
    elif before is None:
        say(f"{person.address} gets no more mail.")
    else:
        say(
            f"{person.address} was suppressed already: {before.reason.value.replace('_', ' ')}. The first reason stays."
        )


@app.command("sync")
def sync_suppressions(
    context: typer.Context,
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="Its name in the configuration.")],
) -> None:
    r"""Take over the addresses that a provider does not mail any more: bounces, complaints, unsubscriptions.

    Mailgun, Postmark, SendGrid and SparkPost keep such lists. What is suppressed here already stays as it is, and
    nothing is changed at the provider: lift a suppression there too, or the next sync brings it back.

    \b
    Example:
      rundbrief suppressions sync mailgun
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        if provider not in opened.settings.providers:
            known = ", ".join(sorted(opened.settings.providers))
            raise WrongUse(f"There is no provider called {provider}.", mend=f"There is {known}.")
        found = opened.hearing.take_over_list(provider)
    if found is None:
        raise WrongUse(
            f"The lists of {provider} can't be read.", mend="Mailgun's, Postmark's, SendGrid's and SparkPost's can."
        )
    read, new = found
    if asked.as_json:
        print_json({"provider": provider, "listed": read, "added": new})
    else:
        say(f"{provider} lists {read} addresses; {new} of them are suppressed here from now on.")


app.command("import")(import_suppressions)


@app.command("remove")
def remove_suppression(context: typer.Context, address: Address) -> None:
    r"""Lift a suppression: from the next issue on, the address gets what it is subscribed to.

    Only do so when its owner wants mail again, or the mailbox is back: providers count complaints and bounces.

    \b
    Example:
      rundbrief suppressions remove anna@example.org
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        lifted = opened.store.subscriptions.unsuppress(address)
    problems = [] if lifted else [Problem(code="not-suppressed", where=address, what="It is not suppressed.")]
    report_problems(problems)
    if asked.as_json:
        print_json({"address": address, "removed": lifted, "problems": problems})
    elif lifted:
        say(f"{address} may get mail again.")
    if problems:
        raise typer.Exit(FAILED)
