"""What becomes of slots that have come up: every one ends as due, skipped or missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class SlotFate(StrEnum):
    """What is to be done for a slot."""

    DUE = "due"
    SKIPPED = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotVerdict:
    """A slot (aware, UTC) and its fate; ``reason`` says to people why it is not due, and is empty where it is."""

    slot: datetime
    fate: SlotFate
    reason: str = ""


def settle_slots(pending: Sequence[datetime], now: datetime, max_lateness: timedelta) -> tuple[SlotVerdict, ...]:
    """One verdict for each pending slot that has come up, oldest first.

    A slot that is later than ``max_lateness`` is missed.  Of the others the newest is due; what the older ones would
    have carried is in its issue, so they are skipped.  Slots after ``now`` are left out: they are still to come.
    """
    come = sorted({slot for slot in pending if slot <= now})
    in_time = [slot for slot in come if now - slot <= max_lateness]
    newest = in_time[-1] if in_time else None
    return tuple(_verdict(slot, newest, now, max_lateness) for slot in come)


def _verdict(slot: datetime, newest: datetime | None, now: datetime, max_lateness: timedelta) -> SlotVerdict:
    if slot == newest:
        return SlotVerdict(slot=slot, fate=SlotFate.DUE)
    if newest is None or now - slot > max_lateness:
        late = f"{span_text(now - slot)} late; max_lateness is {span_text(max_lateness)}"
        return SlotVerdict(slot=slot, fate=SlotFate.MISSED, reason=late)
    covered = f"covered by the issue of {newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return SlotVerdict(slot=slot, fate=SlotFate.SKIPPED, reason=covered)


def span_text(span: timedelta) -> str:
    """A span for people, in its two largest units: ``2 d 3 h``, ``6 h``, ``40 s``.  Less than a second is ``0 s``."""
    seconds = int(span.total_seconds())
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
