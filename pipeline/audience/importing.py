"""The import of a whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.audience.csv_import import Rejected, Row
from pipeline.audience.store import ImportCounts, ImportStore
from pipeline.domain.article import topic_key
from pipeline.domain.audience import NewSubscriber
from pipeline.errors import Problem

_PROBLEMS_KEPT = 1000
_TOPICS_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTarget:
    """What people are subscribed to.  ``confirmed``: they have agreed already, and needn't be asked.

    ``consent`` says to what they agreed and how that can be shown.
    """

    newsletter: str
    cadence: str
    confirmed: bool
    consent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of an import.

    ``problems`` has the first thousand of the ``left_out`` rows, ``topics`` some thousand that people chose, by key.
    """

    counts: ImportCounts
    left_out: int
    problems: tuple[Problem, ...]
    topics: Mapping[str, str]


@dataclass(slots=True)
class _Sieve:
    """Lets people through and keeps the problems."""

    rejected: Callable[[Rejected], object]
    left_out: int = 0
    problems: list[Problem] = field(default_factory=list)
    topics: dict[str, str] = field(default_factory=dict)

    def people(self, rows: Iterator[Row | Rejected]) -> Iterator[NewSubscriber]:
        for row in rows:
            if isinstance(row, Row):
                if row.person.topics and len(self.topics) < _TOPICS_KEPT:
                    self.topics |= {topic_key(label): label for label in row.person.topics}
                yield row.person
                continue
            self.left_out += 1
            self.rejected(row)
            if len(self.problems) < _PROBLEMS_KEPT:
                self.problems.append(row.problem)


def import_subscribers(
    rows: Iterator[Row | Rejected],
    store: ImportStore,
    target: ImportTarget,
    now: datetime,
    rejected: Callable[[Rejected], object] = lambda _row: None,
) -> ImportReport:
    """Subscribe everybody in the rows (of `read_rows`) to a newsletter.

    Rows with a mistake are left out and reported, each to ``rejected``; the others are imported.
    """
    sieve = _Sieve(rejected)
    counts = store.add_subscribers(
        sieve.people(rows),
        target.newsletter,
        target.cadence,
        confirmed=target.confirmed,
        now=now,
        consent=target.consent,
    )
    return ImportReport(counts=counts, left_out=sieve.left_out, problems=tuple(sieve.problems), topics=sieve.topics)
