"""Every provider with something like the real one behind it: what the contract suites run on.

To add one with an HTTP API, write its server (`tests/fakes/api_server.py`) and a line in ``_JSON``; another needs a
function that opens its house, in ``HOUSES``.  A provider of somebody else's is tested too where the environment's
RUNDBRIEF_HOUSE names such a function, as ``package.module:function``.
"""

from __future__ import annotations

import importlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Protocol

from pipeline.deliver.provider import Provider
from pipeline.deliver.providers.brevo import brevo
from pipeline.deliver.providers.mailersend import mailersend
from pipeline.deliver.providers.mailgun import MailgunProvider
from pipeline.deliver.providers.mailjet import mailjet
from pipeline.deliver.providers.mandrill import mandrill
from pipeline.deliver.providers.outbox import OutboxProvider
from pipeline.deliver.providers.postal import postal
from pipeline.deliver.providers.postmark import postmark
from pipeline.deliver.providers.resend import resend
from pipeline.deliver.providers.scaleway import scaleway
from pipeline.deliver.providers.sendgrid import sendgrid
from pipeline.deliver.providers.ses import ses
from pipeline.deliver.providers.smtp import SmtpProvider
from pipeline.deliver.providers.smtp2go import smtp2go
from pipeline.deliver.providers.sparkpost import sparkpost
from tests.fakes import (
    brevo_server,
    mailersend_server,
    mailjet_server,
    mandrill_server,
    postal_server,
    postmark_server,
    resend_server,
    scaleway_server,
    sendgrid_server,
    ses_server,
    smtp2go_server,
    sparkpost_server,
)
from tests.fakes.api_server import ApiServer
from tests.fakes.mailgun_server import Fault, MailgunServer
from tests.fakes.smtp_server import SmtpServer

TIMEOUT = timedelta(seconds=5)
NO_ADDRESS = "no address"


class House(Protocol):
    """A provider, and the mailboxes behind it."""

    @property
    def provider(self) -> Provider: ...

    def mail(self) -> list[EmailMessage]:
        """All messages that were accepted."""
        ...

    def refuse(self, address: str) -> str:
        """An address that is refused from now on: this one, or one that is none where the server takes everybody."""
        ...


class ApiHouse(House, Protocol):
    """One whose provider is an HTTP API."""

    @property
    def faults(self) -> deque[Fault]:
        """What happens to the next calls that submit something."""
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

    def refuse(self, address: str) -> str:
        return NO_ADDRESS


@dataclass
class SmtpHouse:
    provider: SmtpProvider
    server: SmtpServer

    def mail(self) -> list[EmailMessage]:
        return [received.message for received in self.server.received]

    def refuse(self, address: str) -> str:
        self.server.script.rcpt[address] = "550 5.1.1 No such user"
        return address


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

    def refuse(self, address: str) -> str:
        self.server.refused_addresses.add(address)
        return address

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

    def refuse(self, address: str) -> str:
        self.server.refused_addresses.add(address)
        return NO_ADDRESS if isinstance(self.server, postal_server.PostalServer) else address

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


def json_api(
    factory: Callable[..., Provider], server: Callable[[], ApiServer], key: str, **options: Any
) -> Callable[[Path], AbstractContextManager[ApiHouse]]:
    """Opens a house of the provider that the factory makes of its name, a key, an address and these options."""

    def open_house(_directory: Path) -> AbstractContextManager[ApiHouse]:
        def make(api_key: str, base_url: str) -> Provider:
            return factory(factory.__name__, api_key, base_url=base_url, timeout=TIMEOUT, **options)

        return json_house(server(), key, make)

    return open_house


def somebody_elses() -> Mapping[str, Callable[[Path], AbstractContextManager[Any]]]:
    """The house that the environment names."""
    module, _, name = os.environ.get("RUNDBRIEF_HOUSE", "").partition(":")

    def opened(directory: Path) -> AbstractContextManager[Any]:
        # Loaded when it is opened: it uses this very module.
        house: AbstractContextManager[Any] = getattr(importlib.import_module(module), name)(directory)
        return house

    return {name: opened} if module else {}


_JSON: Mapping[str, Callable[[Path], AbstractContextManager[ApiHouse]]] = {
    "postmark": json_api(postmark, postmark_server.PostmarkServer, postmark_server.TOKEN),
    "resend": json_api(resend, resend_server.ResendServer, resend_server.API_KEY),
    "sendgrid": json_api(sendgrid, sendgrid_server.SendGridServer, sendgrid_server.API_KEY, activity=True),
    "brevo": json_api(brevo, brevo_server.BrevoServer, brevo_server.API_KEY),
    "ses": json_api(
        ses,
        ses_server.SesServer,
        ses_server.SECRET_KEY,
        access_key=ses_server.ACCESS_KEY,
        region=ses_server.REGION,
        configuration_set="newsletters",
    ),
    "mailjet": json_api(
        mailjet, mailjet_server.MailjetServer, mailjet_server.API_KEY, secret_key=mailjet_server.SECRET_KEY
    ),
    "mailersend": json_api(mailersend, mailersend_server.MailerSendServer, mailersend_server.API_KEY, headers=True),
    "mandrill": json_api(mandrill, mandrill_server.MandrillServer, mandrill_server.API_KEY),
    "smtp2go": json_api(smtp2go, smtp2go_server.Smtp2GoServer, smtp2go_server.API_KEY),
    "scaleway": json_api(
        scaleway, scaleway_server.ScalewayServer, scaleway_server.API_KEY, project_id=scaleway_server.PROJECT
    ),
    "postal": json_api(postal, postal_server.PostalServer, postal_server.API_KEY),
    "sparkpost": json_api(sparkpost, sparkpost_server.SparkPostServer, sparkpost_server.API_KEY, transactional=True),
}
APIS: Mapping[str, Callable[[Path], AbstractContextManager[ApiHouse]]] = {
    "mailgun": mailgun_house,
    **_JSON,
    **somebody_elses(),
}
HOUSES: Mapping[str, Callable[[Path], AbstractContextManager[House]]] = {
    "outbox": outbox_house,
    "smtp": smtp_house,
    **APIS,
}
