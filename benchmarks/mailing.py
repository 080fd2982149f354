"""One issue to very many subscribers, from freeze to finished, to a sink on loopback; and SMTP beside smtplib.

RUNDBRIEF_BENCH_RECIPIENTS=10000,100000 mails to so many; the numbers are 100,000 and 1,000,000 if it is not set.
"""

from __future__ import annotations

import os
import smtplib
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from benchmarks.audience import MESSAGE, START, freeze, prepare
from benchmarks.databases import on_postgresql, postgresql, sqlite
from benchmarks.measure import Measured, Row, measure
from benchmarks.sink import sink
from pipeline.audience.tokens import PREFERENCES, UNSUBSCRIBE, TokenKeys
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.ledger import Addressee
from pipeline.deliver.provider import Capabilities, Provider
from pipeline.deliver.providers.mailgun import MailgunProvider
from pipeline.deliver.providers.postmark import postmark
from pipeline.deliver.providers.smtp import SmtpProvider
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.engine.local import hand_over
from pipeline.store.store import open_store
from tests.fakes.mailing import NEWSLETTER

COUNTS = tuple(map(int, os.environ.get("RUNDBRIEF_BENCH_RECIPIENTS", "100000,1000000").split(",")))
MESSAGES = 1_000
TIMEOUT = timedelta(seconds=30)
KEYS = TokenKeys(b"a key of benchmarks, as long as any")


def provider_of(kind: str, url: str) -> Provider:
    match kind:
        case "Mailgun":
            return MailgunProvider("mailgun", "mg.example.org", "key-test", base_url=url)
        case "Postmark":
            return postmark("postmark", "server-token", base_url=url, timeout=TIMEOUT)
    host, _, port = url.rpartition(":")
    return SmtpProvider("smtp", host, int(port), security="none")


def merge_fields(addressee: Addressee, _language: str) -> dict[str, str]:
    """What an issue's mail carries for each: two signed links and a greeting."""
    return {
        "greeting": f"Hallo {addressee.name},",
        "unsubscribe_url": f"https://bench.example/unsubscribe/{KEYS.make(UNSUBSCRIBE, addressee.subscription)}",
        "preferences_url": f"https://bench.example/preferences/{KEYS.make(PREFERENCES, addressee.subscription)}",
    }


@dataclass
class Stages:
    """Seconds of CPU time by stage, of all threads."""

    seconds: Counter[str] = field(default_factory=Counter)

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **named: Any) -> Any:  # noqa: ANN401  (whatever the work takes)
            begun = time.thread_time()
            try:
                return work(*args, **named)
            finally:
                self.seconds[stage] += time.thread_time() - begun

        return measured


class TimedLedger:
    """A ledger whose transitions are timed."""

    def __init__(self, ledger: object, stages: Stages) -> None:
        self._ledger, self._stages = ledger, stages

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._stages.timed(name, getattr(self._ledger, name))


class TimedProvider:
    """A provider whose calls are timed."""

    def __init__(self, provider: Provider, stages: Stages) -> None:
        self.name, self.close = provider.name, provider.close
        self.capabilities: Capabilities = provider.capabilities
        self._submit = stages.timed("submit", provider.submit)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        outcomes: Sequence[Outcome] = self._submit(batch, message)
        return outcomes


def _mail(url: str, directory: str, kind: str, sink_url: str, count: int) -> dict[str, float]:
    """From freeze to finished; returns microseconds of CPU time by stage and recipient."""
    store, stages = open_store(url, Path(directory), START), Stages()
    provider = TimedProvider(provider_of(kind, sink_url), stages)
    issue = stages.timed("freeze", freeze)(store, provider.capabilities.max_batch)
    desk = Desk(
        ledger=TimedLedger(store.ledger, stages),  # type: ignore[arg-type]  (all that is asked of it is passed on)
        providers={NEWSLETTER: [provider]},
        fields=merge_fields,
        owner="bench",
        clock=lambda: datetime.now(UTC),
    )
    hand_over(desk)
    assert stages.timed("finish", store.issues.finish)(START) == [issue]
    (shown,) = store.issues.shown([issue])
    assert shown.books.accepted == count, shown.books
    provider.close()
    store.close()
    return {stage: seconds / count * 1e6 for stage, seconds in stages.seconds.most_common()}


def _row(kind: str, database: str, count: int, done: Measured) -> Row:
    stages = ", ".join(f"{name} {micros:.1f}" for name, micros in done.result.items() if micros >= 0.05)
    goal = "50,000 recipients/s, peak 120 MB" if (kind, database) == ("Mailgun", "SQLite") else "peak 120 MB"
    return Row(
        work=f"one issue to {count:,} subscribers ({kind}'s shape, {database})",
        ours=f"{count / done.seconds:,.0f} recipients/s, {done.cpu / count * 1e6:.1f} µs of CPU time each"
        f" ({stages}), peak {done.peak:.0f} MB (+{done.megabytes:.0f})",
        goal=goal,
    )


def _rows(kind: str, database: str, store: Callable[[], Any], sink_url: str) -> Iterator[Row]:
    taken: dict[int, float] = {}
    for count in COUNTS:
        with store() as (url, directory):
            prepare(url, directory, count)
            done = measure(_mail, url, directory, kind, sink_url, count)
        taken[count] = done.seconds
        yield _row(kind, database, count, done)
    if len(COUNTS) > 1:
        few, many = COUNTS[0], COUNTS[-1]
        yield Row(
            work=f"{many / few:g} times the subscribers ({kind}'s shape, {database})",
            ours=f"{taken[many] / taken[few]:.1f} times as long",
            goal=f"{1.1 * many / few:g}",
        )


@contextmanager
def _smtp_server() -> Iterator[str]:
    """A server (aiosmtpd) in a process of its own, which takes everything and keeps nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", address, "-c", "aiosmtpd.handlers.Sink"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        host, _, port = address.rpartition(":")
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield address
        server.terminate()


def _one_by_one(address: str, count: int) -> None:
    """What a script does: a message for each, by smtplib, on one connection.  It remembers nothing."""
    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port)) as server:
        for number in range(1, count + 1):
            fields = merge_fields(Addressee(number, number, "", f"Person {number}"), "de")  # type: ignore[arg-type]
            message = EmailMessage(policy=SMTP)
            message["From"], message["Subject"] = MESSAGE.from_, MESSAGE.subject
            message["To"] = f"Person {number} <person{number}@bench.example>"
            message["List-Unsubscribe"] = f"<{fields['unsubscribe_url']}>"
            message.set_content(MESSAGE.merge_text.join(fields))
            message.add_alternative(MESSAGE.merge_html.join(fields), subtype="html")
            server.send_message(message)


def _smtp() -> Row:
    with _smtp_server() as address, sqlite() as (url, directory):
        prepare(url, directory, MESSAGES)
        ours = measure(_mail, url, directory, "SMTP", address, MESSAGES)
        peer = measure(_one_by_one, address, MESSAGES)
    return Row(
        work=f"an issue as {MESSAGES:,} messages by SMTP, each with its intent on the disk first (SQLite)",
        ours=f"{MESSAGES / ours.seconds:,.0f} messages/s, {ours.cpu / MESSAGES * 1e6:,.0f} µs of CPU time each",
        peer=f"smtplib: {MESSAGES / peer.seconds:,.0f} messages/s, {peer.cpu / MESSAGES * 1e6:,.0f} µs each",
    )


def run() -> list[Row]:
    rows: list[Row] = []
    with sink() as sink_url, postgresql() as server:
        for kind in ("Mailgun", "Postmark"):
            rows += _rows(kind, "SQLite", sqlite, sink_url)
            rows += _rows(kind, "PostgreSQL", lambda: on_postgresql(server), sink_url)
    return [*rows, _smtp()]
