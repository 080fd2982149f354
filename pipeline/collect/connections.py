"""Connections for fetching: to addresses that were checked, and never past the request's deadline.

urllib3's time-outs are for one read each, so a server that drips a byte a second holds a request for ever, even in its
headers.  These sockets know when the whole request must be over.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from pipeline.collect.addresses import Connect, Endpoint
from pipeline.collect.hosts import AT_ONCE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Finder = Callable[[str, int], Sequence[Endpoint]]
"""Says where a host and port are; raises OSError or `pipeline.errors.SourceError`."""

_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Within this block, in this thread, connecting and reading end after that time with a TimeoutError."""
    # A stop watch, not the time of day: that is the caller's `now`.
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def postponed_deadline() -> Iterator[None]:
    """The time that this block takes doesn't count."""
    before = time.monotonic()
    try:
        yield
    finally:
        _deadline.set(_deadline.get() + time.monotonic() - before)


def remaining() -> float:
    """The seconds that are left.  Raises TimeoutError where none are."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _TimedSocket(socket.socket):
    """A socket whose reads end at the deadline."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(remaining())
        return super().recv_into(buffer, nbytes, flags)


class _TimedTLSSocket(ssl.SSLSocket):
    """The same over TLS."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(remaining())
        return super().recv_into(buffer, nbytes, flags)


class _CheckedConnection(HTTPConnection):
    """Connects to an address that was checked; the name stays in Host, SNI and the certificate's check."""

    find: Finder
    reach: Connect

    def _new_conn(self) -> socket.socket:
        try:
            found = self.find(self.host.strip("[]"), self.port or self.default_port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        failure: OSError = OSError("it has no address")
        for endpoint in found:
            try:
                return self._connected(endpoint)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from failure
        raise NewConnectionError(self, failure.strerror or str(failure)) from failure

    def _connected(self, endpoint: Endpoint) -> socket.socket:
        connected = _TimedSocket(endpoint.family, socket.SOCK_STREAM)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            limit = self.timeout if isinstance(self.timeout, int | float) else remaining()
            connected.settimeout(min(limit, remaining()))
            self.reach(connected, endpoint.sockaddr)
        except BaseException:
            connected.close()
            raise
        return connected


@cache
def _tls_context(ca_file: str) -> ssl.SSLContext:
    # Shared, because reading certifi's file takes 20 ms.
    context = create_urllib3_context()
    context.sslsocket_class = _TimedTLSSocket
    context.load_verify_locations(ca_file)
    return context


def _pool_classes(finder: Finder, connect: Connect) -> dict[str, Any]:
    class Plain(_CheckedConnection):
        find = staticmethod(finder)
        reach = staticmethod(connect)

    class TLS(_CheckedConnection, HTTPSConnection):
        find = staticmethod(finder)
        reach = staticmethod(connect)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TLSPool(HTTPSConnectionPool):
        ConnectionCls = TLS

    return {"http": PlainPool, "https": TLSPool}


class CheckedAdapter(HTTPAdapter):
    """A transport of requests that connects to what ``finder`` returns, and to nothing else.

    ``ca_file`` holds the certificates that are trusted, in PEM; without it, those that certifi ships.  ``connect``
    connects a socket to an address.
    """

    def __init__(self, finder: Finder, *, ca_file: str | None = None, connect: Connect = socket.socket.connect) -> None:
        self._classes = _pool_classes(finder, connect)
        self._context = _tls_context(ca_file or certifi.where())
        super().__init__(max_retries=0, pool_maxsize=AT_ONCE)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:  # noqa: ANN401, FBT001, FBT002 - as in requests
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=self._context, **pool_kwargs
        )
        self.poolmanager.pool_classes_by_scheme = self._classes

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401, ARG002 - as in requests
        """Certificates are always checked, by the context; certifi's file isn't read again for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"
