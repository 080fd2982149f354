"""The headers that tell mail clients and providers what a newsletter is: RFC 2369, RFC 2919, RFC 8058, Feedback-ID.

No Auto-Submitted (RFC 3834): a newsletter is edited, not an answer of a machine, and List-Id already keeps
auto-responders quiet.  No Precedence: it never was a standard.
"""

from __future__ import annotations

import re
from email.header import Header
from email.utils import formataddr
from hashlib import sha256
from urllib.parse import urlsplit

from pipeline.domain.message import placeholder
from pipeline.render.look import Look, VariantFacts
from pipeline.render.phrasing import one_line

_NOT_IN_LABELS = re.compile(r"[^a-z0-9-]+")


def list_headers(look: Look, facts: VariantFacts) -> tuple[tuple[str, str], ...]:
    """The values are ASCII; List-Unsubscribe carries the merge field ``unsubscribe_url``."""
    headers = [("List-Id", _list_id(look)), *way_out(look)]
    if look.archive_url:
        headers.append(("List-Archive", f"<{look.archive_url}>"))
    if look.help_url:
        headers.append(("List-Help", f"<{look.help_url}>"))
    headers.append(("Feedback-ID", _feedback_id(look, facts)))
    return tuple(headers)


def way_out(look: Look) -> tuple[tuple[str, str], ...]:
    """How to leave, by one click too (RFC 8058).  Carries the merge field ``unsubscribe_url``."""
    ways_out = [f"<{placeholder('unsubscribe_url')}>"]
    if look.unsubscribe_address:
        # A mail that says nothing of who leaves could be anybody's: the link proves it.
        ways_out.append(f"<mailto:{look.unsubscribe_address}?subject=unsubscribe:{placeholder('unsubscribe_url')}>")
    return (
        ("List-Unsubscribe", ", ".join(ways_out)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def sender_domain(look: Look) -> str:
    """A Message-ID has on its right the domain that signs the message: the sender's."""
    domain = look.from_.rpartition("@")[2].strip(" <>")
    return host(f"//{domain}") if domain else host(look.site_url)


def host(url: str) -> str:
    """The URL's host in ASCII (RFC 5890 A-labels)."""
    name = urlsplit(url).hostname or "localhost"
    return name if name.isascii() else name.encode("idna").decode("ascii")


def _list_id(look: Look) -> str:
    """RFC 2919: the title as a phrase, and a name below our own domain."""
    title, identifier = one_line(look.title), f"{_label(look.name)}.{host(look.site_url)}"
    if title.isascii():
        return formataddr((title, identifier))
    # Header splits into encoded words of at most 75 characters; mail clients find List-* best on one line.
    return f"{Header(title, 'utf-8', maxlinelen=75).encode(linesep='')} <{identifier}>"


def _feedback_id(look: Look, facts: VariantFacts) -> str:
    """Gmail's: issue, cadence, newsletter, and last a sender of 5 to 15 characters that is the same in all mail."""
    sender = sha256(host(look.site_url).encode("ascii")).hexdigest()[:12]
    return f"{facts.slot:%Y%m%dT%H%M}:{_label(facts.cadence)}:{_label(look.name)}:{sender}"


def _label(name: str) -> str:
    ascii_name = name.lower().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"})
    return _NOT_IN_LABELS.sub("-", ascii_name).strip("-") or "newsletter"
