"""Every provider with something like the real one behind it: what the contract suites run on.

To add one, write its server (`tests/fakes/api_server.py`) and a function here that opens the house, and name it in
``HOUSES`` and, if it is an HTTP API, in ``APIS``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Protocol

from pipeline.deliver.provider import Provider
from pipeline.deliver.providers.brevo import brevo
from pipeline.deliver.providers.mailgun import MailgunProvider
from pipeline.deliver.providers.outbox import OutboxProvider
from pipeline.deliver.providers.postmark import postmark
from pipeline.deliver.providers.resend import resend
from pipeline.deliver.providers.sendgrid import sendgrid
from pipeline.deliver.providers.smtp import SmtpProvider
from tests.fakes import brevo_server, postmark_server, resend_server, sendgrid_server
from tests.fakes.api_server import ApiServer
from tests.fakes.brevo_server import BrevoServer
from tests.fakes.mailgun_server import Fault, MailgunServer
from tests.fakes.postmark_server import PostmarkServer
from tests.fakes.resend_server import ResendServer
from tests.fakes.sendgrid_server import SendGridServer
from tests.fakes.smtp_server import SmtpServer

TIMEOUT = timedelta(seconds=5)


class House(Protocol):
    """A provider, and the mailboxes behind it."""

    @property
    def provider(self) -> Provider: ...

    def mail(self) -> list[EmailMessage]:
        """All messages that were accepted."""
        ...

    def refuse(self, address: str) -> None:
        """From now on this address is refused."""
        ...


class ApiHouse(House, Protocol):
    """One whose provider is an HTTP API."""

    @property
    def faults(self) -> deque[Fault]:
        """What happens to the next requests."""
        ...

    @property
    def submissions(self) -> int:
        """How many calls were made that submit something, whatever became of them."""
        ...

    def limit(self, size: int) -> None:
        """From now on a call may have so many bytes."""
        ...

    def another(self, *, api_key: str | None = None, base_url: str | None = None) -> Provider:
        """The provider again, with another key or at another address."""
        ...


@dataclass
class OutboxHouse:
    provider: OutboxProvider
    directory: Path

    def mail(self) -> list[EmailMessage]:
        return [read(path.read_bytes()) for path in sorted((self.directory / "new").iterdir())]

    def refuse(self, address: str) -> None:
        """Only what is no address is refused here; see the test."""


@dataclass
class SmtpHouse:
    provider: SmtpProvider
    server: SmtpServer

    def mail(self) -> list[EmailMessage]:
        return [received.message for received in self.server.received]

    def refuse(self, address: str) -> None:
        self.server.script.rcpt[address] = "550 5.1.1 No such user"


@dataclass
class MailgunHouse:
    provider: Provider
    server: MailgunServer

    @property
    def faults(self) -> deque[Fault]:
        return self.server.faults

    @property
    def submissions(self) -> int:
        return self.server.requests

    def mail(self) -> list[EmailMessage]:
        return [read(message.as_bytes()) for _, message in self.server.messages]

    def refuse(self, address: str) -> None:
        self.server.refused_addresses.add(address)

    def limit(self, size: int) -> None:
        self.server.largest_body = size

    def another(self, *, api_key: str | None = None, base_url: str | None = None) -> Provider:
        return MailgunProvider(
            "mailgun",
            "mg.example.org",
            api_key or self.server.api_key,
            base_url=base_url or self.server.base_url,
            timeout=TIMEOUT,
        )


Make = Callable[[str, str], Provider]
"""Makes a provider for a key and an address."""


@dataclass
class JsonHouse:
    """A house with an `ApiServer`."""

    provider: Provider
    server: ApiServer
    make: Make
    key: str

    @property
    def faults(self) -> deque[Fault]:
        return self.server.faults

    @property
    def submissions(self) -> int:
        return len(self.server.calls)

    def mail(self) -> list[EmailMessage]:
        return [read(message.as_bytes()) for _, message in self.server.accepted]

    def refuse(self, address: str) -> None:
        self.server.refused_addresses.add(address)

    def limit(self, size: int) -> None:
        self.server.largest_body = size

    def another(self, *, api_key: str | None = None, base_url: str | None = None) -> Provider:
        return self.make(api_key or self.key, base_url or self.server.base_url)


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


@contextmanager
def outbox_house(directory: Path) -> Iterator[House]:
    yield OutboxHouse(OutboxProvider("outbox", directory / "outbox"), directory / "outbox")


@contextmanager
def smtp_house(_directory: Path) -> Iterator[House]:
    with SmtpServer() as server:
        provider = SmtpProvider(
            "smtp", "127.0.0.1", server.port, security="none", local_hostname="localhost", max_batch=50
        )
        yield SmtpHouse(provider, server)
        provider.close()


@contextmanager
def mailgun_house(_directory: Path) -> Iterator[ApiHouse]:
    with MailgunServer() as server:
        provider = MailgunProvider(
            "mailgun", "mg.example.org", server.api_key, base_url=server.base_url, timeout=TIMEOUT
        )
        yield MailgunHouse(provider, server)
        provider.close()


@contextmanager
def json_house(server: ApiServer, key: str, make: Make) -> Iterator[ApiHouse]:
    with server:
        provider = make(key, server.base_url)
        yield JsonHouse(provider, server, make, key)
        provider.close()


def postmark_house(_directory: Path) -> AbstractContextManager[ApiHouse]:
    def make(key: str, base_url: str) -> Provider:
        return postmark("postmark", key, base_url=base_url, timeout=TIMEOUT)

    return json_house(PostmarkServer(), postmark_server.TOKEN, make)


def resend_house(_directory: Path) -> AbstractContextManager[ApiHouse]:
    def make(key: str, base_url: str) -> Provider:
        return resend("resend", key, base_url=base_url, timeout=TIMEOUT)

    return json_house(ResendServer(), resend_server.API_KEY, make)


def sendgrid_house(_directory: Path) -> AbstractContextManager[ApiHouse]:
    def make(key: str, base_url: str) -> Provider:
        return sendgrid("sendgrid", key, base_url=base_url, timeout=TIMEOUT, activity=True)

    return json_house(SendGridServer(), sendgrid_server.API_KEY, make)


def brevo_house(_directory: Path) -> AbstractContextManager[ApiHouse]:
    def make(key: str, base_url: str) -> Provider:
        return brevo("brevo", key, base_url=base_url, timeout=TIMEOUT)

    return json_house(BrevoServer(), brevo_server.API_KEY, make)


APIS: Mapping[str, Callable[[Path], AbstractContextManager[ApiHouse]]] = {
    "mailgun": mailgun_house,
    "postmark": postmark_house,
    "resend": resend_house,
    "sendgrid": sendgrid_house,
    "brevo": brevo_house,
}
HOUSES: Mapping[str, Callable[[Path], AbstractContextManager[House]]] = {
    "outbox": outbox_house,
    "smtp": smtp_house,
    **APIS,
}
