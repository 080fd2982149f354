"""`rundbrief subscribers export`: many people at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import subscriber_options as options
from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse
from pipeline.cli.lists import Unwritable


def export(
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
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it goes; standard output if absent.")
    ] = None,
) -> None:
    r"""Write subscriptions as CSV, as `import` reads it. A spreadsheet opens it without running anything in it.

    \b
    Examples:
      rundbrief subscribers export --newsletter wochenblick --output list.csv
      rundbrief subscribers export --state active --topic KI --language de > list.csv
    """
    from pipeline.audience.csv_export import write_rows
    from pipeline.cli.output import in_utf8, print_json

    asked = invocation(context)
    if asked.as_json and output is None:
        raise WrongUse("CSV can't be printed as JSON.", where="--json", mend="Name a file with --output.")
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
        found = opened.store.segments.listed(wanted.segment(opened.settings))
        try:
            if output is None:
                count = write_rows(found, in_utf8())
            else:
                with output.open("w", encoding="utf-8", newline="") as out:
                    count = write_rows(found, out)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritable(f"can't be written: {error.strerror}.", where=str(output or "standard output")) from error
    if asked.as_json:
        print_json({"exported": count, "file": output})
    else:
        sys.stderr.write(f"{count} subscriptions written{f' to {output}' if output else ''}.\n")
