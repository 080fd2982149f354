"""The types of the values in config.toml: what is written there, what it becomes, and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    WrapSerializer,
)

from pipeline.config import addresses, times
from pipeline.config.mistake import mistake, text
from pipeline.config.nearest import did_you_mean

ALL: Final = "all"
IMMEDIATE: Final = "immediate"

# A change of direction that isn't undone turns round what follows in mail and pages.
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)


def language(value: object) -> str:
    """A BCP 47 tag, in its usual spelling (``de-AT``)."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    tag = text(value, "de")
    mend = "Write a BCP 47 tag, for example `de`, `de-AT` or `en`."
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise mistake(f'"{tag}" is no language.', mend) from error
    spelt = "-".join(filter(None, (locale.language, locale.script, locale.territory)))
    if not _LANGUAGE.fullmatch(tag):
        raise mistake(f'"{tag}" is no language tag.', f"Did you mean `{spelt}`?")
    return spelt


def _one_line(value: str) -> str:
    if _NO_LINE.search(value):
        raise mistake("holds control characters, such as the end of a line or a change of direction.", "Remove them.")
    return value


def backlog(value: object) -> int | Literal["all"]:
    """``"none"`` is 0."""
    if value == "none":
        return 0
    if value == ALL:
        return ALL
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    meant = did_you_mean(value, ("none", ALL)) if isinstance(value, str) else ""
    raise mistake(
        "is no backlog.", meant or 'Write "none", "all" or the number of the newest articles that mail may carry.'
    )


def cadence(value: object) -> str | None:
    """``true`` (articles at once) is None, all else a cron expression."""
    return None if value is True else times.cron(value)


def _cadence_text(value: str | None) -> str | bool:
    return True if value is None else value


def _serialise(value: Mapping[str, Any], serialise: SerializerFunctionWrapHandler) -> object:
    return serialise(dict(value))


Frozen = (AfterValidator(MappingProxyType), WrapSerializer(_serialise))
"""What makes a mapping read-only."""

Listed = Field(strict=False)
"""What lets a TOML array become a tuple; the items stay strict."""


def _schema(**keywords: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **keywords})


_CRON_PATTERN = r"^\s*\S+(\s+\S+){4}\s*$"
_AS_TEXT = PlainSerializer(str, when_used="json")

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=128)]
Text = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]
Topics = Annotated[tuple[Text, ...], Listed]
MediaType = Annotated[str, Field(pattern=r"^(\*|[a-z]+(/(\*|[a-z0-9][a-z0-9.+-]*))?)$", max_length=128)]
Names = Annotated[tuple[Name, ...], Listed]

Duration = Annotated[
    timedelta,
    BeforeValidator(times.duration),
    PlainSerializer(times.duration_text, when_used="json"),
    _schema(pattern=r"^\s*(\d+\s*[A-Za-z]+\s*)+$", examples=["10 minutes", "90s", "6 hours", "2 days"]),
]
Cron = Annotated[
    str, BeforeValidator(times.cron), _schema(pattern=_CRON_PATTERN, examples=["*/15 * * * *", "0 7 * * 1"])
]
Cadence = Annotated[
    str | None,
    BeforeValidator(cadence),
    PlainSerializer(_cadence_text, when_used="json"),
    WithJsonSchema({"anyOf": [{"const": True}, {"type": "string", "pattern": _CRON_PATTERN}]}),
]
Zone = Annotated[ZoneInfo, BeforeValidator(times.zone), _AS_TEXT, _schema(examples=["Europe/Berlin", "UTC"])]
Language = Annotated[str, BeforeValidator(language), _schema(examples=["de", "de-AT", "en"])]
Backlog = Annotated[
    int | Literal["all"],
    BeforeValidator(backlog),
    WithJsonSchema({"anyOf": [{"enum": ["none", ALL]}, {"type": "integer", "minimum": 0}]}),
]

Url = Annotated[str, BeforeValidator(addresses.url), _schema(format="uri", pattern="^https?://")]
HubUrl = Annotated[
    str,
    BeforeValidator(addresses.hub),
    WithJsonSchema({"anyOf": [{"enum": [addresses.SELF]}, {"type": "string", "format": "uri"}]}),
]
BaseUrl = Annotated[str, BeforeValidator(addresses.base_url), _schema(format="uri", pattern="^https?://")]
SitePath = Annotated[str, BeforeValidator(addresses.site_path), _schema(pattern="^/", examples=["/feeds/old/"])]
PathOrUrl = Annotated[
    str,
    BeforeValidator(addresses.path_or_url),
    _schema(pattern="^(/|https?://)", examples=["/feeds/new/", "https://other.example.org/feed.xml"]),
]
StoreUrl = Annotated[
    str,
    BeforeValidator(addresses.store_url),
    _schema(
        pattern="^(sqlite:///|postgres(ql)?://)",
        examples=["sqlite:///var/rundbrief.db", "postgresql://user@host/database"],
    ),
]
EmailAddress = Annotated[str, BeforeValidator(addresses.email_address), _schema(format="email")]
MailboxText = Annotated[
    addresses.Mailbox,
    BeforeValidator(addresses.mailbox),
    _AS_TEXT,
    _schema(pattern="@", examples=["Redaktion <redaktion@news.example.org>"]),
]
ListenText = Annotated[
    addresses.Listen,
    BeforeValidator(addresses.listen),
    _AS_TEXT,
    _schema(pattern=r":\d+$", examples=["127.0.0.1:8000"]),
]
FilePath = Annotated[Path, BeforeValidator(addresses.path), _schema(minLength=1)]
