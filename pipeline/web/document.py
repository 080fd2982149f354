"""A published document as HTTP gives it, and what polls of it are answered (RFC 9110, sections 12.5.3 and 13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from pipeline.web.conditional import accepted_coding, matching_tag, unmodified
from pipeline.web.polls import Poll

Stamp = tuple[int, int, int, int]
RawHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of an answer, made once: as ASGI takes it, and as HTTP/1.1 has it, up to where other headers follow."""

    status: int
    headers: RawHeaders
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A document's bytes in one content coding (None: as they are), under a strong ETag of their own.

    ``whole`` and ``unchanged`` are the heads of a 200 and of a 304.
    """

    coding: str | None
    body: bytes
    etag: str
    whole: Head
    unchanged: Head


@dataclass(frozen=True, slots=True)
class Answer:
    """What a poll is answered."""

    head: Head
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file in all of its forms, the best first.  ``stamp`` identifies the state of the file."""

    stamp: Stamp
    forms: tuple[Form, ...]
    modified: datetime
    modified_text: str
    # Polls are kept by `pipeline.web.polls`, so many of all documents together: what it forgets is forgotten here too.
    _answers: WeakKeyDictionary[Poll, Answer] = field(
        default_factory=WeakKeyDictionary, init=False, compare=False, repr=False
    )

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return sum(len(form.body) for form in self.forms)

    def remembered_answer(self, poll: Poll) -> Answer:
        """The `answer` to a poll that comes again."""
        found = self._answers.get(poll)
        if found is None:
            found = self._answers[poll] = self.answer(poll)
        return found

    def answer(self, poll: Poll) -> Answer:
        coding = accepted_coding(poll.accept_encoding, tuple([form.coding for form in self.forms if form.coding]))
        best = next(form for form in self.forms if form.coding == coding)
        if poll.if_none_match:
            # The reader has it under any form's ETag, whichever form it would get now: the content is the same.
            tag = matching_tag(poll.if_none_match, (best.etag, *[form.etag for form in self.forms]))
            if tag is not None:
                return Answer(next(form.unchanged for form in self.forms if form.etag == tag))
        elif poll.if_modified_since is not None and self._is_unmodified(poll.if_modified_since):
            return Answer(best.unchanged)
        return Answer(best.whole, b"" if poll.head_only else best.body)

    def _is_unmodified(self, since: str) -> bool:
        return since == self.modified_text or unmodified(since, self.modified)
