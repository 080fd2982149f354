"""The HTTP server: uvicorn in a thread of this process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from functools import partial
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.types import ASGIApp

from pipeline.errors import PipelineError
from pipeline.web.protocol import Fresh, PollProtocol

_BACKLOG = 1024
_GRACE = 5
_KEEP_ALIVE = 20


def _nothing(_record: logging.LogRecord) -> bool:
    return False


class ServerError(PipelineError):
    """The web server can't be started."""

    code = "web"


class WebServer:
    """Serves an ASGI app from `start` to `stop`.  It sets no signal handlers: those are the command's.

    Addresses are not logged, since some of them are secrets.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, *, fresh: Fresh = lambda _poll: None) -> None:
        """``port`` 0 takes a free one.  ``fresh`` gives documents that polls are answered with past the app."""
        self._listener: socket.socket | None = None
        # Beside `access_log=False`, which holds only as long as nobody gives uvicorn's logger a handler.
        logging.getLogger("uvicorn.access").addFilter(_nothing)
        # What it complains of are requests that are none: anybody could fill the log with them.  What goes wrong in the
        # app, the app logs.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            app,
            loop="uvloop",
            # uvicorn asks for a class, and only calls it.
            http=cast("type[asyncio.Protocol]", partial(PollProtocol, fresh)),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @classmethod
    def on(cls, app: ASGIApp, listener: socket.socket, *, fresh: Fresh = lambda _poll: None) -> Self:
        """One that takes connections from this socket, and leaves it open for the next."""
        host, port = listener.getsockname()[:2]
        server = cls(app, host, port, fresh=fresh)
        server._listener = listener
        return server

    @property
    def url(self) -> str:
        """The address that it listens at, once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Listen and serve; connections are taken from when this returns.  Raises `ServerError`."""
        self._socket = self._listener.dup() if self._listener else listen_at(self._host, self._port)
        self._port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web")
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, finish those under way (5 s at most), and return.  May be called more than once."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        if self._socket is not None:
            self._socket.close()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def listen_at(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.  Raises `ServerError`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        mend = "Is another `rundbrief serve` running?  `listen` in [web] sets the address."
        raise ServerError(f"can't listen: {reason}.", where=f"{host}:{port}", mend=mend) from error
