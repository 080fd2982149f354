"""uvicorn's HTTP protocol, with a short way for polls.

Polls are nearly all that a feed server is asked, and each costs little more than one ``stat``: parsing the request with
all the care of HTTP and building an ASGI scope and a task for it costs five times as much as the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.web.document import Document
from pipeline.web.polls import LONGEST_PLAIN, Poll, plain_poll

Fresh = Callable[[str], Document | None]
"""The document of a name, if it is in memory and as it was when it was read."""


class PollProtocol(HttpToolsProtocol):
    """Answers at once a plain poll of a document that is in memory; all else goes the usual way.

    A poll is plain only if a packet is the whole of it, and nothing is under way on the connection: what belongs to a
    body is never taken for a request.
    """

    def __init__(self, fresh: Fresh, *args: Any, **options: Any) -> None:  # noqa: ANN401  (uvicorn's own)
        super().__init__(*args, **options)
        self._fresh = fresh
        self._between_requests = True
        self._answered = 0.0
        self._said = b""
        self._poll: Poll | None = None
        self._shared: object = None
        self._shared_text = b""

    def data_received(self, data: bytes) -> None:
        if (
            self._between_requests
            and (self.cycle is None or self.cycle.response_complete)  # type: ignore[redundant-expr]
            and not self.flow.write_paused
            and len(data) <= LONGEST_PLAIN
            and (poll := self._poll if data == self._said else self._understood(data)) is not None
            and poll.name is not None
            and (document := self._fresh(poll.name)) is not None
        ):
            self._answer(document, poll)
        else:
            super().data_received(data)

    def _understood(self, data: bytes) -> Poll | None:
        """What was asked; a reader that keeps its connection says the same each time, to the byte."""
        self._said, self._poll = data, plain_poll(data)
        return self._poll

    def on_message_begin(self) -> None:
        self._between_requests = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._between_requests = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless there was a poll since the timer was set."""
        left = self._answered + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _answer(self, document: Document, poll: Poll) -> None:
        answer = document.remembered_answer(poll)
        end = b"connection: close\r\n\r\n" if poll.closes else b"\r\n"
        if answer.body:
            self.transport.writelines([answer.head.text + self._shared_headers() + end, answer.body])
        else:
            self.transport.write(answer.head.text + self._shared_headers() + end)
        if poll.closes:
            self.transport.close()
            return
        self._answered = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _shared_headers(self) -> bytes:
        """The headers of all answers, which is the date.  uvicorn makes a new list of them every second."""
        headers = self.server_state.default_headers
        if headers is not self._shared:
            self._shared = headers
            self._shared_text = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        return self._shared_text
