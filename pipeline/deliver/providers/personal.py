"""A message as one recipient gets it, in the parts that APIs take it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.deliver.addresses import one_line
from pipeline.domain.ledger import Recipient
from pipeline.domain.message import Message, html_values


@dataclass(frozen=True, slots=True)
class Personal:
    """Subject, bodies and additional headers (one line each), every merge field filled in."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


def personal(message: Message, recipient: Recipient) -> Personal:
    """Raises KeyError for a merge field without a value (`recipients.require_fields` asks before).

    A lone surrogate, which JSON can't carry as UTF-8, becomes a question mark.
    """
    fields = recipient.fields
    return Personal(
        subject=personal_subject(message, recipient),
        text=_utf8(message.merge_text.join(fields)),
        html=_utf8(message.merge_html.join(html_values(fields))),
        headers=personal_headers(message, recipient),
    )


def personal_subject(message: Message, recipient: Recipient) -> str:
    """The subject alone.  Raises KeyError for a merge field without a value."""
    return one_line(message.merge_subject.join(recipient.fields))


def personal_headers(message: Message, recipient: Recipient) -> dict[str, str]:
    """The additional headers alone.  Raises KeyError for a merge field without a value."""
    return {name: one_line(value.join(recipient.fields)) for name, value in message.merge_headers}


def person(name: str, address: str) -> dict[str, str]:
    """A mailbox as many APIs take it; without a name where there is none."""
    name = one_line(name)
    return {"email": address, "name": name} if name else {"email": address}


def not_ascii(headers: Mapping[str, str]) -> str | None:
    """The name of a header that a provider which takes only ASCII can't be given."""
    return next((name for name, value in headers.items() if not value.isascii()), None)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
