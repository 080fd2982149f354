"""Subscribers as requests and answers of the API have them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.domain.audience import SubscriptionState
from pipeline.web.api.values import Address, Language, Line, Model, Moment, Name, Paging, Topic

_PersonName = Annotated[Line, StringConstraints(max_length=100)]
_Topics = Annotated[list[Topic], Field(max_length=100)]


class SubscriberOut(Model):
    """Somebody's subscription to one newsletter."""

    id: int = Field(description="The subscription's number.")
    person: int = Field(description="The person's number, the same in all of their subscriptions.")
    address: str
    name: str
    newsletter: str
    cadence: str
    state: SubscriptionState
    topics: list[str] = Field(description="The chosen topics; empty for all.")
    language: str | None = Field(description="Null where it is left to the newsletter, as is the time zone.")
    timezone: str | None
    paused_until: Moment | None
    ended_how: str | None


class SubscriberPage(Model):
    """Subscriptions in the order of their making; ``next`` is the cursor of what follows, null at the end."""

    subscribers: list[SubscriberOut]
    next: str | None


class SubscriberQuery(Paging):
    """Which subscriptions."""

    newsletter: Name | None = None
    state: SubscriptionState | None = Field(default=None, description="Only together with `newsletter`.")


class Search(Model):
    """Whose subscriptions."""

    address: Address


class SubscriberIn(Model):
    """Somebody who wants a newsletter."""

    newsletter: Name
    address: Address
    name: _PersonName = ""
    cadence: Name | None = Field(default=None, description="One of the newsletter's; its first where absent.")
    topics: _Topics = Field(default=[])
    language: Language | None = None
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None
    confirmed: bool = Field(
        default=False,
        description="Whether you have this person's consent already, and can prove it. Without it they are asked to"
        " confirm by mail.",
    )
    consent: Annotated[str, StringConstraints(max_length=5_000)] = Field(
        default="", description="The words that they agreed to; needed where `confirmed`."
    )


class SubscriberChange(Model):
    """What is to be otherwise; what is absent stays."""

    name: _PersonName | None = None
    cadence: Name | None = None
    topics: _Topics | None = Field(default=None, description="Empty for all.")
    language: Language | None = None
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = None


class Asked(Model):
    """Somebody is asked to confirm by mail; nothing is told of what is known of them."""

    state: str = "asked"
