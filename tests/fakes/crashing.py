"""A store, a provider's server, and workers on them that die: what every crash test of mail needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.domain.ledger import IssueId
from pipeline.store.store import Store, open_store
from tests.fakes.mailgun_server import MailgunServer
from tests.fakes.mailing import show, sighting, subscribe
from tests.fakes.mortal_mail import Worker
from tests.fakes.postmark_server import PostmarkServer
from tests.fakes.resend_server import ResendServer
from tests.fakes.sendgrid_server import SendGridServer
from tests.fakes.smtp_server import SmtpServer

PEOPLE = tuple(f"person{n}" for n in range(3))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Scene:
    """``server`` accepts what ``workers`` hand over; issue ``round`` is the newest."""

    directory: Path
    store: Store
    server: ResendServer | PostmarkServer | MailgunServer | SendGridServer | SmtpServer
    workers: list[Worker]
    round: int = 0

    @property
    def worker(self) -> Worker:
        return self.workers[0]

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

    def settle(self) -> None:
        """Let a worker go on until nothing can be done without a person."""
        assert self.worker.run(self.round) == 0
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

    def check(self, *, doubts: bool) -> None:
        """Nobody has anything twice; whoever misses something is in doubt, if there may be ``doubts``, else nobody."""
        accepted = self.accepted()
        assert set(accepted.values()) <= {1}, [one for one, count in accepted.items() if count > 1]
        due = {(f"{name}@example.org", f"Titel {n + 1:04}") for name in PEOPLE for n in range(self.round)}
        assert accepted.keys() <= due
        missing = due - accepted.keys()
        assert missing <= (self.in_doubt() if doubts else set())

    def decide(self) -> None:
        """Be the person who looks into the provider's own log, and says what they see there."""
        accepted = self.accepted()
        for id_ in self.store.issues.open_issues():
            details = self.store.issues.details(IssueId(id_))
            (variant,) = details.variants
            for batch in details.open_batches:
                seen = {(address, (variant.subject or "").split("|")[0]) in accepted for address in batch.recipients}
                assert len(seen) == 1, "a batch was accepted as a whole or not at all"
                self.store.ledger.decide(id_, [batch.id], accepted=seen.pop(), now=datetime.now(UTC))


@contextmanager
def scene(directory: Path, kind: str, workers: int = 1) -> Iterator[Scene]:
    servers = {
        "resend": ResendServer,
        "postmark": PostmarkServer,
        "mailgun": MailgunServer,
        "sendgrid": SendGridServer,
        "smtp": SmtpServer,
    }
    with ExitStack() as stack:
        server = stack.enter_context(servers[kind]())
        url = "{}:{}".format(*server.address) if isinstance(server, SmtpServer) else server.base_url
        store = open_store(f"sqlite:///{directory}/rundbrief.db", directory, BEGIN)
        stack.callback(store.close)
        subscribe(store, BEGIN, *PEOPLE)
        made = [stack.enter_context(Worker(directory, kind, url)) for _ in range(workers)]
        yield Scene(directory, store, server, made)
