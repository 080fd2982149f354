"""[alerts]: who is told when something is wrong, how, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Duration, EmailAddress, EnvironmentName, Listed, MailboxText, Name

Least = Literal["warning", "critical"]


class AlertMail(Table):
    """[alerts.mail]: by mail, through one of the providers."""

    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=20), Listed]
    """The addresses of those who look after it; each gets a message of their own."""

    from_: MailboxText = Field(alias="from")
    """Who it is from: `Name <address>`; the provider has to know that domain."""

    provider: Name
    """The provider that carries it; one that no newsletter depends on still works when theirs does not."""

    least: Least = "warning"
    """`"critical"`: only what affects readers."""


class AlertWebhook(Table):
    """[alerts.webhook]: as JSON to an address, as Slack and Mattermost take it."""

    url_env: EnvironmentName
    """The environment variable that holds the address; whoever knows such an address can post there."""

    allow_private: bool = False
    """Whether it may be in your own network."""

    least: Least = "warning"
    """`"critical"`: only what affects readers."""


class AlertApprise(Table):
    """[alerts.apprise]: by one of the services that the library Apprise knows."""

    urls_env: EnvironmentName
    """The environment variable that holds Apprise's addresses, with spaces between them."""

    least: Least = "warning"
    """`"critical"`: only what affects readers."""


class Alerts(Table):
    """[alerts]: who is told when something is wrong."""

    mail: AlertMail | None = None
    """A table [alerts.mail]: by mail."""

    webhook: AlertWebhook | None = None
    """A table [alerts.webhook]: to a chat, or a program of yours."""

    apprise: AlertApprise | None = None
    """A table [alerts.apprise]: by other services; needs the extra `rundbrief[apprise]`."""

    repeat: Duration = timedelta(days=1)
    """How long until it is told again that something is still wrong."""

    held_after: Duration = timedelta(hours=12)
    """How long mailing, or an issue, may be on hold before it was perhaps forgotten."""

    late_after: Duration = timedelta(hours=6)
    """How long after it was made an issue may still have something to do."""

    source_after: Duration = timedelta(days=1)
    """How long a source may fail."""

    @property
    def on(self) -> bool:
        """Whether anybody is told."""
        return any((self.mail, self.webhook, self.apprise))
