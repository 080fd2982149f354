"""Past issues: what an issue that has gone out is to those who read it on the web."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-([0-9a-f]{16})\.([1-9]\d{0,5})", re.ASCII)
_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIssue:
    """One variant of an issue.  ``slot`` is aware, in UTC; ``subject`` is that of its message."""

    uid: uuid.UUID
    newsletter: str
    cadence: str
    slot: datetime
    number: int
    language: str
    subject: str

    @property
    def path(self) -> str:
        return past_issue_path(self.uid, self.slot, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIssueName:
    """What the last part of its address says.  ``key`` is how its uid begins, which nobody can guess."""

    newsletter: str
    day: date
    key: str
    number: int
    zone: tzinfo = UTC


def past_issue_path(uid: uuid.UUID, slot: datetime, number: int) -> str:
    """The last part of the address of an issue's variant: ``2026-11-24-3f2a9c81d4e05b67.1``."""
    return f"{slot:%Y-%m-%d}-{uid.hex[:_KEY_LENGTH]}.{number}"


def read_past_issue_path(newsletter: str, path: str) -> PastIssueName | None:
    """What such a part names; None if it is none."""
    found = _NAME.fullmatch(path)
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return PastIssueName(newsletter=newsletter, day=day, key=found[2], number=int(found[3]))
