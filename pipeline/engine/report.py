"""What a pass did, as `rundbrief run --json` prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.collect.collect import Collected
from pipeline.domain.issue import Issue, IssueState
from pipeline.domain.run import RunId
from pipeline.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one pass did.

    ``written`` are the feed documents and pages that changed, ``removed`` those that are no longer published.
    ``notices`` are messages about subscriptions that were accepted, by newsletter.  ``run`` is the record of the pass.
    ``problems`` are what failed; ``notes`` only remarks: nothing failed and nothing is missing.
    """

    collected: Collected = field(default_factory=Collected)
    written: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    untouched: int = 0
    issues: tuple[Issue, ...] = ()
    notices: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    run: RunId | None = None

    @property
    def failed(self) -> bool:
        return bool(self.problems)

    def as_json(self) -> dict[str, Any]:
        collected = self.collected
        return {
            "collected": {
                "new": collected.new,
                "revised": collected.revised,
                "retracted": collected.retracted,
                "unchanged": collected.unchanged,
            },
            "published": {
                "written": [str(path) for path in self.written],
                "removed": [str(path) for path in self.removed],
                "untouched": self.untouched,
            },
            "mailed": {"issues": [issue_json(issue) for issue in self.issues], "notices": dict(self.notices)},
            "problems": [asdict(problem) for problem in self.problems],
            "notes": [asdict(note) for note in self.notes],
        }


def issue_json(issue: Issue) -> dict[str, Any]:
    """An issue with its books.  ``skipped`` is the reason where it was not mailed, else null."""
    ended = issue.state in (IssueState.SKIPPED, IssueState.MISSED, IssueState.CANCELLED)
    return {
        "id": issue.id,
        "newsletter": issue.key.newsletter,
        "cadence": issue.key.cadence,
        "zone": issue.key.zone,
        "slot": issue.key.slot.isoformat(),
        "state": issue.state.value,
        "hold": issue.hold.value if issue.hold else None,
        **asdict(issue.books),
        "skipped": issue.reason if ended else None,
    }


def total(parts: Sequence[Collected]) -> Collected:
    """The sum of collections."""
    return Collected(
        new=sum(part.new for part in parts),
        revised=sum(part.revised for part in parts),
        retracted=sum(part.retracted for part in parts),
        unchanged=sum(part.unchanged for part in parts),
        problems=tuple(problem for part in parts for problem in part.problems),
        notes=tuple(note for part in parts for note in part.notes),
    )
