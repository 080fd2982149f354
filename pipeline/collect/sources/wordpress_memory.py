"""What a WordPress source remembers between two collections."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.collect.source import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Kept as JSON in `SourceState.last_modified`, which is opaque to everyone else.

    ``root`` is the address of the API.  ``edited`` is the newest modification that was seen, None before the archive
    was read; ``total`` how many posts there were, None where that isn't sure; ``newest`` the ids of the newest ones;
    ``walked`` when all were last listed.  ``floor``: older articles that were never collected are not wanted.
    ``shrunk`` is a total that was too small to be believed at once.  ``off`` is since when the API can't be used,
    ``tried`` when that was last looked at; ``feed`` is where the site's feed is, ``feed_state`` what to ask it with.
    """

    root: str | None = None
    edited: datetime | None = None
    total: int | None = None
    newest: tuple[int, ...] = ()
    walked: datetime | None = None
    floor: datetime | None = None
    shrunk: int | None = None
    off: datetime | None = None
    tried: datetime | None = None
    feed: str | None = None
    feed_state: SourceState = field(default_factory=SourceState)


_TIMES = ("edited", "walked", "floor", "off", "tried")


def remembered(state: SourceState, url: str) -> Memory:
    """The memory in a state; an empty one for the state of another address, or of another type of source."""
    if state.asked != url or not state.last_modified:
        return Memory()
    try:
        kept: dict[str, Any] = json.loads(state.last_modified)
        etag, last_modified, moved_to = kept.pop("feed_state", (None, None, None))
        return Memory(
            **{
                **kept,
                **{name: datetime.fromisoformat(kept[name]) for name in _TIMES if name in kept},
                "newest": tuple(kept.get("newest", ())),
                "feed_state": SourceState(
                    asked=kept.get("feed"), etag=etag, last_modified=last_modified, moved_to=moved_to
                ),
            }
        )
    except (ValueError, TypeError, AttributeError):
        return Memory()


def keep(memory: Memory, url: str) -> SourceState:
    kept: dict[str, object] = {
        "root": memory.root,
        "total": memory.total,
        "newest": list(memory.newest) or None,
        "shrunk": memory.shrunk,
        "feed": memory.feed,
    }
    for name in _TIMES:
        moment: datetime | None = getattr(memory, name)
        kept[name] = moment.isoformat() if moment else None
    feed = memory.feed_state
    if feed != SourceState():
        kept["feed_state"] = [feed.etag, feed.last_modified, feed.moved_to]
    return SourceState(
        asked=url, last_modified=json.dumps({name: value for name, value in kept.items() if value is not None})
    )
