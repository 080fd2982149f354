"""`rundbrief suppressions import`: addresses that another program mails no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, report_problems
from pipeline.cli.lists import ListFile, Mapped, called, mapped_columns, opened_file
from pipeline.domain.audience import SuppressionReason

if TYPE_CHECKING:
    from pipeline.audience.csv_import import Rejected, Row
    from pipeline.deliver.event import Listed
    from pipeline.errors import Problem


def import_suppressions(
    context: typer.Context,
    file: ListFile,
    reason: Annotated[SuppressionReason, typer.Option(help="Why.")] = SuppressionReason.UNSUBSCRIBED,
    map_: Mapped = None,
) -> None:
    r"""Send nothing more to any address in a CSV file, whatever else the file says.

    It needs the column email. What is suppressed already stays as it is; a row with a mistake is named and left out.

    \b
    Examples:
      rundbrief suppressions import unsubscribed.csv
      rundbrief suppressions import bounces.csv --reason hard_bounce --map email=Recipient
    """
    from pipeline.audience.csv_import import opened_list
    from pipeline.cli.output import print_json, say

    where = called(file)
    problems: list[Problem] = []
    asked = invocation(context)
    chosen = {"state": "", **mapped_columns(map_ or ())}
    with asked.app() as opened, opened_file(file) as stream, opened_list(stream, where, chosen) as found:
        listed = _listed(found.rows, reason, problems)
        read, new = opened.store.events.suppress_listed(Path(where).name, listed, opened.clock())
    report_problems(problems)
    if asked.as_json:
        print_json({"listed": read, "added": new, "left_out": len(problems), "problems": problems})
    else:
        say(f"{read} addresses get no mail, {new} of them from now on; {len(problems)} rows were left out.")
    if problems:
        raise typer.Exit(FAILED)


def _listed(rows: Iterator[Row | Rejected], reason: SuppressionReason, problems: list[Problem]) -> Iterator[Listed]:
    from pipeline.audience.csv_import import Row
    from pipeline.deliver.event import Listed

    for row in rows:
        if isinstance(row, Row):
            yield Listed(row.person.address, reason)
        else:
            problems.append(row.problem)
