"""A message for a whole list: what each recipient gets of their own, its owner fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from pipeline.deliver.addresses import one_line
from pipeline.domain.ledger import Recipient
from pipeline.domain.message import MergeText, Message

Literal = Callable[[str], str]
"""Keeps text from being read as the list owner's template language."""


@dataclass(frozen=True, slots=True)
class ListMail:
    """Subject and bodies in the list owner's own language."""

    subject: str
    text: str
    html: str


def list_mail(
    message: Message, recipient: Recipient, tags: Mapping[str, str], in_text: Literal, in_html: Literal
) -> ListMail:
    """The message with the owner's ``tags`` for the merge fields that only it can fill in.

    The others are the same for everybody: they have the values that the list itself has as a recipient.
    """

    def joined(merge: MergeText, literal: Literal, quoted: Callable[[str], str] = str) -> str:
        return (
            "".join(
                tags.get(piece) or literal(quoted(one_line(recipient.fields[piece]))) if number % 2 else literal(piece)
                for number, piece in enumerate(merge.parts)
            )
            .encode("utf-8", "replace")
            .decode()
        )

    return ListMail(
        subject=one_line(joined(message.merge_subject, in_text)),
        text=joined(message.merge_text, in_text),
        html=joined(message.merge_html, in_html, escape),
    )
