"""The tables [providers.NAME] of those that own the list: they mail their own subscribers, one push an issue."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import BaseUrl, Duration, EnvironmentName, Listed, Text

Number = Annotated[int, Field(ge=1)]


class ListOwner(Table):
    """What the tables of all of them have in common."""

    api_key_env: EnvironmentName
    """The environment variable that holds the API key."""

    timeout: Duration = timedelta(seconds=30)
    """How long one call may take."""


class ListmonkProvider(ListOwner):
    """listmonk, a list manager of one's own.  Its API key is the token of a user of the kind API."""

    type: Literal["listmonk"]
    username: Text
    """The name of that user."""

    lists: Annotated[tuple[Number, ...], Field(min_length=1), Listed]
    """The ids of the lists that the newsletter goes to."""

    template: Number
    """The id of a template that adds nothing: its body is `{{ template "content" . }}`."""

    base_url: BaseUrl
    """The address of the installation."""


class ButtondownProvider(ListOwner):
    """Buttondown's emails API."""

    type: Literal["buttondown"]
    base_url: BaseUrl = "https://api.buttondown.com/v1"
    """The address of the API."""


class MailchimpProvider(ListOwner):
    """Mailchimp's campaigns."""

    type: Literal["mailchimp"]
    audience: Text
    """The id of the audience that the newsletter goes to."""

    base_url: BaseUrl
    """The address of the API in the data centre that the key ends with: for `…-us19` https://us19.api.mailchimp.com."""


OWNERS = frozenset({"listmonk", "buttondown", "mailchimp"})
"""Their types."""
