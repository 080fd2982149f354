"""A message is looked over before anybody gets it: what would keep it from arriving, or from being read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pipeline.domain.message import Message
from pipeline.render.findings import Finding, Strictness
from pipeline.render.forms import CLIPPED, TRIM_ABOVE
from pipeline.render.look import Look
from pipeline.render.preflight_page import page_findings
from pipeline.render.tracking import untracked

SUBJECT_SHOWN = 60
"""Characters of a subject that most inboxes show; phones show fewer."""
SUBJECT_LONG = 150

_WAY_OUT = "unsubscribe_url"
_LEFT_OVER = re.compile(r"__S(?:LOT|UBST)_\w*")
_EMPTY_PREHEADER = re.compile(r'class="preheader"[^>]*>(?:&#847;|͏|\s|&\w+;|\u200c|\xa0)*</div>')
_HREF = re.compile(r'<a\b[^>]*\shref="(https?://[^"]+)"')
_SHOUTING = 12
# Words that SpamAssassin's and Rspamd's rules, and the lists of mail providers, count against a subject.
_TRIGGERS = re.compile(
    r"100 ?% (?:free|gratis|kostenlos)|act now|click here|jetzt zuschlagen|nur heute|risk[- ]free|viagra|casino|"
    r"make money|geld verdienen|winner|gewonnen|\$\$\$|€€€|!!|\?\?",
    re.IGNORECASE,
)


def preflight(
    message: Message, look: Look, known_fields: Collection[str], strictness: Strictness | None = None, extra: int = 0
) -> list[Finding]:
    """All findings, the worst first.

    ``known_fields`` are the merge fields that recipients have values for; ``extra`` the bytes that these add to the
    HTML at most.  A message without List-Unsubscribe is taken for a notice: it needs no way out.
    """
    found = [
        *_fields(message, known_fields),
        *_size(message, extra),
        *_way_out(message),
        *_subject(message.subject),
        *_text(message),
        *page_findings(untracked(message.html)),
        *_sender(message, look),
    ]
    return (strictness or Strictness()).levelled(found)


def _fields(message: Message, known: Collection[str]) -> Iterator[Finding]:
    for name in sorted(message.fields - set(known)):
        what = f"The merge field {name} has no value for recipients."
        yield Finding(code="merge-field", place="", what=what, mend=f"There are {', '.join(sorted(known))}.")
    parts = {"HTML": message.merge_html, "text": message.merge_text, "subject": message.merge_subject}
    for place, merge in parts.items():
        for literal in merge.parts[::2]:
            for left in _LEFT_OVER.findall(literal):
                yield Finding(code="merge-field", place=place, what=f"{left} would be mailed as it stands.")


def _size(message: Message, extra: int) -> Iterator[Finding]:
    size = len(message.html.encode("utf-8", "replace")) + extra
    mend = "Carry fewer articles, or take the template `brief`."
    if size > CLIPPED:
        what = f"{size:,} bytes of HTML: Gmail cuts off what is beyond {CLIPPED:,}, and with it the way out."
        yield Finding(code="size", place="HTML", what=what, mend=mend)
    elif size > TRIM_ABOVE:
        what = f"{size:,} bytes of HTML: Gmail cuts off what is beyond {CLIPPED:,}."
        yield Finding(code="size-near", place="HTML", what=what, mend=mend)


def _way_out(message: Message) -> Iterator[Finding]:
    headers = {name.lower(): merge for name, merge in message.merge_headers}
    if "auto-submitted" in headers:
        return
    if _WAY_OUT not in headers.get("list-unsubscribe", message.merge_subject).fields:
        what = "There is no List-Unsubscribe: Gmail and Yahoo want one in newsletters."
        yield Finding(code="unsubscribe", place="headers", what=what)
    if "list-unsubscribe-post" not in headers:
        what = "There is no List-Unsubscribe-Post: leaving would not take one click (RFC 8058)."
        yield Finding(code="unsubscribe", place="headers", what=what)
    mend = '`{{ field("unsubscribe_url") }}` is the address.'
    for place, merge in (("HTML", message.merge_html), ("text", message.merge_text)):
        if _WAY_OUT not in merge.fields:
            yield Finding(code="unsubscribe", place=place, what="There is no link to unsubscribe.", mend=mend)


def _subject(subject: str) -> Iterator[Finding]:
    if not subject.strip():
        yield Finding(code="subject-empty", place="subject", what="The message has no subject.")
    elif len(subject) > SUBJECT_LONG:
        yield Finding(code="subject-long", place="subject", what=f"It has {len(subject)} characters.")
    elif len(subject) > SUBJECT_SHOWN:
        what = f"It has {len(subject)} characters; most inboxes show {SUBJECT_SHOWN}: “{subject[:SUBJECT_SHOWN]}…”"
        yield Finding(code="subject-cut", place="subject", what=what)
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) >= _SHOUTING and subject == subject.upper() != subject.lower():
        yield Finding(code="spam-words", place="subject", what="It is all in capitals, as spam often is.")
    for trigger in dict.fromkeys(_TRIGGERS.findall(subject)):
        yield Finding(code="spam-words", place="subject", what=f"“{trigger}” is typical of spam.")


def _text(message: Message) -> Iterator[Finding]:
    if not message.text.strip():
        yield Finding(code="text-empty", place="text", what="The text part is empty.")
        return
    links = {address.replace("&amp;", "&") for address in _HREF.findall(message.html)}
    lacking = [address for address in links if address not in message.text]
    if lacking:
        what = f"{len(lacking)} of the {len(links)} links of the HTML part are not in the text, as {min(lacking)}."
        yield Finding(code="text-parity", place="text", what=what)


def _sender(message: Message, look: Look) -> Iterator[Finding]:
    if _EMPTY_PREHEADER.search(message.html):
        what = "Inboxes show nothing behind the subject: the first article has no teaser and no text."
        yield Finding(code="preheader-missing", place="HTML", what=what)
    if not look.brand.postal_address.strip():
        what = "There is no postal address: many countries want one in every newsletter."
        yield Finding(code="postal-address", place="foot", what=what, mend="Write it into `postal_address` in [brand].")
