"""Alerts: what somebody has to be told of while nobody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """Critical if, and only if, readers are affected; a warning is what is seen to by day."""

    CRITICAL = "critical"
    WARNING = "warning"


class Cause(StrEnum):
    """What an alert is about; rules for Prometheus have the same names (``RundbriefMailLate``)."""

    STORE_FAILS = "store-fails"
    FENCED = "fenced"
    HELD = "held"
    MAIL_HALTED = "mail-halted"
    MAIL_IN_DOUBT = "mail-in-doubt"
    MAIL_LATE = "mail-late"
    MAIL_UNRENDERED = "mail-unrendered"
    SLOT_MISSED = "slot-missed"
    SCHEDULE_STALLED = "schedule-stalled"
    PROVIDER_REFUSES = "provider-refuses"
    NOTICES_LATE = "notices-late"
    BOOKS = "books"
    PUBLISHING_FAILS = "publishing-fails"
    DISK_FULL = "disk-full"
    CERTIFICATE_BAD = "certificate-bad"
    CERTIFICATE_ENDS = "certificate-ends"
    DISK_FILLS = "disk-fills"
    EVENTS_FAIL = "events-fail"
    PROVIDER_FAILS = "provider-fails"
    SOURCE_FAILS = "source-fails"
    TEST = "test"


_BY_DAY = frozenset(
    {
        Cause.CERTIFICATE_ENDS,
        Cause.DISK_FILLS,
        Cause.EVENTS_FAIL,
        Cause.PROVIDER_FAILS,
        Cause.SOURCE_FAILS,
        Cause.TEST,
    }
)
_PATIENCE: Mapping[Cause, timedelta] = MappingProxyType(
    {
        Cause.FENCED: timedelta(minutes=5),
        Cause.PUBLISHING_FAILS: timedelta(minutes=30),
        Cause.STORE_FAILS: timedelta(minutes=2),
    }
)

CALM = timedelta(minutes=5)
"""How long a cause must not have been seen to be over: what comes and goes is told of once."""


def severity_of(cause: Cause) -> Severity:
    return Severity.WARNING if cause in _BY_DAY else Severity.CRITICAL


def patience(cause: Cause) -> timedelta:
    """How long a cause must last before it is told of; most are only found when they have lasted already."""
    return _PATIENCE.get(cause, timedelta())


def causes_from(least: Severity) -> frozenset[Cause]:
    """The causes of that severity, or a worse one."""
    return frozenset(cause for cause in Cause if least is Severity.WARNING or severity_of(cause) is least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is wrong.

    ``subject`` is what it is about, by its name: with the cause it tells one alert from another.  ``host`` is the
    machine that has it for itself, such as its disk; "" for what all machines share.
    """

    cause: Cause
    subject: str
    what: str
    mend: str
    host: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.cause, self.subject, self.host

    @property
    def severity(self) -> Severity:
        return severity_of(self.cause)

    @property
    def title(self) -> str:
        """``mail-late (wochenblick)``."""
        about = ", ".join(filter(None, (self.subject, self.host and f"on {self.host}")))
        return f"{self.cause} ({about})" if about else str(self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert that is on ``since`` then, or was until ``over`` (both aware, UTC).

    ``failures`` counts in a row the times that it could not be told of.
    """

    alert: Alert
    since: datetime
    over: datetime | None = None
    failures: int = 0


def pause_after(failures: int) -> timedelta:
    """When to try again to tell of it, after so many failures in a row."""
    return min(timedelta(minutes=2 ** min(failures - 1, 6)), timedelta(hours=1))
