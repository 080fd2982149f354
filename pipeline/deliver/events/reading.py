"""What all readers of foreign JSON need: values of the expected type or none, times, and ids of ours."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.deliver.addresses import one_line
from pipeline.deliver.event import Unreadable
from pipeline.domain.event import Event, EventKind
from pipeline.domain.ledger import SubscriberId

Document = Mapping[str, Any]

_LONGEST_REASON = 500
_LONGEST_RAW = 4_000
_LONGEST_ID = 200
_LARGEST_SUBSCRIBER = 2**63 - 1
# The Message-ID of a message of ours: the issue's uid and the subscriber, or of a test.
_MESSAGE_ID = re.compile(r"<?([0-9a-f-]{36})\.(\d{1,19})@[^@>\s]*>?")
_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse(body: bytes | str) -> Any:  # noqa: ANN401  (any JSON)
    """Raises `Unreadable`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON") from error


def parse_object(body: bytes | str) -> Document:
    """Raises `Unreadable`."""
    document = parse(body)
    if not isinstance(document, dict):
        raise Unreadable("it is no JSON object")
    return document


def parse_objects(body: bytes | str) -> Sequence[Document]:
    """The objects of an array, or the only one.  Raises `Unreadable`."""
    found = parse(body)
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(item, dict) for item in items):
        raise Unreadable("it is no JSON array of objects")
    return items


def part(document: Document, *path: str) -> Document:
    """The object at a path; empty where there is none."""
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def text(document: Document, *names: str) -> str:
    """The first of these values that is a text or a number, as text; "" where none is."""
    for name in names:
        value = document.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


def reason(*parts: str) -> str:
    """A reason for people, on one line, of the parts that say anything."""
    return one_line(" ".join(filter(None, parts)))[:_LONGEST_REASON]


def moment(value: object) -> datetime | None:
    """A time: seconds since 1970, as a number or a text, or ISO 8601 (without a zone: UTC)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
        except ValueError:
            return None
        try:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            return None
    return None


def our_uid(value: object) -> uuid.UUID | None:
    """A batch's or an issue's."""
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def our_subscriber(value: object) -> SubscriberId | None:
    number = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (number.isascii() and number.isdecimal()) or not 0 <= int(number[:20]) <= _LARGEST_SUBSCRIBER:
        return None
    return SubscriberId(int(number))


def from_message_id(message_id: str) -> tuple[uuid.UUID | None, SubscriberId | None]:
    """The issue and the subscriber that a Message-ID of ours names."""
    found = _MESSAGE_ID.fullmatch(message_id)
    return (our_uid(found[1]), our_subscriber(found[2])) if found else (None, None)


def made_id(*parts: object) -> str:
    """An id for an event that has none: the same for the same parts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()[:40]


def event(
    id_: str,
    kind: EventKind,
    *,
    ours: Document,
    raw: Document,
    at: datetime | None,
    recipient: str,
    message_id: str = "",
    why: str = "",
    **more: Any,  # noqa: ANN401  (fields of Event)
) -> Event:
    """An event whose message carried ``ours``: ``batch``, ``issue`` and ``subscriber``, as far as they are there.

    What they leave open, the Message-ID may tell.
    """
    issue, subscriber = from_message_id(message_id)
    return Event(
        id=id_ if 0 < len(id_) <= _LONGEST_ID else made_id(id_, kind, at, recipient, message_id),
        kind=kind,
        at=at,
        recipient=recipient.strip(),
        batch=our_uid(ours.get("batch")),
        issue=our_uid(ours.get("issue")) or issue,
        subscriber=our_subscriber(ours.get("subscriber")) if "subscriber" in ours else subscriber,
        message_id=message_id.strip("<>"),
        reason=reason(why),
        raw=kept(raw) if kind is EventKind.UNKNOWN else "",
        **more,
    )


def kept(raw: Document) -> str:
    """An event as it is kept where it isn't understood."""
    return json.dumps(raw, ensure_ascii=False, default=str)[:_LONGEST_RAW]
