"""One content and values per recipient, for providers that substitute: what stands where a merge field is.

Providers know nothing of HTML, so a field that the HTML part uses has a second, escaped value under a name of its own.
They also substitute in what only looks like a variable of theirs, so the names are such as no article has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.deliver.addresses import one_line
from pipeline.domain.ledger import Recipient
from pipeline.domain.message import MergeText, Message, html_values

Variable = Callable[[str], str]
"""How a provider writes the variable of that name."""

_HTML = "_html"


@dataclass(frozen=True, slots=True)
class Merged:
    """A message with variables in it.  ``plain`` and ``escaped``: the fields that each kind of value is needed of."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    plain: frozenset[str]
    escaped: frozenset[str]

    def values(self, recipient: Recipient) -> dict[str, str]:
        """The value of each variable for one recipient, by its name."""
        fields = recipient.fields
        values = {name: one_line(fields[name]) for name in sorted(self.plain)}
        for name, value in html_values({name: one_line(fields[name]) for name in sorted(self.escaped)}).items():
            values[name + _HTML] = value
        return values


def merged(message: Message, variable: Variable, literal: Callable[[str], str] = str) -> Merged:
    """The message with a ``variable`` for each merge field; ``literal`` keeps what lies between from being one."""

    def mapped(merge: MergeText, suffix: str = "") -> str:
        pieces = (
            variable(piece + suffix) if number % 2 else literal(piece) for number, piece in enumerate(merge.parts)
        )
        return "".join(pieces).encode("utf-8", "replace").decode()

    headers = {name: one_line(mapped(value)) for name, value in message.merge_headers}
    plain = (message.merge_subject, message.merge_text, *(value for _, value in message.merge_headers))
    return Merged(
        subject=one_line(mapped(message.merge_subject)),
        text=mapped(message.merge_text),
        html=mapped(message.merge_html, _HTML),
        headers=headers,
        plain=frozenset().union(*(value.fields for value in plain)),
        escaped=message.merge_html.fields,
    )
