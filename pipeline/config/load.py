"""config.toml ─▶ `Config`, or every mistake in it at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.lines import KeyPath, key_lines, line_of, path_text
from pipeline.config.model import Config, Site
from pipeline.config.references import Mistake, broken_references, named_secrets
from pipeline.config.wording import mistake_of
from pipeline.errors import ConfigError, Problem

_SECTIONS = (
    "store",
    "web",
    "runs",
    "metrics",
    "alerts",
    "publish",
    "templates",
    "brand",
    "preflight",
    "pictures",
    "bounces",
    "sign_up",
)
_LINE = re.compile(r"\(at line (\d+)")


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the configuration; ``environ`` holds the secrets that it names.

    Raises ConfigError with all mistakes, each with its line, its key path and, where a name was mistyped, the nearest
    valid one.
    """
    text = _read(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(path, text, error)]) from error
    inherited = _fill_in(raw)
    mistakes = list(broken_references(raw, environ))
    secrets = {variable: SecretStr(environ[variable]) for _, variable in named_secrets(raw) if variable in environ}
    file = path.absolute()
    try:
        config = Config.model_validate(raw, context={"base": file.parent, "file": file, "secrets": secrets})
    except ValidationError as error:
        # An inherited value that is wrong is reported where it was written, once.
        details = error.errors(include_url=False)
        found = [mistake_of(detail) for detail in details if not _only_seems_empty(detail, details)]
        mistakes += [mistake for mistake in found if not _within(mistake.path, inherited)]
        raise ConfigError(_problems(path, text, mistakes)) from None
    if mistakes:
        raise ConfigError(_problems(path, text, mistakes))
    return config


def _within(path: KeyPath, keys: AbstractSet[KeyPath]) -> bool:
    return any(path[:length] in keys for length in range(1, len(path) + 1))


def _only_seems_empty(detail: ErrorDetails, details: Iterable[ErrorDetails]) -> bool:
    """Whether a list is called too short only because what stands in it is wrong, which is said by itself."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(one["loc"]) > len(place) and one["loc"][: len(place)] == place for one in details
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        mend = "`rundbrief init` writes one to start from; `rundbrief --config FILE` reads another."
        raise _unreadable(path, "There is no such file.", mend) from error
    except IsADirectoryError as error:
        raise _unreadable(path, "This is a directory.", f"Give the file: `--config {path / 'config.toml'}`.") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unreadable(f"{path}:{line}", "The text is not in UTF-8.", "Save the file as UTF-8.") from error
    except OSError as error:
        raise _unreadable(path, f"The file can't be read: {error.strerror}.", "") from error


def _unreadable(where: Path | str, what: str, mend: str) -> ConfigError:
    return ConfigError([Problem(code=ConfigError.code, where=str(where), what=what, mend=mend)])


def _syntax_problem(path: Path, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    found = _LINE.search(str(error))
    line = int(found[1]) if found else text.count("\n") + 1
    what = str(error).partition(" (at ")[0]
    return Problem(code=ConfigError.code, where=f"{path}:{line}", what=f"This is not TOML: {what}.")


def _fill_in(raw: dict[str, Any]) -> set[KeyPath]:
    """Put in what a table takes from others where it says nothing; the answer is the keys that were put in."""
    for section in _SECTIONS:
        raw.setdefault(section, {})
    filled: set[KeyPath] = set()
    site = raw.get("site")
    site = site if isinstance(site, dict) else {}
    for section, path in (("publish", "/feeds"), ("pictures", "/pictures")):
        if isinstance(raw[section], dict) and "url" not in raw[section]:
            raw[section]["url"] = str(site.get("url", "")).rstrip("/") + path
            filled.add((section, "url"))
    for kind, keys in (("feeds", ("language",)), ("newsletters", ("language", "timezone"))):
        tables = raw.get(kind)
        for index, table in enumerate(tables if isinstance(tables, list) else ()):
            for key in keys:
                if isinstance(table, dict) and key not in table:
                    table[key] = site.get(key, Site.model_fields[key].default)
                    filled.add((kind, index, key))
    return filled | _fill_in_brands(raw) | _fill_in_outbox(raw)


def _fill_in_brands(raw: dict[str, Any]) -> set[KeyPath]:
    """A newsletter has the brand, but for what it says differently."""
    filled: set[KeyPath] = set()
    newsletters = raw.get("newsletters")
    for index, newsletter in enumerate(newsletters if isinstance(newsletters, list) else ()):
        own = newsletter.setdefault("brand", {}) if isinstance(newsletter, dict) else None
        if isinstance(own, dict) and isinstance(raw["brand"], dict):
            inherited = {key: value for key, value in raw["brand"].items() if key not in own}
            own.update(inherited)
            filled |= {("newsletters", index, "brand", key) for key in inherited}
    return filled


def _fill_in_outbox(raw: dict[str, Any]) -> set[KeyPath]:
    """A newsletter that names no provider is mailed into the outbox, so that nothing leaves the machine by accident."""
    filled: set[KeyPath] = set()
    newsletters = raw.get("newsletters")
    providers = raw.setdefault("providers", {})
    for index, newsletter in enumerate(newsletters if isinstance(newsletters, list) else ()):
        if isinstance(newsletter, dict) and "providers" not in newsletter:
            newsletter["providers"] = ["outbox"]
            filled.add(("newsletters", index, "providers"))
            if isinstance(providers, dict):
                providers.setdefault("outbox", {"type": "outbox"})
    return filled


def _problems(path: Path, text: str, mistakes: Iterable[Mistake]) -> list[Problem]:
    """The mistakes in the order of the file, each once."""
    lines = key_lines(text)
    found: dict[tuple[int, str], Problem] = {}
    for mistake in mistakes:
        line = line_of(mistake.path, lines)
        place = f"{path}:{line}" if line else str(path)
        where = f"{place} {path_text(mistake.path)}"
        problem = Problem(code=ConfigError.code, where=where, what=mistake.what, mend=mistake.mend)
        found.setdefault((line or 0, str(problem)), problem)
    return [problem for _, problem in sorted(found.items(), key=lambda item: item[0][0])]
