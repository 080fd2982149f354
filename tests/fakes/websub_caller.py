"""Subscribers and hubs without a network: answers by host, and a record of who was called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from pipeline.publish.websub.caller import Answer

NOBODY = Answer(error="the connection was refused.", reached=False)


@dataclass(frozen=True)
class Call:
    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, str]:
        """What a GET asks or tells."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.url).query).items()}


def echo(call: Call) -> Answer:
    """A good subscriber."""
    if call.method == "POST":
        return Answer(status=204)
    return Answer(status=200, body=call.asked.get("hub.challenge", "").encode())


@dataclass
class FakeCaller:
    """``hosts`` say how a host answers; all others are good subscribers."""

    hosts: dict[str, Callable[[Call], Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _now: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: Lock = field(default_factory=Lock)

    def get(self, url: str) -> Answer:
        return self._call(Call("GET", url))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._call(Call("POST", url, body, headers))

    def close(self) -> None:
        pass

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def _call(self, call: Call) -> Answer:
        host = urlsplit(call.url).hostname or ""
        with self._lock:
            self.calls.append(call)
            self._now[host] += 1
            self.most_at_once[host] = max(self.most_at_once[host], self._now[host])
        try:
            return self.hosts.get(host, echo)(call)
        finally:
            with self._lock:
                self._now[host] -= 1
