"""What systemd wants to hear of a service, and what it hands to one: sd_notify(3) and sd_listen_fds(3)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

_FIRST_FD = 3


class Notifier:
    """Tells the service manager how this process is; where there is none, it tells nobody."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for an abstract name, which has no file.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.beat_every: timedelta | None = None
        """How often `beat` is to be called: half of what the manager waits before it kills; None where it doesn't."""
        watchdog = environ.get("WATCHDOG_USEC", "")
        if self._address and watchdog.isdigit() and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            self.beat_every = timedelta(microseconds=int(watchdog)) / 2

    def ready(self, status: str) -> None:
        """It serves: after the start, and after a reload."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """It takes over a new configuration; `ready` follows."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def beat(self) -> None:
        """It is alive."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # Nobody may be kept from their mail because the manager doesn't listen.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
            sending.settimeout(1.0)
            sending.sendto("\n".join(lines).encode(), self._address)


def given_socket(environ: Mapping[str, str]) -> socket.socket | None:
    """The listening socket that this process was started with; None if it was started without one.

    Raises ValueError, with a text for people, for several of them, and for one that is no TCP socket.
    """
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environ.get("LISTEN_FDS") != "1":
        msg = f"{environ.get('LISTEN_FDS')} sockets were handed over; one is taken"
        raise ValueError(msg)
    given = socket.socket(fileno=_FIRST_FD)
    given.set_inheritable(False)
    if given.family not in (socket.AF_INET, socket.AF_INET6) or given.type != socket.SOCK_STREAM:
        msg = "the socket that was handed over is no TCP socket"
        raise ValueError(msg)
    return given
