"""The tables [providers.NAME]: who takes the mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import BaseUrl, Duration, EmailAddress, EnvironmentName, FilePath, Text

PerSecond = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class OutboxProvider(Table):
    """A Maildir on this machine: nothing leaves it."""

    type: Literal["outbox"]
    directory: FilePath = Path("outbox")
    """The Maildir; it is made where it doesn't exist."""


class SmtpProvider(Table):
    """A mail server."""

    type: Literal["smtp"]
    host: Text
    """Its name or address."""

    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port: usually 587 with starttls, 465 with tls, 25 with none."""

    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted: after STARTTLS, from the start, or not at all."""

    username: Text | None = None
    """The name to log in with; without one there is no log-in."""

    password_env: EnvironmentName | None = None
    """The environment variable that holds the password."""

    envelope_from: EmailAddress | None = None
    """The address that bounces go to (SMTP's MAIL FROM); if absent, the address of the newsletter's sender."""

    timeout: Duration = timedelta(seconds=30)
    """How long one answer of the server may take."""


class ApiProvider(Table):
    """What the tables of all providers with an HTTP API have in common."""

    api_key_env: EnvironmentName
    """The environment variable that holds the API key."""

    per_second: PerSecond | None = None
    """At most so many recipients a second; if absent, as fast as it goes."""

    max_batch: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The most recipients a call; if absent, as many as the provider takes."""

    timeout: Duration = timedelta(seconds=30)
    """How long one call may take."""


class MailgunProvider(ApiProvider):
    """Mailgun's messages API."""

    type: Literal["mailgun"]
    domain: Text
    """The sending domain as it is called at Mailgun."""

    base_url: BaseUrl = "https://api.mailgun.net"
    """The address of the API: the region (https://api.eu.mailgun.net), a proxy, or a test."""


class PostmarkProvider(ApiProvider):
    """Postmark's batch API.  Its API key is the server's token."""

    type: Literal["postmark"]
    stream: Text = "broadcast"
    """The message stream that newsletters go by."""

    base_url: BaseUrl = "https://api.postmarkapp.com"
    """The address of the API."""


class ResendProvider(ApiProvider):
    """Resend's batch API."""

    type: Literal["resend"]
    base_url: BaseUrl = "https://api.resend.com"
    """The address of the API."""


class SendGridProvider(ApiProvider):
    """SendGrid's v3 mail API."""

    type: Literal["sendgrid"]
    base_url: BaseUrl = "https://api.sendgrid.com"
    """The address of the API: the region (https://api.eu.sendgrid.com), a proxy, or a test."""

    activity: bool = False
    """Whether the account has the Email Activity add-on, so that a batch in doubt can be looked up in its log."""


class BrevoProvider(ApiProvider):
    """Brevo's transactional API."""

    type: Literal["brevo"]
    base_url: BaseUrl = "https://api.brevo.com"
    """The address of the API."""


Provider = Annotated[
    OutboxProvider
    | SmtpProvider
    | MailgunProvider
    | PostmarkProvider
    | ResendProvider
    | SendGridProvider
    | BrevoProvider,
    Field(discriminator="type"),
]
PROVIDERS: dict[str, type[Table]] = {
    "outbox": OutboxProvider,
    "smtp": SmtpProvider,
    "mailgun": MailgunProvider,
    "postmark": PostmarkProvider,
    "resend": ResendProvider,
    "sendgrid": SendGridProvider,
    "brevo": BrevoProvider,
}
