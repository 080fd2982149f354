"""When an issue will be out, by what its providers may be given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.app import App
from pipeline.domain.budget import Budget, forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How the first provider of a newsletter that can be used stands.

    ``begins`` is when it takes the next batch, None for at once; ``why`` says what it rests from, if it does.  ``ends``
    is when it has taken all, None where that would take years; ``limited`` tells whether it has a budget at all.
    """

    provider: str
    begins: datetime | None
    ends: datetime | None
    limited: bool
    why: str = ""


def outlook(app: App, newsletter: str, recipients: int, at: datetime) -> Outlook | None:
    """What is to be expected for so many recipients from that time on; None if the newsletter isn't configured.

    The others of its providers, which may take what this one can't, are not counted in.
    """
    if newsletter not in app.newsletters:
        return None
    lanes = app.desk().route(newsletter).lanes
    standings = app.store.ledger.standings(lanes, at)
    stands = next((standings[lane] for lane in lanes if standings[lane].is_open(at)), standings[lanes[0]])
    opens = None if stands.is_open(at) else stands.opens
    paused = max([at, *(when for when in (stands.free_at, stands.rests_until) if when)])
    ends = forecast(recipients, stands.lane.budget, stands.windows, stands.warmed, paused)
    return Outlook(
        provider=stands.lane.provider,
        begins=opens,
        ends=ends,
        limited=stands.lane.budget != Budget(),
        why=stands.error if stands.failures else "",
    )
