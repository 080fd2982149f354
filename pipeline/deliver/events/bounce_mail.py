"""Mails that come back: delivery reports (RFC 3464), complaints (RFC 5965), and bounces in servers' own words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from pipeline.deliver.addresses import one_line
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.reading import reason
from pipeline.deliver.events.verp import Addressed, Verp
from pipeline.domain.event import Event, EventKind

# Where servers note whom a mail was for, the surest first.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
# Where the envelope sender of the mail that is complained about stands.
_SENDERS = ("original-mail-from", "return-path", "x-original-from")
_MOST_PARTS = 50
_LONGEST_TEXT = 20_000
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other"})
_OPT_OUT = frozenset({"opt-out", "opt-out-list", "unsubscribe"})


def read_bounce(content: bytes, verp: Verp) -> Event | None:
    """None for a mail that is about no delivery of ours, or says nothing about it: an automatic reply, a question.

    Only a signed address of ours makes a mail count: everything else in it anybody can write.
    """
    mail = message_from_bytes(content)
    parts = _parts(mail)
    about = _about(parts, verp)
    if about is None:
        return None
    said = _feedback(parts) or _status(parts) or _own_words(mail, parts)
    if said is None:
        return None
    kind, why = said
    return Event(
        id=hashlib.sha256(content).hexdigest(),
        kind=kind,
        at=_date(mail),
        number=about.issue,
        subscriber=about.subscriber,
        reason=reason(why),
    )


def _parts(mail: Message) -> list[Message]:
    found: list[Message] = []
    for part in mail.walk():
        found.append(part)
        if len(found) >= _MOST_PARTS:
            break
    return found


def _about(parts: list[Message], verp: Verp) -> Addressed | None:
    """The delivery whose address the mail was sent to, or that stands in what it returns."""
    for number, part in enumerate(parts):
        for name in _RECIPIENTS if number == 0 else _SENDERS:
            for value in part.get_all(name, ()):
                for _, address in getaddresses([str(value)]):
                    if found := verp.read(address):
                        return found
    return None


def _feedback(parts: list[Message]) -> tuple[EventKind, str] | None:
    for fields in _blocks(parts, "message/feedback-report"):
        type_ = _field(fields, "feedback-type").lower()
        if type_ in _COMPLAINTS:
            return EventKind.COMPLAINED, f"feedback report: {type_}"
        if type_ in _OPT_OUT:
            return EventKind.UNSUBSCRIBED, f"feedback report: {type_}"
    return None


def _status(parts: list[Message]) -> tuple[EventKind, str] | None:
    """Of several recipients, the one to whom the worst has happened: there was one, before somebody forwarded it."""
    found: list[tuple[int, EventKind, str]] = []
    for fields in _blocks(parts, "message/delivery-status"):
        # Some add a comment.
        action, status = _field(fields, "action").lower().partition(" ")[0], _field(fields, "status")
        said = f"{status} {_field(fields, 'diagnostic-code').partition(';')[2].strip()}".strip()
        match action:
            case "failed" | "failure" | "error":
                # After days of trying, the last answer was still "later".
                kind = (
                    EventKind.SOFT_BOUNCE
                    if status.startswith("4")
                    else bounce_kind(said, unclear=EventKind.SOFT_BOUNCE)
                )
                found.append((0, kind, said))
            case "delayed":
                found.append((1, EventKind.DEFERRED, said))
            case "delivered":
                found.append((2, EventKind.DELIVERED, said))
    if not found:
        return None
    _, kind, why = min(found, key=lambda one: one[0])
    return kind, why


def _own_words(mail: Message, parts: list[Message]) -> tuple[EventKind, str] | None:
    """Servers that don't write reports write in words of their own, which a library knows."""
    from flufl.bounce import all_failures  # noqa: PLC0415  (loads slowly)

    if any("action" in fields for fields in _blocks(parts, "message/delivery-status")):
        return None  # It is a report, of something that is no news: the mail was passed on.
    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # noqa: BLE001  (what a stranger's mail can make a parser raise is unbounded)
        return None
    if permanent:
        text = _text(parts)
        return bounce_kind(text), text[:300]
    return (EventKind.DEFERRED, "delayed") if temporary else None


def _blocks(parts: list[Message], type_: str) -> Iterator[Message]:
    """The groups of fields of a machine-readable part; some servers declare it as text, and then it is read as such."""
    for part in parts:
        if part.get_content_type() != type_:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Message))
        elif isinstance(text := part.get_payload(decode=True), bytes):
            yield from (message_from_bytes(block) for block in text.replace(b"\r\n", b"\n").split(b"\n\n"))


def _field(fields: Message, name: str) -> str:
    return one_line(str(fields.get(name, "")))


def _text(parts: list[Message]) -> str:
    for part in parts:
        if part.get_content_type() == "text/plain" and isinstance(payload := part.get_payload(decode=True), bytes):
            return one_line(payload[:_LONGEST_TEXT].decode("utf-8", "replace"))
    return ""


def _date(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail.get("date", "")))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
