"""From the configuration to what people are offered, and to who may sign up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pipeline import config
from pipeline.audience.keys import load_keys
from pipeline.audience.mail_address import AddressPolicy
from pipeline.audience.offer import Offer
from pipeline.audience.tokens import TokenKeys
from pipeline.cadence import next_slot
from pipeline.errors import ConfigError, Problem
from pipeline.wiring.deliver import list_of

_ANY_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_SLOTS = 8


def offers(settings: config.Config) -> Mapping[str, Offer]:
    """The newsletters as their pages show them."""
    return {letter.name: _offer(settings, letter) for letter in settings.newsletters}


def archive(newsletter: config.Newsletter) -> Literal["public", "unlisted", "off"]:
    """Whether its issues can be read on the web.  What anybody may subscribe to, anybody may read."""
    return newsletter.archive or ("public" if newsletter.sign_up else "off")


def archive_url(settings: config.Config, newsletter: config.Newsletter) -> str | None:
    """Where its past issues are listed; None if they aren't."""
    return f"{settings.site.url}/archive/{newsletter.name}/" if archive(newsletter) == "public" else None


def page_url(settings: config.Config, newsletter: config.Newsletter, path: str) -> str:
    """Where one of its issues can be read; "" if it can't."""
    return f"{settings.site.url}/archive/{newsletter.name}/{path}" if archive(newsletter) != "off" else ""


def address_policy(settings: config.Config) -> AddressPolicy:
    """Raises `ConfigError` for a file that can't be read."""
    chosen = settings.sign_up
    return AddressPolicy(
        roles=chosen.role_addresses == "accept",
        disposable=chosen.disposable_addresses == "accept",
        refused_domains=frozenset((*chosen.refused_domains, *_domains_of_file(chosen))),
    )


def keys(settings: config.Config, directory: Path) -> TokenKeys:
    """The signing keys; ``directory`` is where the file is that has one, unless the environment does."""
    variable = settings.web.secret_env
    value = settings.secret(variable).get_secret_value() if variable else None
    return load_keys(value, directory / "rundbrief.key")


def digests(settings: config.Config, directory: Path) -> Callable[[str], Sequence[str]]:
    """What stands for addresses that are not kept; the key is read, or made, once it is needed."""
    known = cache(lambda: keys(settings, directory))
    return lambda address_key: known().address_digests(address_key)


def _domains_of_file(chosen: config.SignUp) -> list[str]:
    if chosen.refused_domains_file is None:
        return []
    try:
        text = chosen.refused_domains_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = f"can't be read: {getattr(error, 'strerror', None) or error}."
        where = f"sign_up.refused_domains_file ({chosen.refused_domains_file})"
        raise ConfigError([Problem(code=ConfigError.code, where=where, what=what)]) from error
    lines = (line.partition("#")[0].strip().lower().removeprefix("@") for line in text.splitlines())
    return [line for line in lines if line]


def _offer(settings: config.Config, letter: config.Newsletter) -> Offer:
    return Offer(
        name=letter.name,
        title=letter.title,
        description=letter.description,
        language=letter.language,
        timezone=letter.timezone.key,
        cadences={name: _pace(cron, letter.timezone.key) for name, cron in letter.cadences.items()},
        topics=letter.topics,
        local_time=letter.local_time,
        # Who wants what goes to a list of somebody else's signs up there.
        is_open=letter.sign_up and list_of(settings, letter) is None,
        consent=letter.consent,
        archive=archive(letter),
        tracks=letter.tracking.on,
    )


def _pace(cron: str | None, zone: str) -> timedelta:
    """The time between two issues, on average of some."""
    if cron is None:
        return timedelta()
    first = at = next_slot(cron, zone, _ANY_MONDAY)
    for _ in range(_SLOTS):
        at = next_slot(cron, zone, at) if at else None
    return (at - first) / _SLOTS if first and at else timedelta(days=366)
