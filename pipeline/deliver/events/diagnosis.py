"""Whether a final refusal is the address' fault, by what the server said (RFC 3463, RFC 5321)."""

from __future__ import annotations

import re

from pipeline.domain.event import EventKind

_ENHANCED = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_MAILBOX = re.compile(
    r"user (is )?unknown|unknown user|no such (user|mailbox|recipient|address)|does(n't| not) exist"
    r"|(address|recipient|mailbox|user)[^.]{0,40} (not found|unknown|invalid|disabled|inactive)"
    r"|invalid (recipient|mailbox|address)|no mailbox|account (is )?(disabled|inactive|closed)",
    re.IGNORECASE,
)
# 5.1.7 and 5.1.8 are about the sender's address; 5.4.4 means that the domain takes no mail; 5.x.0 says nothing.
_NOT_THE_RECIPIENT = frozenset({"7", "8"})
_DISABLED = ("2", "1")
_NO_ROUTE = ("4", "4")


def bounce_kind(said: str, *, unclear: EventKind = EventKind.HARD_BOUNCE) -> EventKind:
    """Hard if the address is the cause, soft if it is policy, content, a full mailbox or the sender.

    ``unclear`` is for answers that don't tell.
    """
    # Of several codes the last is the one that the refusing server itself gave.
    codes = [(found[1], found[2]) for found in _ENHANCED.finditer(said)]
    code = codes[-1] if codes else None
    if code is not None and code[1] != "0":
        subject, detail = code
        hard = (subject == "1" and detail not in _NOT_THE_RECIPIENT) or code in (_DISABLED, _NO_ROUTE)
        return EventKind.HARD_BOUNCE if hard else EventKind.SOFT_BOUNCE
    return EventKind.HARD_BOUNCE if _NO_SUCH_MAILBOX.search(said) else unclear
