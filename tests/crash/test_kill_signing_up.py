"""A serving process that is killed while somebody signs up: the mail comes, and it comes once."""

from __future__ import annotations

import mailbox
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

from pipeline.audience.proof import zero_bits
from tests.fakes.audience_house import CONFIG

ROOT = Path(__file__).parents[2]
RUNDBRIEF = (sys.executable, "-c", "from pipeline.cli.main import main; raise SystemExit(main())")


def serving(directory: Path) -> tuple[subprocess.Popen[str], str]:
    command = [*RUNDBRIEF, "--config", str(directory / "config.toml"), "serve"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    found = re.search(r"http://[\d.:]+", process.stdout.readline())
    assert found
    return process, found[0]


def end(process: subprocess.Popen[str], number: int) -> None:
    process.send_signal(number)
    process.wait(timeout=30)
    assert process.stdout
    process.stdout.close()


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def mails(directory: Path) -> list[str]:
    box = mailbox.Maildir(directory / "outbox", create=True)
    return [message.get_payload()[0].get_payload(decode=True).decode() for message in box]  # type: ignore[index, union-attr]


def form(url: str, address: str) -> dict[str, str]:
    made = requests.get(f"{url}/newsletters/weekly/challenge", timeout=5).json()
    work = next(str(n) for n in range(100_000_000) if zero_bits(f"{made['challenge']}:{n}") >= made["bits"])
    return {"email": address, "cadence": "immediate", "challenge": made["challenge"], "work": work}


def test_a_killed_process_loses_no_sign_up_and_repeats_no_mail(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    config = CONFIG.replace("[[sources]]", '[web]\nlisten = "127.0.0.1:0"\n\n[[sources]]', 1)
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    process, url = serving(tmp_path)
    try:
        sent = form(url, "anna@example.org")
        assert requests.post(f"{url}/newsletters/weekly/", data=sent, timeout=5).ok
        end(process, signal.SIGKILL)
        process, url = serving(tmp_path)
        wait_until(lambda: len(mails(tmp_path)) == 1)
        end(process, signal.SIGKILL)
        process, url = serving(tmp_path)
        assert requests.post(f"{url}/newsletters/weekly/", data=form(url, "anna@example.org"), timeout=5).ok
        assert requests.post(f"{url}/newsletters/weekly/", data=form(url, "ben@example.org"), timeout=5).ok
        wait_until(lambda: len(mails(tmp_path)) == 2)
        link = re.search(r"https://news.example.org(/confirm/\S+)", mails(tmp_path)[0])
        assert link
        assert requests.post(url + link[1], timeout=5).ok
        end(process, signal.SIGKILL)
        process, url = serving(tmp_path)
        wait_until(lambda: len(mails(tmp_path)) == 3)
        assert sum("/confirm/" in text for text in mails(tmp_path)) == 2
    finally:
        end(process, signal.SIGTERM)
    assert process.returncode == 0
