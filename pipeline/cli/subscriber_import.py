"""`rundbrief subscribers import`: everybody in a file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.lists import ListFile, Mapped, Unwritable, called, mapped_columns, opened_file
from pipeline.cli.subscriber_options import Newsletter

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.audience.csv_import import Rejected, SubscriberList
    from pipeline.audience.importing import ImportReport
    from pipeline.config import Newsletter as Letter

_NOT_CONFIRMED = "An import asks nobody: whoever has not agreed would get mail that they never asked for."
_SAY_SO = (
    "Say --confirmed if they have agreed to get it, and you can show that. Others can sign up on the newsletter's "
    "page, or be asked one by one with `rundbrief subscribers add`."
)


def import_(
    context: typer.Context,
    file: ListFile,
    newsletter: Newsletter,
    cadence: Annotated[
        str | None, typer.Option(metavar="C", help="Which cadence; may be left out if there is but one.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They have agreed to get it, and you can show that.")
    ] = False,
    consent: Annotated[
        str, typer.Option(metavar="TEXT", help="To what they agreed, and how you can show it; kept with each.")
    ] = "",
    map_: Mapped = None,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where rows go that are left out, to be mended.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    r"""Subscribe everybody in a CSV file.

    Its columns are email, name, language, timezone, topics; only email is needed. Commas, semicolons and tabs are
    understood, and the encodings of spreadsheets. Topics are divided by ";". Exports of Mailchimp, Substack, Ghost,
    listmonk, Buttondown, Keila, MailPoet and Rundbrief are known by their columns, and who unsubscribed, bounced or
    complained there gets no mail from here. A row with a mistake is named and left out; the others are imported.
    Whoever is there already stays as they are, also if they have unsubscribed; a suppressed address is left out. So a
    file may be imported twice.

    \b
    Examples:
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed --dry-run
      rundbrief subscribers import list.csv --newsletter wochenblick --cadence weekly --confirmed --rejects bad.csv
      rundbrief subscribers import list.csv --newsletter wochenblick --map email=Kontakt --map topics= --confirmed
    """
    from pipeline.audience.csv_import import opened_list
    from pipeline.audience.importing import ImportTarget, import_subscribers
    from pipeline.cli.names import newsletter_for_people, only_cadence
    from pipeline.cli.output import print_json, say
    from pipeline.cli.progress import counted, shown_progress
    from pipeline.cli.rehearsal import Rehearsal

    if not confirmed:
        raise WrongUse(_NOT_CONFIRMED, where="--confirmed", mend=_SAY_SO)
    chosen = mapped_columns(map_ or ())
    where = called(file)
    asked = invocation(context)
    with asked.app() as opened, opened_file(file) as stream, opened_list(stream, where, chosen) as found:
        letter = newsletter_for_people(opened.settings, newsletter)
        target = ImportTarget(
            newsletter=letter.name,
            cadence=only_cadence(letter, cadence),
            confirmed=True,
            consent=consent.strip() or f"Imported from {Path(where).name}",
        )
        audience = opened.store.subscriptions
        with shown_progress() as progress, _rejecting(rejects, found) as keep:
            progress.stage("import", found.lines or None)
            report = import_subscribers(
                counted(found.rows, progress),
                Rehearsal(audience) if dry_run else audience,
                target,
                opened.clock(),
                keep,
            )
        unknown = _unknown_topics(opened, letter, report)
    report_problems(report.problems)
    if (more := report.left_out - len(report.problems)) > 0:
        sys.stderr.write(f"… and {more} more rows that were left out\n")
    if asked.as_json:
        print_json({**_plain(report, found, dry_run=dry_run), "unknown_topics": unknown})
    else:
        _tell(report, found, f"{letter.name}, {target.cadence}", dry_run=dry_run)
        if unknown:
            say(f"No article has a topic called {', '.join(unknown[:20])}: whoever chose nothing else gets nothing.")
    if report.left_out:
        raise typer.Exit(FAILED)


def _unknown_topics(opened: App, letter: Letter, report: ImportReport) -> list[str]:
    """A column of tags that is taken for topics costs people all their mail, without a word.

    Before anything was collected, all topics are unknown, and that tells nothing.
    """
    from pipeline.domain.article import topic_key

    if not opened.store.articles.count():
        return []
    known = opened.store.segments.topics_of_articles(list(report.topics))
    known |= {topic_key(label) for label in letter.topics}
    return [label for key, label in sorted(report.topics.items()) if key not in known]


def _plain(report: ImportReport, found: SubscriberList, *, dry_run: bool) -> dict[str, Any]:
    columns = {name: found.titles[place] for name, place in found.columns.places.items()}
    return {
        "imported": report.counts,
        "left_out": report.left_out,
        "dry_run": dry_run,
        "origin": found.columns.origin,
        "columns": columns,
        "ignored": found.columns.ignored,
        "problems": report.problems,
    }


def _tell(report: ImportReport, found: SubscriberList, what: str, *, dry_run: bool) -> None:
    from pipeline.cli.output import say

    if found.columns.origin:
        say(f"This is an export of {found.columns.origin}.")
    if dry_run:
        columns = (f"{name} from “{found.titles[place].strip()}”" for name, place in found.columns.places.items())
        say(f"Columns: {', '.join(columns)}.")
        if found.columns.ignored:
            say(f"Not used: {', '.join(found.columns.ignored)}.")
    counts = report.counts
    say(
        f"{'Would import' if dry_run else 'Imported'} {counts.new} new subscribers of {what}; {counts.existing} were "
        f"there already, {counts.suppressed} are suppressed, {report.left_out} rows were left out."
    )
    stood = (
        (counts.ended, "unsubscribed: written down as that"),
        (counts.barred, "bounced, complained or blocked: suppressed"),
        (counts.unconfirmed, "never confirmed: left out"),
    )
    if told := "; ".join(f"{number} {what}" for number, what in stood if number):
        say(f"Of those in the list: {told}.")


@contextmanager
def _rejecting(file: Path | None, found: SubscriberList) -> Iterator[Callable[[Rejected], object]]:
    """Writes rows that are left out as they are, with what is wrong with them, so that they can be mended and read."""
    from pipeline.audience.csv_export import guarded

    if file is None:
        yield lambda _row: None
        return
    try:
        out = file.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise Unwritable(f"can't be written: {error.strerror}.", where=str(file)) from error
    with out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([*map(guarded, found.titles), "line", "problem"])

        def keep(row: Rejected) -> None:
            missing = len(found.titles) - len(row.fields)
            told = row.problem.what.removeprefix("left out: ")
            writer.writerow([*map(guarded, row.fields), *[""] * missing, row.line, told])

        yield keep
