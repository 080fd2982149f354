"""Names from the command line, looked up in the configuration; a wrong one is told the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.failures import WrongUse

if TYPE_CHECKING:
    from pipeline.config import Config, Newsletter


def newsletter_named(settings: Config, name: str) -> Newsletter:
    """Raises `WrongUse`, as all of these do."""
    _check("newsletter", name, [newsletter.name for newsletter in settings.newsletters])
    return next(newsletter for newsletter in settings.newsletters if newsletter.name == name)


def newsletter_for_people(settings: Config, name: str) -> Newsletter:
    """One whose subscribers are ours."""
    from pipeline.wiring.deliver import list_of

    letter = newsletter_named(settings, name)
    if owner := list_of(settings, letter):
        what = f"{name} goes to a list that {owner} owns."
        raise WrongUse(what, where="--newsletter", mend="Add people to that list, where it is.")
    return letter


def cadence_named(newsletter: Newsletter, name: str) -> str:
    _check("cadence", name, newsletter.cadences, of=f" of {newsletter.name}")
    return name


def only_cadence(newsletter: Newsletter, name: str | None) -> str:
    """The cadence of that name; where none is given, the newsletter's only one."""
    if name is not None:
        return cadence_named(newsletter, name)
    if len(newsletter.cadences) == 1:
        return next(iter(newsletter.cadences))
    from pipeline.config.nearest import one_of

    what = f"{newsletter.name} has more than one cadence."
    raise WrongUse(what, where="--cadence", mend=f"Choose {one_of(newsletter.cadences)}.")


def sources_named(settings: Config, names: Sequence[str] | None) -> list[str]:
    """The sources of these names; without any name, all."""
    return _several("source", names, [source.name for source in settings.sources])


def feeds_named(settings: Config, names: Sequence[str] | None) -> list[str]:
    """The feeds of these names; without any name, all."""
    return _several("feed", names, [feed.name for feed in settings.feeds])


def _several(kind: str, names: Sequence[str] | None, valid: list[str]) -> list[str]:
    for name in names or ():
        _check(kind, name, valid)
    return list(dict.fromkeys(names)) if names else valid


def _check(kind: str, name: str, valid: Iterable[str], of: str = "") -> None:
    known = list(valid)
    if name in known:
        return
    from pipeline.config.nearest import did_you_mean, one_of

    listed = f"There is {one_of(known)}." if known else f"The configuration has no {kind} at all."
    raise WrongUse(f"There is no {kind}{of} called `{name}`.", mend=did_you_mean(name, known) or listed)
