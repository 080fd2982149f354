"""What the topics hold now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.publish.websub.distribution import Topic, digest

_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Contents:
    """The digests of topics' documents, each worked out anew only when its file changes."""

    _known: dict[str, tuple[_Stamp, str]] = field(default_factory=dict)

    def digests(self, topics: Iterable[Topic]) -> Mapping[str, str]:
        """By the topics' addresses; without those that were not published yet."""
        return {topic.url: known for topic in topics if (known := self._digest(topic)) is not None}

    def _digest(self, topic: Topic) -> str | None:
        try:
            status = topic.path.stat()
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            known = self._known.get(topic.url)
            if known is None or known[0] != stamp:
                known = self._known[topic.url] = (stamp, digest(topic.path.read_bytes()))
        except OSError:
            return None
        return known[1]
