"""What is said of alerts: one message for all that are to be told of at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.domain.alert import Severity, Standing

_OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A message about alerts.  ``fields`` are for programs."""

    subject: str
    text: str
    fields: Mapping[str, Any]


def wording(those: Sequence[Standing], site: str) -> Telling:
    """The worst first, what is over last.  ``site`` is whose alerts they are."""
    ordered = sorted(those, key=lambda one: (one.over is not None, one.alert.severity is not Severity.CRITICAL))
    first, more = ordered[0], len(ordered) - 1
    about = f"{_head(first)}{f' and {more} more' if more else ''}"
    return Telling(
        subject=f"[{site}] {about}",
        text="\n\n".join(map(_paragraph, ordered)),
        fields={"site": site, "alerts": [_fields(one) for one in ordered]},
    )


def _head(one: Standing) -> str:
    return f"{_OVER if one.over else one.alert.severity}: {one.alert.title}"


def _paragraph(one: Standing) -> str:
    if one.over:
        return f"{_head(one)}\nIt was on since {one.since:%Y-%m-%d %H:%M} UTC."
    return "\n".join(
        filter(None, (_head(one), one.alert.what, one.alert.mend, f"Since {one.since:%Y-%m-%d %H:%M} UTC."))
    )


def _fields(one: Standing) -> dict[str, Any]:
    return {
        "state": _OVER if one.over else "on",
        "severity": one.alert.severity.value,
        **asdict(one.alert),
        "since": one.since.isoformat(),
        "over": one.over.isoformat() if one.over else None,
    }
