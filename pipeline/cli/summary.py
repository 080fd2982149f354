"""What a pass did, for people: in numbers, and where to look."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.failures import FAILED, line_of, report_problems
from pipeline.cli.output import print_facts, print_json
from pipeline.cli.times import shown
from pipeline.domain.issue import IssueState
from pipeline.engine.waiting import HELD

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.domain.issue import Issue
    from pipeline.engine.report import Report

_REMARKS_SHOWN = 10


def finish(settings: Config, report: Report, stages: Sequence[str], *, as_json: bool) -> None:
    """Print the report and end: with 0, or with 1 where something failed."""
    if as_json:
        print_json(report.as_json())
    else:
        print_facts(_lines(settings, report, stages))
    # What failed goes to standard error: it is seen also where the summary goes into a file.
    report_problems(report.problems)
    if report.failed:
        raise typer.Exit(FAILED)


def _lines(settings: Config, report: Report, stages: Sequence[str]) -> Iterator[tuple[str, str]]:
    if "collected" in stages:
        yield "Collected", _collected(report)
    if "published" in stages:
        yield "Published", _published(report, settings.publish.directory)
    if "mailed" in stages:
        nothing = "nothing, it is on hold" if any(note.code == HELD for note in report.notes) else "nothing was due"
        mailed = [*(_mailed(issue, settings) for issue in report.issues), *_notices(report)]
        yield "Mailed", "\n".join(mailed) or nothing
        if report.notices or any(one.state is IssueState.OPEN or one.books.accepted for one in report.issues):
            yield "Look at", "\n".join(_places(settings, report))
        elif report.written:
            yield "Look at", _from_here(settings.publish.directory / "index.html")
    elif report.written:
        yield "Look at", _from_here(settings.publish.directory / "index.html")
    yield "Remarks", "\n".join(_remarks(report))
    if report.problems:
        yield "Failed", _counted(len(report.problems), "problem")


def _collected(report: Report) -> str:
    counts = report.collected
    return f"{counts.new} new, {counts.revised} revised, {counts.retracted} retracted, {counts.unchanged} unchanged"


def _published(report: Report, directory: Path) -> str:
    changes = [f"{_counted(len(report.written), 'file')} written"] if report.written else ["nothing new"]
    if report.removed:
        changes.append(f"{len(report.removed)} removed")
    return f"{', '.join([*changes, f'{report.untouched} untouched'])} in {_from_here(directory)}/"


def _mailed(issue: Issue, settings: Config) -> str:
    books = issue.books
    zone = settings.site.timezone
    name = f"{issue.key.newsletter}, {issue.key.cadence}, {shown(issue.key.slot, zone)} (issue {issue.id})"
    if issue.state in (IssueState.SKIPPED, IssueState.MISSED, IssueState.CANCELLED):
        return f"{name}: {issue.state.value}, {issue.reason}"
    rest = [
        f"{number} {what}"
        for what, number in (
            ("rejected", books.rejected),
            ("suppressed", books.suppressed),
            ("cancelled", books.cancelled),
            ("in doubt", books.in_doubt),
            ("still to do", books.to_do),
        )
        if number
    ]
    return f"{name}: {', '.join([f'{books.accepted} of {books.audience} accepted', *rest])}"


def _notices(report: Report) -> Iterator[str]:
    for newsletter, number in report.notices.items():
        yield f"{newsletter}: {_counted(number, 'message')} about subscriptions accepted"


def _places(settings: Config, report: Report) -> Iterator[str]:
    from pipeline.config import OutboxProvider

    if report.written:
        yield _from_here(settings.publish.directory / "index.html")
    mailed = {issue.key.newsletter for issue in report.issues if issue.books.accepted} | report.notices.keys()
    used = {name for letter in settings.newsletters if letter.name in mailed for name in letter.providers}
    for name in sorted(used):
        provider = settings.providers[name]
        if isinstance(provider, OutboxProvider):
            place = _from_here(provider.directory)
            yield f"{place}/  (the messages, a Maildir: mutt -f {place})"


def _remarks(report: Report) -> Iterator[str]:
    yield from (line_of(note) for note in report.notes[:_REMARKS_SHOWN])
    if (more := len(report.notes) - _REMARKS_SHOWN) > 0:
        yield f"… and {more} more: `rundbrief runs show {report.run} --json` has them all"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _from_here(path: Path) -> str:
    """The path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else os.fspath(path)
