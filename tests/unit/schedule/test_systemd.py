"""What the service manager is told, and what it hands over; in a process of its own, as it would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.schedule.systemd import Notifier, given_socket


@pytest.mark.parametrize("abstract", [False, True])
def test_it_tells_each_state_in_a_message_of_its_own(tmp_path: Path, abstract: bool) -> None:  # noqa: FBT001
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"rundbrief-test-{os.getpid()}"
        manager.bind(f"\0{name}" if abstract else str(tmp_path / "notify"))
        manager.settimeout(5)
        address = f"@{name}" if abstract else str(tmp_path / "notify")
        notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        notifier.ready("3 sources")
        notifier.beat()
        notifier.reloading()
        notifier.stopping()
        told = [manager.recv(1000).decode() for _ in range(4)]
    assert told[0] == "READY=1\nSTATUS=3 sources"
    assert told[1] == "WATCHDOG=1"
    assert told[2].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert told[3] == "STOPPING=1"
    assert notifier.beat_every == timedelta(seconds=15)


def test_without_a_manager_or_with_one_that_has_gone_nothing_happens(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}):
        notifier = Notifier(environ)
        notifier.ready("")
        assert notifier.beat_every is None


def test_a_socket_is_taken_only_by_the_process_that_it_was_meant_for() -> None:
    assert given_socket({}) is None
    assert given_socket({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) is None
    with pytest.raises(ValueError, match="2 sockets"):
        given_socket({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})


def test_the_socket_that_a_process_was_started_with_is_its_third() -> None:
    program = (
        "import os, sys\n"
        "from pipeline.schedule.systemd import given_socket\n"
        "os.dup2(int(sys.argv[1]), 3)\n"
        "given = given_socket({'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'})\n"
        "print(given.getsockname()[1])"
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        told = subprocess.run(
            [sys.executable, "-c", program, str(number)], pass_fds=[number], capture_output=True, text=True, check=True
        )
        assert int(told.stdout) == listening.getsockname()[1]
