"""`rundbrief subscribers`: who gets which newsletter."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.groups import listing
from pipeline.domain.audience import SubscriptionState
from pipeline.errors import PipelineError, Problem

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pipeline.domain.audience import Subscription

app = listing("Who gets which newsletter.")

Newsletter = Annotated[str, typer.Option(metavar="N", help="The newsletter's name in the configuration.")]
OneNewsletter = Annotated[str | None, typer.Option(metavar="N", help="Only those of this newsletter.")]
OneState = Annotated[SubscriptionState | None, typer.Option(help="Only those in this state.")]
Confirmed = Annotated[bool, typer.Option("--confirmed", help="They have agreed to get it, and you can show that.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")]


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
    from pipeline.cli.names import newsletter_named, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of

    _require(confirmed)
    asked = invocation(context)
    person = person_of(address, name=name, language=language, timezone=timezone, topics=topics or ())
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
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


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The file; - reads standard input.")],
    newsletter: Newsletter,
    cadence: Annotated[
        str | None, typer.Option(metavar="C", help="Which cadence; may be left out if there is but one.")
    ] = None,
    confirmed: Confirmed = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    r"""Subscribe everybody in a CSV file with the columns email, name, language, timezone, topics.

    Only email is needed. Commas, semicolons and tabs are understood, and the encodings of spreadsheets. Topics are
    divided by ";". A row with a mistake is named and left out; the others are imported. Whoever is there already stays
    as they are, also if they have unsubscribed; a suppressed address is left out. So a file may be imported twice.

    \b
    Examples:
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed --dry-run
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed
    """
    from pipeline.audience.csv_import import read_rows
    from pipeline.audience.importing import ImportTarget, import_subscribers
    from pipeline.cli.names import newsletter_named, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.progress import counted, shown_progress
    from pipeline.cli.rehearsal import Rehearsal

    _require(confirmed)
    asked = invocation(context)
    with asked.app() as opened, _opened(file) as stream:
        letter = newsletter_named(opened.settings, newsletter)
        target = ImportTarget(newsletter=letter.name, cadence=only_cadence(letter, cadence), confirmed=True)
        audience = opened.store.subscriptions
        with shown_progress() as progress:
            progress.stage("import", None)
            rows = counted(read_rows(stream, "standard input" if file == "-" else file), progress)
            report = import_subscribers(rows, Rehearsal(audience) if dry_run else audience, target, opened.clock())
    counts = report.counts
    report_problems(report.problems)
    if (more := report.left_out - len(report.problems)) > 0:
        sys.stderr.write(f"… and {more} more rows that were left out\n")
    if asked.as_json:
        numbers = {"new": counts.new, "existing": counts.existing, "suppressed": counts.suppressed}
        given = {"imported": numbers, "left_out": report.left_out, "dry_run": dry_run, "problems": report.problems}
        print_json(given)
    else:
        done = "Would import" if dry_run else "Imported"
        say(
            f"{done} {counts.new} new subscribers of {letter.name}, {target.cadence}; {counts.existing} were there "
            f"already, {counts.suppressed} are suppressed, {report.left_out} rows were left out."
        )
    if report.left_out:
        raise typer.Exit(FAILED)


@app.command("export")
def export(
    context: typer.Context,
    newsletter: OneNewsletter = None,
    state: OneState = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; standard output if absent.")
    ] = None,
) -> None:
    r"""Write all subscriptions as CSV, as `import` reads it. A spreadsheet opens it without running anything in it.

    \b
    Examples:
      rundbrief subscribers export --newsletter wochenblick --output list.csv
      rundbrief subscribers export --state active > list.csv
    """
    from pipeline.audience.csv_export import write_rows
    from pipeline.cli.names import newsletter_named
    from pipeline.cli.output import in_utf8, print_json

    asked = invocation(context)
    if asked.as_json and output is None:
        raise WrongUse("CSV can't be printed as JSON.", where="--json", mend="Name a file with --output.")
    with asked.app() as opened:
        name = newsletter_named(opened.settings, newsletter).name if newsletter else None
        found = opened.store.subscriptions.listed(newsletter=name, state=state)
        try:
            if output is None:
                count = write_rows(found, in_utf8())
            else:
                with output.open("w", encoding="utf-8", newline="") as out:
                    count = write_rows(found, out)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _Unwritable(f"can't be written: {error.strerror}.", where=str(output or "standard output")) from error
    if asked.as_json:
        print_json({"exported": count, "file": output})
    else:
        sys.stderr.write(f"{count} subscriptions written{f' to {output}' if output else ''}.\n")


class _Unwritable(PipelineError):
    code = "file"


def _require(confirmed: bool) -> None:
    if confirmed:
        return
    what = (
        "This version can't ask people whether they want the newsletter (double opt-in), and whoever has not confirmed "
        "would never get any mail."
    )
    raise WrongUse(what, where="--confirmed", mend="Say --confirmed if they have agreed, and you can show that.")


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise WrongUse(f"can't be read: {error.strerror}.", where=file) from error


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
