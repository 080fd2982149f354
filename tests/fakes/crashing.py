"""A store, a provider's server, and workers on them that die: what every crash test of mail needs."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.domain.ledger import IssueId
from pipeline.store.store import Store, open_store
from tests.fakes.mailgun_server import Fault, MailgunServer, cut, delayed, html_page, internal_error
from tests.fakes.mailing import show, sighting, subscribe
from tests.fakes.mortal_mail import Worker
from tests.fakes.postmark_server import PostmarkServer
from tests.fakes.resend_server import ResendServer
from tests.fakes.sendgrid_server import SendGridServer
from tests.fakes.smtp_server import SmtpServer

PEOPLE = tuple(f"person{n}" for n in range(3))
NOBODY = "nobody@example.org"
WITH_KEYS = ("resend",)
WITH_LOG = ("postmark", "mailgun")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TROUBLE = (
    Fault(),
    Fault(status=429, body="{}", headers={"Retry-After": "0"}),
    Fault(status=503, body="{}", headers={"Retry-After": "0"}),
    internal_error(accept=True),
    internal_error(accept=False),
    cut(accept=True),
    cut(accept=False),
    html_page(accept=True),
    delayed(0.05),
)


@dataclass
class Scene:
    """``server`` accepts what ``workers`` hand over; issue ``round`` is the newest.

    It refuses one of the subscribers: an error for one item of a call.
    """

    directory: Path
    store_url: str
    store: Store
    server: ResendServer | PostmarkServer | MailgunServer | SendGridServer | SmtpServer
    kind: str
    url: str
    workers: Sequence[Worker]
    round: int = 0

    def start(self, worker: Worker, **order: Any) -> None:
        where = {"directory": str(self.directory), "store": self.store_url}
        worker.start(**where, provider=self.kind, url=self.url, **order)

    def run(self, **order: Any) -> int:
        """Let the first worker mail what is due; how it ended, negative for the signal that killed it."""
        self.start(self.workers[0], **order)
        return self.workers[0].ended()

    def publish(self) -> None:
        """Let there be something for an issue to carry."""
        self.round += 1
        show(self.store, [sighting(f"{self.round:04}")], BEGIN + timedelta(minutes=self.round))

    def accepted(self) -> Counter[tuple[str, str]]:
        """How often the server accepted each subject for each person."""
        match self.server:
            case MailgunServer() as mailgun:
                found = [(address, str(message["Subject"])) for address, message in mailgun.messages]
            case SmtpServer() as smtp:
                found = [(one.recipient, str(one.message["Subject"])) for one in smtp.received]
            case api:
                found = [(address, str(message["Subject"])) for address, message in api.accepted]
        return Counter((address, title) for address, subject in found for title in subject.split("|"))

    def trouble(self, chance: random.Random) -> None:
        """Let some of the next calls go wrong: limits, errors, silence, answers that are lost after acceptance."""
        if isinstance(self.server, SmtpServer):
            self.server.script.data.extend(chance.choices(["", "451 4.3.0 Later", "554 5.3.0 No"], [8, 1, 1], k=4))
        else:
            self.server.faults.extend(chance.choices(TROUBLE, k=chance.randint(0, 4)))

    def settle(self) -> None:
        """Let a worker go on until nothing can be done without a person."""
        if isinstance(self.server, SmtpServer):
            self.server.script.data.clear()
        else:
            self.server.faults.clear()
        # Two minutes later: what a provider asked to wait for is over.
        assert self.run(skew=120) == 0
        assert self.store.issues.unbalanced() == {}

    def in_doubt(self) -> set[tuple[str, str]]:
        """Who is listed in doubt, with what."""
        return {
            (address, title)
            for id_ in self.store.issues.open_issues()
            for details in [self.store.issues.details(id_)]
            for batch in details.open_batches
            for address in batch.recipients
            for variant in details.variants
            for title in (variant.subject or "").split("|")
        }

    def check(self) -> None:
        """Nobody has anything twice; whoever misses something is listed in doubt, and with keys nobody is."""
        accepted = self.accepted()
        assert set(accepted.values()) <= {1}, [one for one, count in accepted.items() if count > 1]
        due = {(f"{name}@example.org", f"Titel {n + 1:04}") for name in PEOPLE for n in range(self.round)}
        assert accepted.keys() <= due
        doubtful = self.in_doubt()
        assert due - accepted.keys() <= doubtful
        if self.kind in WITH_KEYS:
            assert not doubtful
        if self.kind in WITH_LOG:
            assert not doubtful & accepted.keys(), "what its log shows is in no doubt"

    def ends_well(self) -> None:
        """After all that a person had to decide, everybody has everything once."""
        self.settle()
        self.check()
        assert self.store.issues.open_issues() == []

    def writable(self) -> bool:
        """Whether the store can be written to now."""
        connection = sqlite3.connect(self.directory / "rundbrief.db", timeout=0.05, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True

    def decide(self) -> None:
        """Be the person who looks into the provider's own log, and says what they see there."""
        accepted = self.accepted()
        for id_ in self.store.issues.open_issues():
            details = self.store.issues.details(IssueId(id_))
            (variant,) = details.variants
            for batch in details.open_batches:
                title = (variant.subject or "").split("|")[0]
                seen = {(address, title) in accepted for address in batch.recipients if address != NOBODY}
                assert len(seen) <= 1, "a batch was accepted as a whole or not at all"
                self.store.ledger.decide(id_, [batch.id], accepted=seen == {True}, now=datetime.now(UTC))


@contextmanager
def scene(directory: Path, kind: str, workers: Sequence[Worker], store_url: str = "") -> Iterator[Scene]:
    servers = {
        "resend": ResendServer,
        "postmark": PostmarkServer,
        "mailgun": MailgunServer,
        "sendgrid": SendGridServer,
        "smtp": SmtpServer,
    }
    with ExitStack() as stack:
        server = stack.enter_context(servers[kind]())
        url = f"127.0.0.1:{server.port}" if isinstance(server, SmtpServer) else server.base_url
        store_url = store_url or f"sqlite:///{directory}/rundbrief.db"
        store = open_store(store_url, directory, BEGIN)
        stack.callback(store.close)
        subscribe(store, BEGIN, *PEOPLE, NOBODY.partition("@")[0])
        if isinstance(server, SmtpServer):
            server.script.rcpt[NOBODY] = "550 5.1.1 There is no such user"
        else:
            server.refused_addresses.add(NOBODY)
        yield Scene(directory, store_url, store, server, kind, url, workers)
