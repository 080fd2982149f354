"""The tables [providers.NAME]: who takes the mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from pipeline.config.budgeted import Budgeted
from pipeline.config.list_owners import ButtondownProvider, ListmonkProvider, MailchimpProvider
from pipeline.config.table import Table
from pipeline.config.values import BaseUrl, Duration, EmailAddress, EnvironmentName, FilePath, Frozen, Text


class OutboxProvider(Table):
    """A Maildir on this machine: nothing leaves it."""

    type: Literal["outbox"]
    directory: FilePath = Path("outbox")
    """The Maildir; it is made where it doesn't exist."""


class SmtpProvider(Budgeted):
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

    verp: bool = False
    """Whether each delivery has an envelope address of its own, so that [bounces] knows whose a bounce is."""

    ca_file: FilePath | None = None
    """The authority (PEM) that the server's certificate is of; if absent, those that this machine trusts."""

    timeout: Duration = timedelta(seconds=30)
    """How long one answer of the server may take."""


class ApiProvider(Budgeted):
    """What the tables of all providers with an HTTP API have in common."""

    api_key_env: EnvironmentName
    """The environment variable that holds the API key."""

    webhook_secret_env: EnvironmentName | None = None
    """The environment variable that holds the secret, or the key, by which its webhook is known to be genuine."""

    timeout: Duration = timedelta(seconds=30)
    """How long one call may take."""


class BatchProvider(ApiProvider):
    """Those of which one call takes many recipients."""

    max_batch: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The most recipients a call; if absent, as many as the provider takes."""


class MailgunProvider(BatchProvider):
    """Mailgun's messages API."""

    type: Literal["mailgun"]
    domain: Text
    """The sending domain as it is called at Mailgun."""

    base_url: BaseUrl = "https://api.mailgun.net"
    """The address of the API: the region (https://api.eu.mailgun.net), a proxy, or a test."""

    poll_events: Duration | None = None
    """How often its log is asked for events, where it can't post them to a webhook."""


class PostmarkProvider(BatchProvider):
    """Postmark's batch API.  Its API key is the server's token."""

    type: Literal["postmark"]
    stream: Text = "broadcast"
    """The message stream that newsletters go by."""

    base_url: BaseUrl = "https://api.postmarkapp.com"
    """The address of the API."""


class ResendProvider(BatchProvider):
    """Resend's batch API."""

    type: Literal["resend"]
    base_url: BaseUrl = "https://api.resend.com"
    """The address of the API."""


class SendGridProvider(BatchProvider):
    """SendGrid's v3 mail API."""

    type: Literal["sendgrid"]
    base_url: BaseUrl = "https://api.sendgrid.com"
    """The address of the API: the region (https://api.eu.sendgrid.com), a proxy, or a test."""

    activity: bool = False
    """Whether the account has the Email Activity add-on, so that a batch in doubt can be looked up in its log."""


class BrevoProvider(BatchProvider):
    """Brevo's transactional API."""

    type: Literal["brevo"]
    base_url: BaseUrl = "https://api.brevo.com"
    """The address of the API."""


class SesProvider(BatchProvider):
    """Amazon SES, version 2.  Its API key is the secret of an access key."""

    type: Literal["ses"]
    access_key_env: EnvironmentName
    """The environment variable that holds the access key's id."""

    session_token_env: EnvironmentName | None = None
    """The environment variable that holds the session token of temporary credentials."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    """The region that the account sends from."""

    configuration_set: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """The configuration set that events come by."""

    webhook_topic: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w-]+$")] | None = None
    """The ARN of the SNS topic that they come by."""

    base_url: BaseUrl | None = None
    """The address of the API; if absent, that of the region."""


class MailjetProvider(BatchProvider):
    """Mailjet's Send API, version 3.1.  Its API key is the public one of the two keys."""

    type: Literal["mailjet"]
    secret_key_env: EnvironmentName
    """The environment variable that holds the private key."""

    base_url: BaseUrl = "https://api.mailjet.com"
    """The address of the API: the region (https://api.us.mailjet.com), a proxy, or a test."""


class MailerSendProvider(BatchProvider):
    """MailerSend's bulk API."""

    type: Literal["mailersend"]
    headers: bool = False
    """Whether the account's plan has custom headers, without which newsletters can't go by MailerSend."""

    base_url: BaseUrl = "https://api.mailersend.com/v1"
    """The address of the API."""


class MandrillProvider(ApiProvider):
    """Mandrill (Mailchimp Transactional)."""

    type: Literal["mandrill"]
    base_url: BaseUrl = "https://mandrillapp.com/api/1.0"
    """The address of the API."""


class Smtp2GoProvider(BatchProvider):
    """SMTP2GO's batch API."""

    type: Literal["smtp2go"]
    base_url: BaseUrl = "https://api.smtp2go.com/v3"
    """The address of the API: the region (https://eu-api.smtp2go.com/v3), a proxy, or a test."""


class ScalewayProvider(ApiProvider):
    """Scaleway's Transactional Email.  Its API key is the secret of a key of IAM."""

    type: Literal["scaleway"]
    project_id: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")]
    """The id of the project that has the sending domain."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]{3}$")] = "fr-par"
    """The region of the API."""

    base_url: BaseUrl = "https://api.scaleway.com"
    """The address of the API."""


class PostalProvider(ApiProvider):
    """Postal, a mail server of one's own.  Its API key is a credential of the kind API."""

    type: Literal["postal"]
    base_url: BaseUrl
    """The address of the installation."""


class SparkPostProvider(BatchProvider):
    """SparkPost's transmissions API."""

    type: Literal["sparkpost"]
    transactional: bool = False
    """Whether mail is marked as transactional, without which SparkPost replaces our List-Unsubscribe by its own."""

    base_url: BaseUrl = "https://api.sparkpost.com"
    """The address of the API: the region (https://api.eu.sparkpost.com), a proxy, or a test."""


class OwnProvider(Budgeted):
    """A provider of somebody else's making."""

    type: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$")]
    options: Annotated[Mapping[str, Any], *Frozen] = Field(default_factory=dict)
    """What its maker wants to be told.  A key that ends in `_env` names an environment variable that holds a secret."""


PROVIDERS: dict[str, type[Table]] = {
    "outbox": OutboxProvider,
    "smtp": SmtpProvider,
    "mailgun": MailgunProvider,
    "postmark": PostmarkProvider,
    "resend": ResendProvider,
    "sendgrid": SendGridProvider,
    "brevo": BrevoProvider,
    "ses": SesProvider,
    "mailjet": MailjetProvider,
    "mailersend": MailerSendProvider,
    "mandrill": MandrillProvider,
    "smtp2go": Smtp2GoProvider,
    "scaleway": ScalewayProvider,
    "postal": PostalProvider,
    "sparkpost": SparkPostProvider,
    "listmonk": ListmonkProvider,
    "buttondown": ButtondownProvider,
    "mailchimp": MailchimpProvider,
}
_OWN = ":"


def _kind(table: object) -> str | None:
    """Which of the tables it is, by its type."""
    if not isinstance(table, Mapping | Table):
        return "outbox"  # whose complaint is that this is no table
    type_ = table.get("type") if isinstance(table, Mapping) else getattr(table, "type", None)
    return _OWN if isinstance(type_, str) and _OWN in type_ else type_ if isinstance(type_, str) else None


Provider = Annotated[
    Annotated[OutboxProvider, Tag("outbox")]
    | Annotated[SmtpProvider, Tag("smtp")]
    | Annotated[MailgunProvider, Tag("mailgun")]
    | Annotated[PostmarkProvider, Tag("postmark")]
    | Annotated[ResendProvider, Tag("resend")]
    | Annotated[SendGridProvider, Tag("sendgrid")]
    | Annotated[BrevoProvider, Tag("brevo")]
    | Annotated[SesProvider, Tag("ses")]
    | Annotated[MailjetProvider, Tag("mailjet")]
    | Annotated[MailerSendProvider, Tag("mailersend")]
    | Annotated[MandrillProvider, Tag("mandrill")]
    | Annotated[Smtp2GoProvider, Tag("smtp2go")]
    | Annotated[ScalewayProvider, Tag("scaleway")]
    | Annotated[PostalProvider, Tag("postal")]
    | Annotated[SparkPostProvider, Tag("sparkpost")]
    | Annotated[ListmonkProvider, Tag("listmonk")]
    | Annotated[ButtondownProvider, Tag("buttondown")]
    | Annotated[MailchimpProvider, Tag("mailchimp")]
    | Annotated[OwnProvider, Tag(_OWN)],
    Discriminator(_kind),
]
