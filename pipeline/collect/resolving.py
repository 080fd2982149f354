"""Names looked up in bounded time: `socket.getaddrinfo` has no limit of its own, and can't be broken off."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.collect.addresses import Resolver

_AT_ONCE = 32


@dataclass(slots=True)
class TimedResolver:
    """``resolve``, given up with a TimeoutError once ``remaining`` seconds are over (it raises that itself at the end).

    A look-up that is given up goes on in a thread of its own until the system's resolver returns; at most ``at_once``
    of them exist, and who would need one more waits for its turn.  No thread holds up the end of the process.
    """

    resolve: Resolver
    remaining: Callable[[], float]
    at_once: int = _AT_ONCE
    _turns: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._turns = threading.BoundedSemaphore(self.at_once)

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]:  # noqa: A002 - as in socket
        if _is_address(host):
            return self.resolve(host, port, type=type)
        if not self._turns.acquire(timeout=self.remaining()):
            raise TimeoutError
        lookup = _LookUp(self.resolve, host, port, type, self._turns.release)
        threading.Thread(target=lookup.run, name=f"look up {host}"[:80], daemon=True).start()
        if not lookup.ended.wait(self.remaining()):
            raise TimeoutError
        if lookup.error is not None:
            raise lookup.error
        return lookup.found


@dataclass(slots=True)
class _LookUp:
    resolve: Resolver
    host: str
    port: int
    type: int
    over: Callable[[], object]
    ended: threading.Event = field(default_factory=threading.Event)
    found: Sequence[tuple[Any, ...]] = ()
    error: Exception | None = None

    def run(self) -> None:
        try:
            self.found = self.resolve(self.host, self.port, type=self.type)
        except Exception as error:  # noqa: BLE001 - raised again by the one who waits
            self.error = error
        finally:
            self.over()
            self.ended.set()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
