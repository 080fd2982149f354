"""A network in which names have the addresses that a test gives them, and public addresses lead to loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.collect.addresses import Network

PUBLIC = "93.184.215.14"


@dataclass
class PretendedNetwork:
    """``names`` has the answers for each name: one for each look-up, the last one for all that follow.

    ``connected`` are the addresses that connections were made to.  Only public ones lead anywhere.
    """

    names: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    connected: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def network(self) -> Network:
        return Network(resolve=self.resolve, connect=self.connect)

    def resolve(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]:  # noqa: A002 - as in socket
        if host in self.names:
            with self._lock:
                times = self.looked_up.count(host)
                self.looked_up.append(host)
            answers = self.names[host]
            addresses = answers[min(times, len(answers) - 1)]
        elif host.endswith(".example"):
            addresses = [PUBLIC]
        else:
            # Addresses as such, in whatever spelling the system understands.
            return socket.getaddrinfo(host, port, type=type, flags=socket.AI_NUMERICHOST)
        return [(socket.AF_INET, type, 6, "", (address, port)) for address in addresses]

    def connect(self, connecting: socket.socket, address: tuple[str | int, ...]) -> None:
        with self._lock:
            self.connected.append(str(address[0]))
        if address[0] != PUBLIC:
            raise ConnectionRefusedError(f"the test knows no way to {address[0]}")
        connecting.connect(("127.0.0.1", int(address[1])))
