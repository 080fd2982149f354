"""An SMTP server on loopback (aiosmtpd) with faults on demand, and certificates to try encryption with."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
import warnings
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Received:
    """A message that was accepted: envelope and the bytes after dot-unstuffing."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=default)


@dataclass
class Script:
    """What the server does beside accepting everything.

    Replies by command: ``greeting``, ``mail``, ``data`` (after the message); ``rcpt`` by address.  ``cut_after_data``
    breaks the connection instead of answering, after having kept the message or not; ``cut_at_mail`` so many times
    at MAIL, as a server does that has closed an idle connection.  ``wait`` seconds before the answer to a message.
    """

    greeting: str | None = None
    mail: deque[str] = field(default_factory=deque)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: deque[str] = field(default_factory=deque)
    cut_after_data: bool = False
    cut_at_mail: int = 0
    keep: bool = True
    wait: float = 0.0


class SmtpServer:
    """``with SmtpServer() as server: …``; ``received`` is what it accepted, ``connections`` how often it was called."""

    def __init__(
        self,
        *,
        script: Script | None = None,
        users: Mapping[str, str] | None = None,
        certificate: Certificate | None = None,
        tls: bool = False,
        smtputf8: bool = True,
    ) -> None:
        self.script = script or Script()
        self.received: list[Received] = []
        self.connections = 0
        self.logins: list[str] = []
        self.encrypted = False
        self._users = users or {}
        context = certificate.server_context() if certificate else None
        self._implicit_tls = context if tls else None
        self._starttls = None if tls else context
        self._smtputf8 = smtputf8
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> asyncio.Server:
        return await self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=self._implicit_tls)

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a login without encryption, which on loopback is meant
            return _Smtp(
                self,
                hostname="localhost",
                enable_SMTPUTF8=self._smtputf8,
                tls_context=self._starttls,
                require_starttls=self._starttls is not None,
                authenticator=self._authenticate if self._users else None,
                auth_require_tls=self._starttls is not None,
                auth_required=bool(self._users),
                loop=self._loop,
            )

    async def handle_MAIL(  # noqa: N802 -- the hook's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        self.encrypted = session.ssl is not None
        if self.script.cut_at_mail:
            self.script.cut_at_mail -= 1
            _cut(server)
            return "421 4.4.2 Gone"
        if self.script.mail:
            return self.script.mail.popleft()
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Fine"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if reply := self.script.rcpt.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.script.wait)
        if self.script.data:
            return self.script.data.popleft()
        if self.script.keep:
            content = cast("bytes", envelope.original_content)
            for recipient in envelope.rcpt_tos:
                self.received.append(Received(envelope.mail_from or "", recipient, content))
        if self.script.cut_after_data:
            _cut(server)
        return "250 2.0.0 Queued as 1"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        name = data.login.decode()
        self.logins.append(name)
        return AuthResult(success=self._users.get(name) == data.password.decode(), handled=False)


class _Smtp(SMTP):
    """Says what the script wants at the greeting."""

    async def push(self, status: Any) -> None:
        greeting = self.event_handler.script.greeting
        if greeting and isinstance(status, str) and status.startswith("220 localhost"):
            await super().push(greeting)
            _cut(self)
            return
        await super().push(status)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost, made by the openssl command."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, directory: Path) -> Certificate:
        made = cls(directory / "certificate.pem", directory / "key.pem")
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-keyout", str(made.key), "-out", str(made.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        return made

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def _cut(server: SMTP) -> None:
    transport = server.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()
