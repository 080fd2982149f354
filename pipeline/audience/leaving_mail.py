"""Mail by which somebody leaves: what their mail program writes when it follows our ``mailto:`` (RFC 2369)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header

# The subject that our List-Unsubscribe asks for ends in the link of the page; mail programs fold it as they like.
_LINK = re.compile(r"unsubscribe:\s*https?://.*/unsubscribe/([A-Za-z0-9_-]+)$")
_LONGEST_SUBJECT = 2_000


def leaving_token(content: bytes) -> str | None:
    """The token of the subscription that a mail ends; None for any other mail.

    Only the mail's own subject counts: reports on mail that came back have our link in them, too.
    """
    try:
        subject = str(message_from_bytes(content).get("subject", ""))[:_LONGEST_SUBJECT]
        text = str(make_header(decode_header(subject)))
    except Exception:  # noqa: BLE001  (what a stranger's mail can make a parser raise is unbounded)
        return None
    found = _LINK.search("".join(text.split()))
    return found[1] if found else None
