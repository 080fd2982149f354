"""A batch as the form that Mailgun's messages API takes.

Recipient variables are Mailgun's own substitution: ``%recipient.name%`` anywhere in the form, values per address.
It knows nothing of HTML, so a field that the HTML part uses gets a second, escaped variable (``name_html``); and
it reads our articles too, so what looks like one of its variables there is broken up (`_defuse_text`, `_defuse_html`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from urllib3.filepost import choose_boundary, encode_multipart_formdata

from pipeline.deliver.addresses import are_plain_names, ascii_domain, one_line, parse_mailbox, readable_mailbox
from pipeline.deliver.providers.addressees import Addressee, addressees
from pipeline.deliver.providers.columns import changed, in_html, in_json, in_one_line
from pipeline.domain.ledger import Batch
from pipeline.domain.message import MergeText, Message
from pipeline.errors import ProviderRejected, RenderError

_HTML = "_html"
_MESSAGE_ID = "message_id"
_SUBSCRIBER = "subscriber"
_OPTIONS_LIMIT = 16 * 1024  # bytes of all o:, h: and v: parameters together
_TAG_LIMIT = 128  # characters, ASCII
# Mailgun's own variables: %recipient.x%, %recipient%, %recipient_name%, %unsubscribe_url%, %tag_unsubscribe_url% …
# None of these words begins with two hexadecimal digits, so a percent-encoded URL is never touched.
_RESERVED = re.compile(r"%(?=recipient|unsubscribe|mailing_list|tag_unsubscribe)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


class Form:
    """The form for a batch, and for parts of it.

    ``addressees`` are the recipients that can be handed over; those without a usable address and those whose address
    is in the batch already are not among them.  Raises `ProviderRejected` for what Mailgun can't be told.
    """

    def __init__(self, batch: Batch, message: Message, *, where: str, tracking: bool) -> None:
        try:
            self._letter = _letter(message, where, tracking)
            domain = ascii_domain(message.message_id_domain)
        except RenderError as error:
            raise ProviderRejected(error.what, where=error.where or where, mend=error.mend) from error
        self._own = tuple(_options(batch))
        if self._letter.options + _size(self._own) > _OPTIONS_LIMIT:
            what = "The message's own headers and options are longer than the 16 kB that Mailgun takes."
            raise ProviderRejected(what, where=where)
        self.addressees = tuple(addressees(batch, domain))

    def body(self, chosen: Sequence[Addressee]) -> tuple[bytes, str]:
        """The request's body and content type for some of the ``addressees`` that stand next to each other."""
        boundary = self._letter.boundary
        fields = [*self._own, ("v:part", part(chosen)), ("recipient-variables", self._variables(chosen))]
        rest, content_type = encode_multipart_formdata(fields, boundary)
        # A thousand fields of this one kind take longer in urllib3 than all else together.
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="to"\r\n\r\n'
        to = "".join([f"{head}{mailbox}\r\n" for mailbox in _mailboxes(chosen)])
        return b"".join((to.encode(), self._letter.encoded, rest)), content_type

    def _variables(self, chosen: Sequence[Addressee]) -> str:
        """The values by address, in JSON; written down field by field, as most of them are alike in what they need."""
        names = [_MESSAGE_ID, _SUBSCRIBER]
        # \uNNNN stays as it is in Mailgun's substitution: real characters, and no control characters in the values.
        columns = [
            in_json([one.address for one in chosen]),
            in_json(in_one_line([one.message_id for one in chosen])),
            [str(one.recipient.subscriber) for one in chosen],
        ]
        for name, plain, escaped in self._letter.wanted:
            values = in_one_line([one.recipient.fields[name] for one in chosen])
            if plain:
                names.append(name)
                columns.append(in_json(changed(values, "%", _defuse_text)))
            if escaped:
                names.append(name + _HTML)
                columns.append(in_json(changed(in_html(values), "%", _defuse_html)))
        each = '"%s":{' + ",".join([f'"{name}":"%s"' for name in names]) + "}"
        return "{" + ",".join([each % row for row in zip(*columns, strict=True)]) + "}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What all batches of a message have in common, written down once.

    ``options`` is the size of those fields that Mailgun counts as such.  ``wanted`` are the merge fields, and whether
    each is wanted plain and escaped.
    """

    boundary: str
    encoded: bytes
    options: int
    wanted: tuple[tuple[str, bool, bool], ...]


@lru_cache(maxsize=16)
def _letter(message: Message, where: str, tracking: bool) -> _Letter:  # noqa: FBT001  (a key of the cache)
    used = message.fields
    if clash := sorted(used & {_MESSAGE_ID, _SUBSCRIBER, *(name + _HTML for name in used)}):
        what = f"With Mailgun a merge field can't be called {', '.join(clash)}."
        raise ProviderRejected(what, where=where, mend="Give it another name.")
    options = tuple(_shared_options(message, tracking=tracking))
    boundary = choose_boundary()
    # A lone surrogate must not stop a mailing: it becomes a question mark, as in a message that is built here.
    fields = [(name, value.encode("utf-8", "replace")) for name, value in (*_contents(message), *options)]
    encoded, _ = encode_multipart_formdata(fields, boundary)
    plain, escaped = _plain_fields(message), message.merge_html.fields
    return _Letter(
        boundary=boundary,
        encoded=encoded.removesuffix(f"--{boundary}--\r\n".encode()),
        options=_size(options),
        wanted=tuple((name, name in plain, name in escaped) for name in sorted(used)),
    )


def _contents(message: Message) -> Iterator[tuple[str, str]]:
    yield "from", _mailbox(*parse_mailbox(message.from_))
    yield "subject", one_line(_mapped(message.merge_subject, _defuse_text))
    yield "text", _mapped(message.merge_text, _defuse_text)
    yield "html", _mapped(message.merge_html, _defuse_html, suffix=_HTML)


def _shared_options(message: Message, *, tracking: bool) -> Iterator[tuple[str, str]]:
    for kind in ("o:tracking", "o:tracking-clicks", "o:tracking-opens"):
        yield kind, "yes" if tracking else "no"
    yield "v:subscriber", f"%recipient.{_SUBSCRIBER}%"
    yield "h:Message-Id", f"<%recipient.{_MESSAGE_ID}%>"
    if message.reply_to:
        yield "h:Reply-To", _mailbox(*parse_mailbox(message.reply_to))
    for name, value in message.merge_headers:
        yield f"h:{name}", one_line(_mapped(value, _defuse_text))


def _options(batch: Batch) -> Iterator[tuple[str, str]]:
    yield "o:tag", str(batch.id)
    if tag := one_line(batch.newsletter.encode("ascii", "ignore").decode())[:_TAG_LIMIT]:
        yield "o:tag", tag
    yield "v:batch", str(batch.id)
    yield "v:issue", str(batch.issue_uid)


def _size(options: Iterable[tuple[str, str]]) -> int:
    return sum(len(name) + len(value.encode("utf-8", "replace")) for name, value in options)


def part(chosen: Sequence[Addressee]) -> str:
    """Names a part of a batch, so that one event of Mailgun's log stands for all of its recipients.

    It begins with the places in the batch of its first and its last.
    """
    people = ",".join(str(addressee.recipient.subscriber) for addressee in chosen)
    return f"{chosen[0].place}-{chosen[-1].place}-{hashlib.sha256(people.encode()).hexdigest()[:16]}"


def _plain_fields(message: Message) -> frozenset[str]:
    texts = (message.merge_subject, message.merge_text, *(text for _, text in message.merge_headers))
    return frozenset().union(*(text.fields for text in texts))


def _mapped(merge: MergeText, literal: Callable[[str], str], *, suffix: str = "") -> str:
    return "".join(
        f"%recipient.{piece}{suffix}%" if number % 2 else literal(piece) for number, piece in enumerate(merge.parts)
    )


def _defuse_text(text: str) -> str:
    """An invisible character (word joiner) keeps Mailgun from reading a variable where a text only looks like it."""
    return _RESERVED.sub(f"%{_WORD_JOINER}", text) if "%" in text else text


def _defuse_html(text: str) -> str:
    """The same in HTML, where the percent sign can be written as a character reference."""
    return _RESERVED.sub("&#37;", text) if "%" in text else text


def _mailbox(name: str, address: str) -> str:
    return readable_mailbox(_defuse_text(one_line(name)), address)


def _mailboxes(chosen: Sequence[Addressee]) -> Sequence[str]:
    names = [one.recipient.name for one in chosen]
    if are_plain_names(names):
        return [f"{name} <{one.address}>" for name, one in zip(names, chosen, strict=True)]
    return [_mailbox(one.recipient.name, one.address) for one in chosen]
