"""How newsletters are mailed, by the configuration: budgets, accounts and canaries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pipeline import config
from pipeline.domain.budget import Budget
from pipeline.domain.canary import CanaryLimits

_ACCOUNT = 16


def budgets(settings: config.Config) -> Mapping[str, Budget]:
    """What each provider may be given."""
    return {
        name: Budget(per_second=table.per_second, per_hour=table.per_hour, per_day=table.per_day, warm_up=table.warm_up)
        for name, table in settings.providers.items()
        if isinstance(table, config.Budgeted)
    }


def accounts(settings: config.Config) -> Mapping[str, str]:
    """For each provider of a newsletter a digest of where it is and who we are there, by its secrets too.

    How it is used (budgets, sizes of batches, time-outs) is left out: that may change while a batch is in doubt.
    """
    used = {name for letter in settings.newsletters for name in letter.providers}
    return {name: _account(settings, settings.providers[name]) for name in used}


def senders(settings: config.Config) -> Mapping[str, str]:
    """The domain that each newsletter is mailed from, in small letters."""
    return {letter.name: letter.from_.address.rpartition("@")[2].casefold() for letter in settings.newsletters}


def canaries(settings: config.Config) -> Mapping[str, int]:
    """How many recipients of a newsletter's issue go ahead of the others."""
    return {letter.name: letter.canary for letter in settings.newsletters}


def canary_limits(newsletter: config.Newsletter) -> CanaryLimits:
    """When the others follow."""
    return CanaryLimits(
        wait=newsletter.canary_wait,
        bounces=newsletter.canary_bounces,
        complaints=newsletter.canary_complaints,
    )


def list_of(settings: config.Config, letter: config.Newsletter) -> str | None:
    """The provider that owns the list which a newsletter goes to; None where its subscribers are ours."""
    owners = (name for name in letter.providers if isinstance(settings.providers[name], config.ListOwner))
    return next(owners, None)


def _account(settings: config.Config, table: config.Provider) -> str:
    parts = []
    for key, value in sorted(table):
        if key in _HOW:
            continue
        if key.endswith("_env") and value:
            # A password of few possibilities must not be guessed from a digest; a log-in's name stands for it.
            value = "" if key == "password_env" else settings.secret(value).get_secret_value()  # noqa: PLW2901
        parts.append(f"{key}={value!r}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_ACCOUNT]


_HOW = frozenset({*config.Budgeted.model_fields, "max_batch", "timeout", "envelope_from", "security", "ca_file"})
