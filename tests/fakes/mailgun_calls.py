"""What Mailgun makes of a call: its form, its recipients, and the message that each of them gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, getaddresses
from urllib.parse import parse_qsl

ADDRESS = re.compile(r"[^\s<>(),;:\\\"@]+@[^\s<>(),;:\\\"@.]+(\.[^\s<>(),;:\\\"@.]+)+")
_PLAIN_MAILBOX = re.compile(r'(?:"?([^"<>,\\]*?)"? *<([^<>\s,]+)>|([^<>\s,"]+))')
_VARIABLE = re.compile(r"%recipient\.([^%\s]+)%", re.IGNORECASE)
_OWN = re.compile(r"%(?:recipient|(?:tag_|mailing_list_)?unsubscribe)[\w]*%", re.IGNORECASE)
_POLICY = SMTP.clone(max_line_length=998)


@dataclass(frozen=True)
class Call:
    """An accepted call: its form, its recipients in order (address and mailbox), and their variables."""

    form: Sequence[tuple[str, str]]
    recipients: Sequence[tuple[str, str]]
    variables: Mapping[str, Mapping[str, str]]

    def first(self, name: str) -> str:
        return next((value for key, value in self.form if key == name), "")

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.form if key == name]

    def render(self, text: str, address: str) -> str:
        """As Mailgun substitutes: known variables in one pass, unknown ones stay, its own ones become something."""
        values = self.variables.get(address, {})
        return _OWN.sub(
            "[mailgun's own]",
            _VARIABLE.sub(lambda found: str(values.get(found.group(1), found.group(0))), text),
        )

    def message(self, address: str, mailbox: str) -> EmailMessage:
        """The message that this recipient gets."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.render(self.first("from"), address)
        message["To"] = mailbox
        message["Subject"] = self.render(self.first("subject"), address)
        message["Date"] = formatdate(0)
        for name, value in self.form:
            if name.startswith("h:"):
                message[name.removeprefix("h:")] = self.render(value, address)
        message.set_content(self.render(self.first("text"), address))
        message.add_alternative(self.render(self.first("html"), address), subtype="html")
        return message


def mailboxes_in(value: str) -> Iterator[tuple[str, str]]:
    if found := _PLAIN_MAILBOX.fullmatch(value):
        yield value, found.group(2) or found.group(3)
        return
    for name, address in getaddresses([value]):
        yield (str(Address(name, addr_spec=address)) if ADDRESS.fullmatch(address) else value), address


def parse_form(body: bytes, content_type: str) -> list[tuple[str, str]]:
    if not content_type.startswith("multipart/form-data"):
        return parse_qsl(body.decode(), keep_blank_values=True)
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    fields = []
    for piece in body.split(b"--" + boundary)[1:-1]:
        head, _, value = piece[2:-2].partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        fields.append((name.decode(), value.decode()))
    return fields
