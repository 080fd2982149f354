"""Workers that mail an issue in processes which die, or are stopped, at a moment that a test chooses.

``python -m tests.fakes.mortal_mail`` reads a JSON order a line, forks a child that has everything imported, and prints
its process id, then how it ended.  In an order: ``at`` and ``count`` (the child kills itself at that occurrence of an
event; the first, if there is no count), ``of`` (only where this is in a statement of the transaction), ``stop`` (stops
itself there instead), ``room`` (so many bytes may its files grow), ``skew`` (seconds that its clock is ahead).  Events
are ``begin``, ``statement`` and ``commit`` of a transaction, before they take effect, ``committed``, and Python's
audit events.  There is no hook in the product for this.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]


class Worker:
    """The parent of such processes; one lives at a time, as ``pid``."""

    pid = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.mortal_mail"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, **order: Any) -> None:
        """Let a child mail what is due in the ``store``, by a ``provider`` of that kind at ``url``."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._line())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait for it; the exit code, or the negative signal that killed it."""
        return int(self._line())

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by then; `ended` tells how."""
        assert self._process.stdout
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def _provider(kind: str, url: str) -> Any:
    from pipeline.deliver.providers.mailgun import MailgunProvider
    from pipeline.deliver.providers.outbox import OutboxProvider
    from pipeline.deliver.providers.postmark import postmark
    from pipeline.deliver.providers.resend import resend
    from pipeline.deliver.providers.sendgrid import sendgrid
    from pipeline.deliver.providers.smtp import SmtpProvider

    timeout = timedelta(seconds=5)
    match kind:
        case "resend":
            return resend("p", "re_test", base_url=url, timeout=timeout)
        case "postmark":
            return postmark("p", "server-token", base_url=url, timeout=timeout)
        case "mailgun":
            return MailgunProvider("p", "mg.example.org", "key-test", base_url=url, timeout=timeout)
        case "sendgrid":
            return sendgrid("p", "SG.test", base_url=url, timeout=timeout)
        case "smtp":
            host, _, port = url.rpartition(":")
            return SmtpProvider("p", host, int(port), security="none")
    return OutboxProvider("p", Path(url))


def mail(order: dict[str, Any]) -> None:
    """What a pass does with one issue: freeze it, hand it over, take what is in doubt out of it, finish it."""
    from pipeline.deliver.dispatch import Desk
    from pipeline.domain.ledger import RetryPolicy
    from pipeline.engine.local import hand_over
    from pipeline.owner import Owner
    from pipeline.store.store import open_store
    from tests.fakes.mailing import NEWSLETTER, freeze_immediate, rendered

    directory = Path(order["directory"])
    skew = timedelta(seconds=order.get("skew", 0))

    def clock() -> datetime:
        return datetime.now(UTC) + skew

    store = open_store(order["store"], directory, clock())
    owner = Owner(directory / "owners")
    if "room" in order:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        largest = max(file.stat().st_size for file in directory.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + order["room"],) * 2)
    store.ledger.expire(clock(), owner.dead(store.ledger.owners()))
    freeze_immediate(store, clock())
    for frozen in store.issues.open_issues():
        rendered(store, frozen)
    desk = Desk(
        ledger=store.ledger,
        providers={NEWSLETTER: [_provider(order["provider"], order["url"])]},
        fields=lambda addressee, _language: {"unsubscribe_url": f"https://x.example/{addressee.subscription}"},
        owner=owner.name,
        clock=clock,
        nap=lambda _seconds: None,
        policy=RetryPolicy(first=timedelta(milliseconds=5), longest=timedelta(milliseconds=20), attempts=40),
    )
    desk.resolve_doubts()
    hand_over(desk, patience=timedelta(seconds=0.2))
    desk.resolve_doubts()
    store.issues.finish(clock())
    store.close()
    owner.close()


def _child(order: dict[str, Any]) -> None:
    seen = 0
    lock = threading.Lock()

    def happened(*_: object) -> None:
        nonlocal seen
        with lock:
            seen += 1
            if seen == order.get("count", 1):
                os.kill(os.getpid(), signal.SIGSTOP if "stop" in order else signal.SIGKILL)

    match order.get("at"):
        case None:
            pass
        case "begin" | "statement" | "commit" | "committed":
            _watch_transactions(order["at"], order.get("of", ""), happened)
        case name:
            sys.addaudithook(lambda event, _args: happened() if event == name else None)
    mail(order)


def _watch_transactions(at: str, of: str, happened: Callable[[], None]) -> None:
    """Call that at each such moment of a transaction; with ``of``, only of those in which such a statement is."""
    from sqlalchemy import Connection, Engine, event
    from sqlalchemy.pool import Pool

    def began(connection: Connection) -> None:
        connection.info["ours"] = not of
        if at == "begin":
            happened()

    def executing(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if of and of in statement:
            connection.info["ours"] = True
            if at == "statement":
                happened()

    def committing(connection: Connection) -> None:
        connection.info["committed"] = connection.info.get("ours", False)
        if at == "commit" and connection.info["committed"]:
            happened()

    def over(_connection: object, record: Any) -> None:
        if record.info.pop("committed", False) and at == "committed":
            happened()

    event.listen(Engine, "begin", began)
    event.listen(Engine, "before_cursor_execute", executing)
    event.listen(Engine, "commit", committing)
    event.listen(Pool, "checkin", over)


def _main() -> None:
    _provider("outbox", "/nowhere")
    import pipeline.engine.local  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            if "loud" not in order:
                os.dup2(null, 2)
            code = 99
            try:
                _child(order)
                code = 0
            finally:
                os._exit(code)
        answers.write(f"{child}\n")
        answers.flush()
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    _main()
