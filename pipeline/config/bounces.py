"""The table [bounces]: what mail that can't be delivered leads to, and where it comes back to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Duration, EnvironmentName, FilePath, Text


class Bounces(Table):
    """[bounces]: what happens to addresses that mail does not reach."""

    soft_limit: Annotated[int, Field(ge=1, le=1000)] = 5
    """In how many issues an address may bounce softly, without a delivery since, until it gets no more mail."""

    soft_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How many days back soft bounces count."""

    keep_days: Annotated[int, Field(ge=7, le=3650)] = 180
    """How many days events are kept one by one; after that, only an issue's numbers are."""

    maildir: FilePath | None = None
    """The Maildir that bounces of mail by SMTP are delivered into."""

    imap: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$")] | None = None
    """The server of the mailbox that they are delivered into, instead of a Maildir: `mail.example.org`."""

    security: Literal["tls", "starttls", "none"] = "tls"
    """How the connection to it is encrypted: from the start (port 993), after STARTTLS (port 143), or not at all."""

    username: Text | None = None
    """The name to log in with."""

    password_env: EnvironmentName | None = None
    """The environment variable that holds the password."""

    folder: Text = "INBOX"
    """The folder that is read."""

    every: Duration = timedelta(minutes=5)
    """How often it is looked into."""
