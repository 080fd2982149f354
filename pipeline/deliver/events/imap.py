"""A mailbox on a server, by IMAP (RFC 3501)."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.deliver.event import Letter
from pipeline.deliver.events.maildir import LARGEST_MAIL

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_AT_ONCE = 500
_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class ImapMailbox:
    """See `pipeline.deliver.event.Mailbox`.  Mails stay in ``folder``, as seen ones.

    ``security`` is ``tls`` (from the first byte), ``starttls`` (never without) or ``none``; certificates are checked,
    against ``ca_file`` (PEM) where given.
    """

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: Path | None = None
    _connection: imaplib.IMAP4 | None = None

    def unread(self) -> Iterator[Letter]:
        """At most some hundred; the next time brings the others."""
        try:
            connection = self._connected()
            _expect(connection.select(_quoted(self.folder)))
            found = _expect(connection.uid("SEARCH", "UNSEEN"))
            for uid in (found[0] or b"").split()[:_AT_ONCE]:
                yield Letter(uid.decode("ascii"), self._content(connection, uid.decode("ascii")))
        except imaplib.IMAP4.error as error:
            raise OSError(f"the mail server says: {error}") from error

    def mark_read(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        try:
            _expect(self._connected().uid("STORE", ",".join(keys), "+FLAGS", "(\\Seen)"))
        except imaplib.IMAP4.error as error:
            raise OSError(f"the mail server says: {error}") from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.logout()
            except (imaplib.IMAP4.error, OSError):
                connection.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        if self._connection is None:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.security == "tls":
                made: imaplib.IMAP4 = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=_SECONDS)
            else:
                made = imaplib.IMAP4(self.host, self.port, timeout=_SECONDS)
            try:
                if self.security == "starttls":
                    made.starttls(context)
                made.login(self.username, self.password)
            except BaseException:
                made.shutdown()
                raise
            self._connection = made
        return self._connection

    def _content(self, connection: imaplib.IMAP4, uid: str) -> bytes | None:
        size = _SIZE.search(b"".join(_octets(_expect(connection.uid("FETCH", uid, "(RFC822.SIZE)")))))
        if size is None or int(size[1]) > LARGEST_MAIL:
            return None
        for item in _expect(connection.uid("FETCH", uid, "(BODY.PEEK[])")):
            if isinstance(item, tuple):
                return bytes(item[1])
        return None


def _expect(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(" ".join(part.decode("utf-8", "replace") for part in _octets(data)))
    return data


def _octets(data: Sequence[Any]) -> Iterator[bytes]:
    for item in data:
        if isinstance(item, bytes):
            yield item
        elif isinstance(item, tuple):
            yield bytes(item[0])


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
