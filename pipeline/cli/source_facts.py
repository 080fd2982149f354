"""What the commands tell of a source: from the configuration, and from what the store remembers of its polls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from pipeline.cadence import next_slot
from pipeline.cli.times import shown
from pipeline.domain.polling import Wait
from pipeline.wiring.sources import source_address

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.config import Source
    from pipeline.store.sources import SourceStanding

_MOMENT = timedelta(microseconds=1)
_KILO = 1000


def source_facts(opened: App) -> list[dict[str, Any]]:
    """The configured sources in their order, then those that only the store still knows."""
    now = opened.clock()
    zone = opened.settings.site.timezone.key
    waits = opened.waiting_sources()
    standings = {standing.name: standing for standing in opened.store.sources.standings(now)}
    configured = {source.name: source for source in opened.settings.sources}
    names = (*configured, *(name for name in standings if name not in configured))
    return [
        _facts(name, configured.get(name), standings.get(name), waits.get(name, (None, None)), zone, now)
        for name in names
    ]


def window_text(one: dict[str, Any], *, short: bool = False) -> str:
    """``20 articles, about 3.5 days`` (short: ``20, 3.5 days``): whoever polls more seldom loses articles."""
    if not one["window"]:
        return ""
    lasts = f"{_number(one['window_days'])} days" if one["window_days"] else ""
    if short:
        return ", ".join(filter(None, (_number(one["window"]), lasts)))
    articles = "article" if one["window"] == 1 else "articles"
    return ", about ".join(filter(None, (f"{_number(one['window'])} {articles}", lasts)))


def cost_text(one: dict[str, Any], *, short: bool = False) -> str:
    """``1.2 MB, 80 % unchanged``: what its answers cost, and how many polls had nothing new."""
    if not one["requests"]:
        return ""
    share = f"{one['unmodified_share']:.0%}".replace("%", " %")
    return f"{bytes_text(one['received'])}, {share}{'' if short else ' unchanged'}"


def gaps_text(one: dict[str, Any]) -> str:
    """The number of gaps that are open, "" for none."""
    found = sum(gap["closed"] is None for gap in one["gaps"])
    return str(found) if found else ""


def state_text(one: dict[str, Any], zone: tzinfo) -> str:
    """The state with its time, as people read it."""
    since = shown(one["state_since"], zone)
    match one["state"]:
        case "failing" | "ended":
            text = f"{one['state']} since {since}"
        case "waiting":
            text = f"waiting until {since}"
        case state:
            text = state
    return f"{text}, moved" if one["moved_to"] else text


def next_poll_text(one: dict[str, Any], zone: tzinfo) -> str:
    """The slot at which `rundbrief serve` polls it; ``not yet`` tells that `rundbrief run` leaves it out until then."""
    moment = shown(one["next_poll"], zone)
    return f"{moment} (not yet)" if moment and one["not_yet"] else moment


def bytes_text(count: int) -> str:
    """``12 kB``"""
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= _KILO and len(units) > 1:
        size /= _KILO
        units.pop(0)
    return f"{_number(size)} {units[0]}"


def _facts(
    name: str,
    source: Source | None,
    standing: SourceStanding | None,
    waits: tuple[Wait | None, datetime | None],
    zone: str,
    now: datetime,
) -> dict[str, Any]:
    address = None if source is None else source_address(source)
    state, since = _state(standing, address, waits)
    facts: dict[str, Any] = {
        "name": name,
        "type": source.type if source else None,
        "from": address,
        "schedule": source.schedule if source else None,
        "state": state,
        "state_since": since,
        "not_yet": waits[0] is not None,
        "next_poll": _next_poll(source, waits, zone, now),
        "articles": standing.articles if standing else 0,
        "first_collected": standing.first_collected if standing else None,
        "last_attempt": standing.last_attempt if standing else None,
        "last_success": standing.last_success if standing else None,
        "last_status": standing.status if standing else None,
        "failing_since": standing.failing_since if standing else None,
        "failures": standing.failures if standing else 0,
        "error": standing.error if standing else None,
        "remark": standing.remark if standing else None,
        "moved_to": standing.moved_to if standing else None,
        "window": standing.window if standing else None,
        "per_day": standing.per_day if standing else None,
        "window_days": standing.window_days if standing else None,
        "polls": standing.polls if standing else 0,
        "unmodified": standing.unmodified if standing else 0,
        "unmodified_share": standing.unmodified / standing.polls if standing and standing.polls else 0.0,
        "requests": standing.requests if standing else 0,
        "received": standing.received if standing else 0,
        "gaps": [asdict(gap) for gap in standing.gaps] if standing else [],
    }
    if source is not None and source.type == "directory":
        # It shows all it has: it has no window that could scroll on.
        facts |= {"window": None, "window_days": None}
    return facts


def _state(
    standing: SourceStanding | None, address: str | None, waits: tuple[Wait | None, datetime | None]
) -> tuple[str, datetime | None]:
    """The state, and since or until when it is that."""
    wait, until = waits
    if wait is Wait.ASKED:
        return "waiting", until
    if standing is None or standing.last_attempt is None or (address and standing.poll.address not in (None, address)):
        return "new", None
    if standing.poll.ended is not None:
        return "ended", standing.poll.ended
    if standing.failures:
        return "failing", standing.failing_since
    return "ok", standing.last_success


def _next_poll(
    source: Source | None, waits: tuple[Wait | None, datetime | None], zone: str, now: datetime
) -> datetime | None:
    wait, until = waits
    if source is None or wait is Wait.ENDED:
        return None
    return next_slot(source.schedule, zone, (until or now) - _MOMENT)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"  # noqa: PLR2004
