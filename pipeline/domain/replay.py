"""Messages that were rebuilt, beside those that were mailed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from pipeline.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first line (from 1) of a part of a message that is not the same; "" where there is none on one side."""

    part: str
    line: int
    mailed: str
    rebuilt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedVariant:
    """``same`` tells whether every byte is; None where it could not be rebuilt, and ``why`` not."""

    number: int
    same: bool | None
    differences: tuple[Difference, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """An issue rebuilt.

    ``proved`` counts the batches whose payload, with all of its recipients' values, has the hash that was noted before
    it was submitted; ``unproved`` the other ones that were submitted.
    """

    variants: tuple[ReplayedVariant, ...]
    proved: int
    unproved: int

    @property
    def same(self) -> bool:
        return all(one.same for one in self.variants)


def differences(mailed: Message, rebuilt: Message) -> tuple[Difference, ...]:
    """Where two messages are not the same: one difference for each part that has any."""
    return tuple(_differences(mailed, rebuilt))


def _differences(mailed: Message, rebuilt: Message) -> Iterator[Difference]:
    ours, theirs = _parts(mailed), _parts(rebuilt)
    for part in dict.fromkeys((*ours, *theirs)):
        before, after = ours.get(part, ""), theirs.get(part, "")
        if before == after:
            continue
        for number, (one, other) in enumerate(zip_longest(before.split("\n"), after.split("\n"), fillvalue=""), 1):
            if one != other:
                yield Difference(part=part, line=number, mailed=one, rebuilt=other)
                break


def _parts(message: Message) -> dict[str, str]:
    parts = {
        "From": message.from_,
        "Subject": message.subject,
        "Reply-To": message.reply_to or "",
        "Message-ID": message.message_id_domain,
        "headers": "\n".join(f"{name}: {value}" for name, value in message.headers),
        "HTML": message.html,
        "text": message.text,
    }
    return {name: text for name, text in parts.items() if text}
