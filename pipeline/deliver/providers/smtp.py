"""Any mail server that takes mail by SMTP (RFC 5321) or message submission (RFC 6409).

Each recipient gets a message and a transaction of their own; a thread keeps its connection for the next batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from pipeline.deliver import mime
from pipeline.deliver.addresses import ascii_address, parse_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.recipients import (
    in_order,
    not_an_address,
    rejected,
    require_fields,
    usable_address,
)
from pipeline.deliver.providers.smtp_session import ConnectionLost, Security, Server, Session, Verdict
from pipeline.domain.ledger import Batch, IssueId, Outcome, OutcomeKind, Recipient, SubscriberId
from pipeline.domain.message import Message
from pipeline.errors import ConfigError, Problem, ProviderError, ProviderRejected, ProviderUnavailable, RenderError

_TO_CONNECT = 8  # so many answers are waited for until a connection can be used,
_TO_DELIVER = 5  # and so many until the end of a message.
_HANDED_OVER = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.UNCERTAIN})


class SmtpProvider:
    """Hands messages to the server at ``host`` and ``port``.

    ``security`` is ``starttls`` (upgrade, never go on without), ``tls`` (from the first byte) or ``none``.
    Certificates are checked, against ``ca_file`` (PEM) where given.  ``envelope_from`` is where bounces go: the From
    address where it is not given; ``envelope_of`` gives each delivery one of its own (a test has none).  ``timeout``
    bounds each wait for the server and ``data_timeout`` the one after the end of a message, when servers scan it; who
    gives up there leaves the delivery in doubt (RFC 5321, section 4.5.3.2.6 has ten minutes).  ``max_batch`` is 1
    unless set, so that a crash leaves one delivery in doubt.
    Raises `ConfigError` where a password would cross the network in the clear.
    """

    def __init__(  # noqa: PLR0913 -- a mail server has that many settings
        self,
        name: str,
        host: str,
        port: int,
        *,
        security: Security = "starttls",
        username: str | None = None,
        password: str | None = None,
        timeout: timedelta = timedelta(seconds=30),
        data_timeout: timedelta = timedelta(minutes=2),
        local_hostname: str | None = None,
        envelope_from: str | None = None,
        envelope_of: Callable[[IssueId, SubscriberId], str] | None = None,
        ca_file: Path | None = None,
        max_batch: int = 1,
    ) -> None:
        self._name = name
        self._server = Server(
            where=f"providers.{name}",
            host=host,
            port=port,
            security=security,
            username=username,
            password=password,
            timeout=timeout,
            data_timeout=data_timeout,
            local_hostname=local_hostname,
            ca_file=ca_file,
        )
        if username is not None and security == "none" and not self._server.is_loopback:
            raise ConfigError([_password_in_clear(self._server)])
        self._envelope_from = envelope_from
        self._envelope_of = envelope_of
        self._max_batch = max_batch
        self._thread = threading.local()
        self._sessions: set[Session] = set()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        # A connection that turns out to be dead is replaced once a message.
        one = 2 * (_TO_CONNECT + _TO_DELIVER) * self._server.timeout + self._server.data_timeout
        return Capabilities(shape=Shape.MESSAGES, max_batch=self._max_batch, call_timeout=self._max_batch * one)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        """Hand each recipient's message over; see `Provider.submit`.

        Raises only while nothing is accepted or in doubt; after that, the recipients that remain are ``DEFERRED``.
        """
        require_fields(batch, message, where=self._server.where)
        sender = self._sender(message)
        outcomes: dict[int, Outcome] = {}
        rest = ""
        try:
            for index, recipient in enumerate(batch.recipients):
                outcomes[index] = self._outcome(batch, message, recipient, sender)
        except (ProviderUnavailable, ProviderRejected) as error:
            if not any(outcome.kind in _HANDED_OVER for outcome in outcomes.values()):
                raise
            rest = error.what
        return in_order(batch, outcomes, rest=rest)

    def close(self) -> None:
        """Take leave of the server on the connections of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, set()
            self._thread = threading.local()
        for session in sessions:
            session.leave()

    def _outcome(self, batch: Batch, message: Message, recipient: Recipient, sender: str) -> Outcome:
        address = usable_address(recipient)
        if address is None:
            return not_an_address(recipient)
        try:
            content = mime.build(message, recipient, batch)
        except RenderError as error:
            return rejected(recipient, str(error), address_fault=False)
        if self._envelope_of is not None and not batch.test:
            sender = self._envelope_of(batch.issue, recipient.subscriber)
        verdict = self._transact(sender, address, content)
        return Outcome(
            subscriber=recipient.subscriber,
            kind=verdict.kind,
            reason=verdict.reason,
            address_fault=verdict.address_fault,
        )

    def _transact(self, sender: str, address: str, content: bytes) -> Verdict:
        kept: Session | None = getattr(self._thread, "session", None)
        if kept is not None:
            try:
                return kept.transact(sender, address, content)
            except ConnectionLost:
                self._forget(kept)  # It was idle for too long, or has carried as much as the server wants it to.
            except ProviderError:
                self._forget(kept)
                raise
        session = Session.open(self._server)
        with self._lock:
            self._sessions.add(session)
        self._thread.session = session
        try:
            return session.transact(sender, address, content)
        except ConnectionLost as error:
            self._forget(session)
            what = f"{self._server.host} ended the connection: {error}."
            raise ProviderUnavailable(what, where=self._server.where) from error
        except ProviderError:
            self._forget(session)
            raise

    def _forget(self, session: Session) -> None:
        session.drop()
        with self._lock:
            self._sessions.discard(session)
        self._thread.session = None

    def _sender(self, message: Message) -> str:
        try:
            return ascii_address(self._envelope_from or parse_mailbox(message.from_)[1])
        except RenderError as error:
            what = f"The sender {error.where} is not an e-mail address."
            mend = "Mend the newsletter's from, or this provider's envelope_from."
            raise ProviderRejected(what, where=self._server.where, mend=mend) from error


def _password_in_clear(server: Server) -> Problem:
    return Problem(
        code="smtp-password-in-clear",
        where=f"{server.where}.security",
        what=f"The password for {server.host} would be sent without encryption.",
        mend='Use "starttls" (mostly port 587) or "tls" (mostly port 465).',
    )
