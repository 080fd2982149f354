"""Subscribers as a CSV file that the import reads back, and that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from pipeline.domain.segment import Listed

COLUMNS = ("email", "name", "language", "timezone", "topics", "newsletter", "cadence", "state", "suppressed", "agreed")
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_rows(listed: Iterable[Listed], out: TextIO) -> int:
    """Write a header line and one row for each subscription; returns their number.

    ``out`` is opened with ``newline=""``.  A field that a spreadsheet would run gets a ``'`` in front of it, which
    `unguarded` takes off again.
    """
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    count = 0
    for count, row in enumerate(listed, start=1):  # noqa: B007  (the count is what is returned)
        one = row.subscription
        fields = (
            one.subscriber.address,
            one.subscriber.name,
            one.language or "",
            one.timezone or "",
            ";".join(one.topics),
            one.newsletter,
            one.cadence,
            one.state.value,
            row.suppressed.value if row.suppressed else "",
            row.agreed.isoformat(timespec="seconds") if row.agreed else "",
        )
        writer.writerow([guarded(field) for field in fields])
    return count


def guarded(field: str) -> str:
    """The field so that a spreadsheet shows it as text."""
    return f"'{field}" if field.lstrip("' ").startswith(_FORMULA) or field.startswith(_FORMULA) else field


def unguarded(field: str) -> str:
    """The field as it was before `guarded`; any other is left as it is."""
    return field[1:] if field.startswith("'") and guarded(field[1:]) == field else field
