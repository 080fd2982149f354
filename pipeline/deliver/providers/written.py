"""JSON documents whose largest strings are written down once for a message, and joined for each recipient."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from json.encoder import encode_basestring

from pipeline.domain.ledger import Recipient
from pipeline.domain.message import MergeText, Message

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Written:
    """A string that is JSON already, with its quotes, in UTF-8; in pieces, most of which are the same for everybody."""

    pieces: Sequence[bytes]


def written_html(message: Message, recipient: Recipient) -> Written:
    """The HTML as one recipient gets it; see `personal.personal`."""
    html, _ = _bodies(message)
    return html.join({name: escape(value) for name, value in recipient.fields.items()})


def written_text(message: Message, recipient: Recipient) -> Written:
    """The text as one recipient gets it."""
    _, text = _bodies(message)
    return text.join(recipient.fields)


def as_json(document: object) -> Iterable[bytes]:
    """A document in pieces; where it is an object, its values may be `Written`."""
    if not isinstance(document, dict) or not any(isinstance(value, Written) for value in document.values()):
        return (_plain(document),)
    pieces: list[bytes] = []
    others: dict[str, object] = {}
    for name, value in document.items():
        if not isinstance(value, Written):
            others[name] = value
            continue
        if others:
            pieces += (b",", _plain(others)[1:-1])
            others = {}
        pieces += (b",", _plain(name), b":", *value.pieces)
    if others:
        pieces += (b",", _plain(others)[1:-1])
    pieces[0] = b"{"
    return (*pieces, b"}")


def _plain(document: object) -> bytes:
    return _ENCODER.encode(document).encode()


@dataclass(frozen=True, slots=True)
class _WrittenText:
    """A text with merge fields: what is the same for everybody as JSON, in turns with the names of the fields."""

    literals: tuple[bytes, ...]
    fields: tuple[str, ...]

    def join(self, values: Mapping[str, str]) -> Written:
        parts = list(self.literals)
        parts[1::2] = [_inside(values[name]) for name in self.fields]
        return Written(parts)


@lru_cache(maxsize=16)
def _bodies(message: Message) -> tuple[_WrittenText, _WrittenText]:
    return _written(message.merge_html), _written(message.merge_text)


def _written(merge: MergeText) -> _WrittenText:
    literals = [b"" if number % 2 else _inside(part) for number, part in enumerate(merge.parts)]
    literals[0] = b'"' + literals[0]
    literals[-1] += b'"'
    return _WrittenText(tuple(literals), merge.parts[1::2])


def _inside(text: str) -> bytes:
    """What stands between the quotes; a lone surrogate, which UTF-8 has not, becomes a question mark."""
    return encode_basestring(text)[1:-1].encode("utf-8", "replace")
