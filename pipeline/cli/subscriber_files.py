"""`rundbrief subscribers import` and `export`: many people at once."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.subscriber_options import Confirmed, Newsletter, OneNewsletter, OneState, require
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


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
    r"""Subscribe everybody in a CSV file.

    Its columns are email, name, language, timezone, topics; only email is needed. Commas, semicolons and tabs are
    understood, and the encodings of spreadsheets. Topics are divided by ";". A row with a mistake is named and left
    out; the others are imported. Whoever is there already stays as they are, also if they have unsubscribed; a
    suppressed address is left out. So a file may be imported twice.

    \b
    Examples:
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed --dry-run
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed
    """
    from pipeline.audience.csv_import import read_rows
    from pipeline.audience.importing import ImportTarget, import_subscribers
    from pipeline.cli.names import newsletter_for_people, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.progress import counted, shown_progress
    from pipeline.cli.rehearsal import Rehearsal

    require(confirmed)
    asked = invocation(context)
    with asked.app() as opened, _opened(file) as stream:
        letter = newsletter_for_people(opened.settings, newsletter)
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


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise WrongUse(f"can't be read: {error.strerror}.", where=file) from error
