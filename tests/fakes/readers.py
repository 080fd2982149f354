"""What each reader must get, worked out one reader and one article at a time: the slow and obvious way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.domain.audience import Choice
from pipeline.domain.issue import IMMEDIATE


@dataclass
class Story:
    """An article: its title and current topics, and whether it is away."""

    title: str
    topics: frozenset[str]
    away: bool = False


@dataclass
class Reader:
    """A subscription.  An article is decided on once: by the first issue of its cadence that covers it.

    ``decided`` are titles.  ``due`` must be received; ``may`` can be received besides, because it was on its way when
    the reader unsubscribed.  ``waiting`` are articles that were away when their turn came.
    """

    address: str
    choice: Choice
    active: bool = True
    decided: set[str] = field(default_factory=set)
    due: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def is_in(self, cadence: str, zone: str, default: str) -> bool:
        """Whether an issue is for this reader."""
        at_home = cadence == IMMEDIATE or (self.choice.timezone or default) == zone
        return self.active and self.choice.cadence == cadence and at_home

    def get(self, released: Iterable[Story], most: int) -> None:
        """An issue is made for this reader, with at most so many articles; ``released`` are all, oldest first."""
        back = {story.title for story in released if story.title in self.waiting and not story.away}
        room = max(most - len(self.waiting), 1)
        self.due |= back
        self.waiting -= back
        fresh = [story for story in released if story.title not in self.decided]
        wanted = [story for story in fresh if not self.choice.topics or story.topics & set(self.choice.topics)]
        if len(wanted) > room:
            # The others are for later issues, with all that was released behind the last one that fits.
            fresh = fresh[: fresh.index(wanted[room - 1]) + 1]
        for story in fresh:
            self.decided.add(story.title)
            if story in wanted:
                (self.waiting if story.away else self.due).add(story.title)

    def leave(self) -> None:
        self.active = False
        self.may |= self.due
        self.due = set()
        self.waiting = set()

    def come_back(self, released: Iterable[Story]) -> None:
        """From now on: what was released meanwhile is not for this reader."""
        self.active = True
        self.decided = {story.title for story in released}
