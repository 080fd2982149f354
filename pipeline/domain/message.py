"""Messages: what a variant becomes when it is rendered, and what still differs per recipient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape

_PLACEHOLDER = re.compile(r"__SUBST_([a-z][a-z0-9_]*?)__")


def placeholder(field: str) -> str:
    """How a merge field is written in a rendered message; it survives inlining and quoting of URLs."""
    return f"__SUBST_{field}__"


@dataclass(frozen=True)
class MergeText:
    """Text with merge fields, split once: ``parts`` alternates literal text and field names."""

    parts: tuple[str, ...]

    @classmethod
    def split(cls, text: str) -> MergeText:
        return cls(tuple(_PLACEHOLDER.split(text)))

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.parts[1::2])

    def join(self, values: Mapping[str, str]) -> str:
        """The text for one recipient.  Raises KeyError for a field without a value."""
        parts = list(self.parts)
        parts[1::2] = [values[name] for name in self.parts[1::2]]
        return "".join(parts)


@dataclass(frozen=True)
class Message:
    """A rendered variant, the same for all of its recipients but for the merge fields.

    ``subject``, ``html``, ``text`` and the values of ``headers`` carry placeholders (`placeholder`).  ``from_``
    and ``reply_to`` are header values (RFC 5322 mailboxes).  ``headers`` are the additional ones: List-Id,
    List-Unsubscribe, List-Unsubscribe-Post, Feedback-ID and so on; never From, To, Subject, Date or Message-ID.
    ``message_id_domain`` is the right-hand side of the Message-ID, which is stable per issue and subscriber.
    """

    from_: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    reply_to: str | None = None
    message_id_domain: str = "localhost"

    @cached_property
    def merge_subject(self) -> MergeText:
        return MergeText.split(self.subject)

    @cached_property
    def merge_html(self) -> MergeText:
        return MergeText.split(self.html)

    @cached_property
    def merge_text(self) -> MergeText:
        return MergeText.split(self.text)

    @cached_property
    def merge_headers(self) -> tuple[tuple[str, MergeText], ...]:
        return tuple((name, MergeText.split(value)) for name, value in self.headers)

    @property
    def fields(self) -> frozenset[str]:
        """The merge fields that a recipient must have values for."""
        every = (self.merge_subject, self.merge_html, self.merge_text, *(text for _, text in self.merge_headers))
        return frozenset().union(*(text.fields for text in every))


def filled(message: Message, values: Mapping[str, str]) -> Message:
    """The message for one recipient, without merge fields; a value that looks like one is no field.

    Raises KeyError for a field without a value.
    """
    inert = {name: value.replace("__SUBST_", "__SUBST\u200b_") for name, value in values.items()}
    return replace(
        message,
        subject=message.merge_subject.join(inert),
        html=message.merge_html.join(html_values(inert)),
        text=message.merge_text.join(inert),
        headers=tuple((name, text.join(inert)) for name, text in message.merge_headers),
    )


def html_values(values: Mapping[str, str]) -> dict[str, str]:
    """The values as they may stand in HTML text or an attribute; only the HTML part takes them so."""
    return {name: escape(value) for name, value in values.items()}
