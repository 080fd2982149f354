"""A message for one recipient as RFC 5322 bytes: multipart/alternative, text first, UTF-8 in quoted-printable.

What recipients share is encoded once per message; per recipient only the merge fields are, and joined in.
Each stretch of a body, literal or value, is quoted-printable of its own and starts on a line of its own behind a
soft line break, so that no value has to be found again inside encoded text and no line grows past 76 characters.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from pipeline.deliver.addresses import ascii_domain, mailbox, one_line, parse_mailbox
from pipeline.domain.ledger import Batch, Recipient
from pipeline.domain.message import MergeText, Message, html_values
from pipeline.errors import RenderError

_LINE_LIMIT = 998
_QP_LIMIT = 76
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_URL_CHARACTERS = "".join(map(chr, range(0x20, 0x7F)))
_NEVER_HERE = frozenset({"from", "to", "subject", "date", "message-id", "content-type", "mime-version"})
_TEXT, _HTML = "text", "html"


@dataclass(frozen=True, slots=True)
class _Frame:
    """A message with holes: ``pieces`` joined are the bytes once each hole (index, kind, name) is filled."""

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, str, str], ...]
    message_id_domain: str


def build(message: Message, recipient: Recipient, batch: Batch) -> bytes:
    """The message for this recipient; the same bytes in every attempt.

    Lines end in CRLF and are at most 998 bytes.  The bytes are ASCII, but for the To line of an address whose local
    part is not (RFC 6532).  Raises `RenderError` for an address that can't stand in a header or a merge field
    without a value.
    """
    frame = _frame(message)
    name = f"{batch.issue_uid}.{recipient.subscriber}"
    if batch.test:
        # A mail client hides a second message with the same id: tests must not hide the real one, nor each other.
        name = f"test.{batch.id}.{recipient.subscriber}"
    values = {
        "to": f"To: {mailbox(recipient.name, recipient.address)}\r\n".encode(),
        "date": _date(batch.date),
        "message-id": f"Message-ID: <{name}@{frame.message_id_domain}>\r\n".encode("ascii"),
        # Quoted-printable never has "=_", so that no body can contain its boundary (RFC 2045, section 6.7).
        "boundary": f"=_{name}".encode("ascii"),
    }
    fields = recipient.fields
    escaped = html_values(fields)
    pieces = list(frame.pieces)
    try:
        for index, kind, key in frame.holes:
            if kind == _TEXT:
                pieces[index] = _value(fields[key])
            elif kind == _HTML:
                pieces[index] = _value(escaped[key])
            elif kind:
                pieces[index] = _header(kind, _merge(key).join(fields))
            else:
                pieces[index] = values[key]
    except KeyError as error:
        raise RenderError(
            f"The merge field {error} has no value.", where=f"recipient {recipient.subscriber}"
        ) from error
    return b"".join(pieces)


class _Builder:
    """Collects the pieces of a frame."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.holes: list[tuple[int, str, str]] = []

    def put(self, literal: bytes) -> None:
        self.pieces.append(literal)

    def hole(self, kind: str, key: str) -> None:
        self.holes.append((len(self.pieces), kind, key))
        self.pieces.append(b"")

    def header(self, name: str, value: str) -> None:
        merge = MergeText.split(value)
        if merge.fields:
            self.hole(name, value)
        else:
            self.put(_header(name, value))

    def body(self, kind: str, subtype: str, merge: MergeText) -> None:
        self.put(b"--")
        self.hole("", "boundary")
        self.put(
            f'\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
        )
        for number, part in enumerate(merge.parts):
            if number % 2:
                self.hole(kind, part)
            elif number < len(merge.parts) - 1:
                self.put(_soft_end(_quoted_printable(part)))
            else:
                self.put(_quoted_printable(part))
        self.put(b"\r\n")


@lru_cache(maxsize=16)
def _frame(message: Message) -> _Frame:
    domain = ascii_domain(message.message_id_domain)
    if not _DOMAIN.fullmatch(domain):
        raise RenderError("This can't be the domain of a Message-ID.", where=message.message_id_domain)
    frame = _Builder()
    frame.put(f"From: {mailbox(*parse_mailbox(message.from_))}\r\n".encode())
    frame.hole("", "to")
    frame.header("Subject", message.subject)
    frame.hole("", "date")
    frame.hole("", "message-id")
    if message.reply_to:
        frame.put(f"Reply-To: {mailbox(*parse_mailbox(message.reply_to))}\r\n".encode())
    for name, value in message.headers:
        if name.lower() in _NEVER_HERE:
            raise RenderError("This header is not a message's to set.", where=name)
        frame.header(name, value)
    frame.put(b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="')
    frame.hole("", "boundary")
    frame.put(b'"\r\n\r\n')
    frame.body(_TEXT, "plain", message.merge_text)
    frame.body(_HTML, "html", message.merge_html)
    frame.put(b"--")
    frame.hole("", "boundary")
    frame.put(b"--\r\n")
    return _Frame(tuple(frame.pieces), tuple(frame.holes), domain)


@lru_cache(maxsize=64)
def _merge(text: str) -> MergeText:
    return MergeText.split(text)


@lru_cache(maxsize=64)
def _date(date: datetime) -> bytes:
    return f"Date: {format_datetime(date)}\r\n".encode("ascii")


def _header(name: str, value: str) -> bytes:
    """One header line.  Only Subject and its like are folded and encoded: mail clients look for the URL of
    List-Unsubscribe as it stands, and hide their button when it is folded or an encoded word.
    """
    value = one_line(value)
    if name.lower().startswith("list-"):
        line = f"{name}: {quote(value, safe=_URL_CHARACTERS)}\r\n"
    else:
        charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
        folded = Header(value, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")
        line = f"{name}: {folded}\r\n"
    if max(map(len, line.split("\r\n"))) > _LINE_LIMIT:
        raise RenderError(f"This header is longer than {_LINE_LIMIT} characters.", where=name)
    return line.encode("ascii")


def _quoted_printable(text: str) -> bytes:
    """RFC 2045, section 6.7: lines of at most 76 characters that end in CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    return binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")


def _soft_end(encoded: bytes) -> bytes:
    """Ends the line softly: what follows starts at the first column, and a reader sees no break."""
    if not encoded or encoded.endswith(b"\r\n"):
        return encoded
    if len(encoded) - encoded.rfind(b"\n") - 1 >= _QP_LIMIT:
        # A full line has no room for the "=": its last character (an escape has three) goes to the next.
        last = 3 if encoded[-3:-2] == b"=" else 1
        encoded = encoded[:-last] + b"=\r\n" + encoded[-last:]
    return encoded + b"=\r\n"


def _value(text: str) -> bytes:
    return _soft_end(_quoted_printable(text))
