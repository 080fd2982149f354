"""One authenticated connection to an SMTP server, and the transactions on it.

What a broken connection means depends on where it broke: before the dot that ends the message the server can't have
accepted it (`ConnectionLost`), after that dot it may have (``UNCERTAIN``).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pipeline.deliver.providers.smtp_replies import Reply
from pipeline.domain.ledger import OutcomeKind
from pipeline.errors import ProviderRejected, ProviderUnavailable

Security = Literal["starttls", "tls", "none"]

_LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")
_GO_ON = 354


class ConnectionLost(Exception):
    """The connection broke, or the server ended it, when the message surely was not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect and how.  ``where`` is the provider's key path in the configuration, for errors."""

    where: str
    host: str
    port: int
    security: Security
    username: str | None
    password: str | None
    timeout: timedelta
    data_timeout: timedelta
    local_hostname: str | None
    ca_file: Path | None

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one message: an outcome that has no recipient yet."""

    kind: OutcomeKind
    reason: str
    address_fault: bool = False


class Session:
    """An open connection; not for use by two threads at a time."""

    def __init__(self, server: Server, connection: smtplib.SMTP) -> None:
        self._server = server
        self._connection = connection

    @classmethod
    def open(cls, server: Server) -> Session:
        """Connect, encrypt and authenticate.

        Raises `ProviderUnavailable` where it may go better later, `ProviderRejected` where somebody has to act.
        """
        place = f"{server.host}:{server.port}"
        connection: smtplib.SMTP | None = None
        try:
            connection = _connect(server)
            connection.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                connection.starttls(context=_context(server))
                connection.ehlo_or_helo_if_needed()  # What was said in the clear is forgotten (RFC 3207, 4.2).
            if server.username is not None:
                connection.login(server.username, server.password or "")
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            if connection is not None:
                connection.close()
            raise _refusal(server, place, error) from error
        return cls(server, connection)

    def transact(self, sender: str, address: str, content: bytes) -> Verdict:
        """Hand one message over.  ``content`` has CRLF line ends.

        Raises `ConnectionLost`, and `ProviderRejected` when it is the sender whom the server refuses.
        """
        options = []
        if not (sender + address).isascii():
            if not self._connection.has_extn("smtputf8"):
                return Verdict(OutcomeKind.REJECTED, "The mail server takes no addresses beyond ASCII.", True)
            options.append("SMTPUTF8")
        if self._connection.has_extn("size"):
            options.append(f"SIZE={len(content)}")
        reply = self._ask(f"MAIL FROM:<{sender}>" + "".join(f" {option}" for option in options))
        if not reply.positive:
            if reply.permanent:
                raise self._sender_refused(sender, reply)
            return self._given_up(reply)
        reply = self._ask(f"RCPT TO:<{address}>")
        if not reply.positive:
            if reply.wants_authentication:
                raise self._sender_refused(sender, reply)
            return self._given_up(reply)
        reply = self._ask("DATA")
        if reply.code != _GO_ON:
            return self._given_up(reply)
        return self._send(content)

    def leave(self) -> None:
        """Say QUIT and close; a connection that is gone is no news."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._connection.quit()
        self._connection.close()

    def drop(self) -> None:
        """Close without a word."""
        self._connection.close()

    def _ask(self, command: str) -> Reply:
        try:
            # Only a command to a server that has SMTPUTF8 goes beyond ASCII.
            self._connection.send(f"{command}\r\n".encode())
            reply = Reply.read(*self._connection.getreply())
        except (OSError, smtplib.SMTPException) as error:
            raise ConnectionLost(_words(error)) from error
        if reply.closing:
            raise ConnectionLost(str(reply))
        return reply

    def _send(self, content: bytes) -> Verdict:
        stuffed = _LINE_STARTS_WITH_DOT.sub(b"..", content)
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        try:
            self._connection.send(stuffed)
        except (OSError, smtplib.SMTPException) as error:
            raise ConnectionLost(_words(error)) from error
        try:
            # In a write of its own: without the dot the server has no message, from here on it may have one.
            self._connection.send(b".\r\n")
            self._wait(self._server.data_timeout)
            reply = Reply.read(*self._connection.getreply())
            self._wait(self._server.timeout)
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            return Verdict(
                OutcomeKind.UNCERTAIN, f"The server did not answer after the end of the message: {_words(error)}"
            )
        if reply.positive:
            return Verdict(OutcomeKind.ACCEPTED, str(reply))
        return self._given_up(reply, reset=False)

    def _given_up(self, reply: Reply, *, reset: bool = True) -> Verdict:
        if reset:
            try:
                self._ask("RSET")
            except ConnectionLost:
                self.drop()  # The next transaction finds out and connects anew; this one has its answer.
        if reply.permanent:
            return Verdict(OutcomeKind.REJECTED, str(reply), reply.blames_address)
        return Verdict(OutcomeKind.DEFERRED, str(reply))

    def _wait(self, longest: timedelta) -> None:
        if self._connection.sock is not None:
            self._connection.sock.settimeout(longest.total_seconds())

    def _sender_refused(self, sender: str, reply: Reply) -> ProviderRejected:
        if reply.wants_encryption:
            what = f"{self._server.host} takes mail only by an encrypted connection: {reply}."
            return ProviderRejected(what, where=self._server.where, mend='Set security to "starttls".')
        if reply.wants_authentication:
            what = f"{self._server.host} takes mail only from who has logged in: {reply}."
            return ProviderRejected(what, where=self._server.where, mend="Set username and password_env.")
        return ProviderRejected(
            f"{self._server.host} refuses the sender {sender}: {reply}.",
            where=self._server.where,
            mend="Use a From address that this server may send for, or set envelope_from.",
        )


def _connect(server: Server) -> smtplib.SMTP:
    timeout = server.timeout.total_seconds()
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(
            server.host, server.port, server.local_hostname, timeout=timeout, context=_context(server)
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, server.local_hostname, timeout=timeout)
    if connection.sock is not None:
        # The dot goes alone: with Nagle's algorithm it would wait for the acknowledgement of what came before.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _context(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)


def _refusal(server: Server, place: str, error: Exception) -> ProviderUnavailable | ProviderRejected:
    """What a failure before the first transaction means.  Nothing was accepted in any of them."""
    match error:
        case smtplib.SMTPResponseException():
            return _reply_refusal(server, place, error)
        case smtplib.SMTPNotSupportedError() if server.security == "starttls" and "STARTTLS" in str(error):
            what = f"{place} does not offer STARTTLS."
            mend = 'Set security = "tls", or the port for submission (mostly 587).'
        case smtplib.SMTPServerDisconnected():
            return ProviderUnavailable(f"{place} ended the connection: {_words(error)}.", where=server.where)
        case smtplib.SMTPException() | UnicodeError():
            what = f"{place} offers no login that fits: {_words(error)}."
            mend = "Check port, security, username, and that the password is ASCII."
        case ssl.SSLCertVerificationError():
            what = f"The certificate of {place} is not to be trusted: {error.verify_message}."
            mend = "Check host; for a server with a certificate of your own, name its authority in ca_file."
        case ssl.SSLError():
            what = f"No encrypted connection to {place}: {error.reason or error}."
            mend = "Check that port and security belong together."
        case _:
            return ProviderUnavailable(f"No connection to {place}: {_words(error)}.", where=server.where)
    return ProviderRejected(what, where=server.where, mend=mend)


def _reply_refusal(
    server: Server, place: str, error: smtplib.SMTPResponseException
) -> ProviderUnavailable | ProviderRejected:
    reply = Reply.read(error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")
    if not reply.permanent:
        return ProviderUnavailable(f"{place} says: {reply}.", where=server.where)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        mend = "Check username and the variable that password_env names."
        return ProviderRejected(f"{place} refuses the login: {reply}.", where=server.where, mend=mend)
    mend = "Ask its operator why, or set another host."
    return ProviderRejected(f"{place} refuses to talk: {reply}.", where=server.where, mend=mend)


def _words(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return (said or type(error).__name__).rstrip(".")
