"""What an SMTP server's replies mean for a delivery (RFC 5321 section 4.2, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.deliver.addresses import one_line

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
_LONGEST_REASON = 300
_CLOSING = 421
_NOT_AUTHENTICATED = frozenset({530, 534, 535, 538})
# 5.1.7 and 5.1.8 are about the sender's address; all other 5.1.x and a disabled mailbox are the recipient's.
_SENDERS_ADDRESS = frozenset({("1", "7"), ("1", "8")})
_DISABLED_MAILBOX = ("2", "1")
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer to a command."""

    code: int
    text: str

    @classmethod
    def read(cls, code: int, text: bytes) -> Reply:
        return cls(code, one_line(text.decode("utf-8", "replace"))[:_LONGEST_REASON])

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 -- the hundreds are the protocol's own words

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600  # noqa: PLR2004

    @property
    def closing(self) -> bool:
        """The server ends the connection with this reply."""
        return self.code == _CLOSING

    @property
    def wants_encryption(self) -> bool:
        """RFC 3207, section 4: 530 Must issue a STARTTLS command first."""
        return self.code in _NOT_AUTHENTICATED and "STARTTLS" in self.text.upper()

    @property
    def wants_authentication(self) -> bool:
        return self.code in _NOT_AUTHENTICATED

    @property
    def blames_address(self) -> bool:
        """Whether a permanent refusal is the recipient's address' fault: unknown, malformed, moved or disabled.

        Policy (5.7.x), a full mailbox (5.2.2) and the sender are not.  Without an enhanced code the reply to RCPT
        must tell, and "550 relaying denied" is said of servers rather than of mailboxes.
        """
        if not self.permanent:
            return False
        if found := _ENHANCED.match(self.text):
            subject, detail = found.group(2), found.group(3)
            return (subject == "1" and (subject, detail) not in _SENDERS_ADDRESS) or (
                (subject, detail) == _DISABLED_MAILBOX
            )
        return self.code in _NO_SUCH_MAILBOX and "relay" not in self.text.casefold()
