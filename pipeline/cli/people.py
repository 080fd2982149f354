"""A person as the command line describes them, by the same rules as a row of an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.cli.failures import WrongUse

if TYPE_CHECKING:
    from pipeline.domain.audience import NewSubscriber

_LEFT_OUT = "left out: "


def person_of(
    address: str, *, name: str = "", language: str = "", timezone: str = "", topics: Sequence[str] = ()
) -> NewSubscriber:
    """Checked and normalised.  Raises `WrongUse` for what no row could say."""
    from pipeline.audience.csv_export import guarded
    from pipeline.audience.csv_import import Row, read_rows

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["email", "name", "language", "timezone", "topics"])
    writer.writerow([guarded(field) for field in (address or " ", name, language, timezone, ";".join(topics))])
    row = next(read_rows(io.BytesIO(text.getvalue().encode("utf-8", "replace"))), None)
    if isinstance(row, Row):
        return row.person
    if row is None:
        raise WrongUse("There is no address.", where="ADDRESS")
    raise WrongUse(row.problem.what.removeprefix(_LEFT_OUT), where=address, mend=row.problem.mend)
