"""pydantic's errors in words for the person who wrote config.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from pipeline.config.brand import Brand, Logo
from pipeline.config.feeds import Feed
from pipeline.config.lines import KeyPath
from pipeline.config.model import Config, Newsletter, Publish, Site, Store, Templates, Web
from pipeline.config.nearest import did_you_mean, one_of
from pipeline.config.preflight import Preflight
from pipeline.config.providers import PROVIDERS, OwnProvider
from pipeline.config.references import Mistake
from pipeline.config.sign_up import SignUp
from pipeline.config.sources import SOURCES
from pipeline.config.table import Table

_TABLES: Mapping[str, type[Table]] = {
    "site": Site,
    "store": Store,
    "web": Web,
    "publish": Publish,
    "preflight": Preflight,
    "templates": Templates,
    "sign_up": SignUp,
    "feeds": Feed,
    "newsletters": Newsletter,
}
_UNIONS: Mapping[str, Mapping[str, type[Table]]] = {"sources": SOURCES, "providers": PROVIDERS}


_WORDS: Mapping[str, tuple[str, str]] = {
    "string_type": ("must be a text in quotes.", ""),
    "int_type": ("must be a whole number.", ""),
    "int_from_float": ("must be a whole number.", ""),
    "float_type": ("must be a number.", ""),
    "bool_type": ("must be true or false.", "Without quotes."),
    "string_too_short": ("is empty.", ""),
    "too_short": ("is empty.", ""),
    "string_too_long": ("is longer than {max_length} characters.", ""),
    "greater_than": ("must be more than {gt:g}.", ""),
    "greater_than_equal": ("must be at least {ge:g}.", ""),
    "less_than_equal": ("must be at most {le:g}.", ""),
    "tuple_type": ("must be a list.", 'For example `["ki"]`.'),
    "model_type": ("must be a table.", ""),
    "model_attributes_type": ("must be a table.", ""),
    "dict_type": ("must be a table.", ""),
    "mapping_type": ("must be a table.", ""),
}


def mistake_of(error: ErrorDetails) -> Mistake:
    """One error of pydantic's as a mistake at a key."""
    path, table = _place(error["loc"])
    context: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "mistake":
            words = context["what"], context["mend"]
        case "extra_forbidden":
            words = f"There is no key `{path[-1]}` here.", _near_key(str(path[-1]), table)
        case "missing":
            words = _missing(path)
        case "union_tag_invalid" | "union_tag_not_found":
            words = _wrong_type(str(path[0]), context.get("tag"))
            path = (*path, "type")
        case "literal_error":
            words = _other_value(error["input"], context["expected"])
        case "string_pattern_mismatch":
            words = _no_name(path, error["input"])
        case "tuple_type" if len(path) == 1:
            words = f"must be a list of tables, each under [[{path[0]}]].", ""
        case kind:
            what, mend = _WORDS.get(kind, (f"{error['msg']}.".replace("{", "{{").replace("}", "}}"), ""))
            words = what.format(**context), mend
    return Mistake(path, *words)


def _place(location: tuple[int | str, ...]) -> tuple[KeyPath, type[Table] | None]:
    """The key path of an error, without the union's tag that pydantic puts in; and the class of the table it is in."""
    section = str(location[0])
    if section in _UNIONS and len(location) > 2:  # noqa: PLR2004
        own = OwnProvider if section == "providers" else None
        return (*location[:2], *location[3:]), _UNIONS[section].get(str(location[2]), own)
    if len(location) == 1:
        return location, Config
    if "brand" in location:
        return location, Logo if "logo" in location[:-1] else Brand if location[-1] != "brand" else Newsletter
    return location, _TABLES.get(section)


def _keys(table: type[Table] | None) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()] if table else []


def _near_key(written: str, table: type[Table] | None) -> str:
    meant = did_you_mean(written, _keys(table))
    if meant.endswith("_env`?"):
        return f"{meant} It names the environment variable that holds the secret."
    return meant or f"There are {one_of(_keys(table)).replace(' or ', ' and ')}."


def _missing(path: KeyPath) -> tuple[str, str]:
    if len(path) == 1:
        return f"The table [{path[0]}] is missing.", "`rundbrief init` writes a configuration to start from."
    if path[-1] == "cadences":
        return "is missing.", "Say how often it comes, for example `cadences = { immediate = true }`."
    return "is missing.", ""


def _wrong_type(section: str, tag: object) -> tuple[str, str]:
    valid = _UNIONS[section]
    listed = f"It can be {one_of(valid)}."
    if tag is None:
        return "is missing.", listed
    return f'There is no {section[:-1]} of type "{tag}".', did_you_mean(str(tag), valid) or listed


def _other_value(written: object, expected: str) -> tuple[str, str]:
    """``expected`` is pydantic's: ``'atom', 'rss' or 'json'``."""
    valid = re.findall("'([^']+)'", expected)
    meant = did_you_mean(written, valid) if isinstance(written, str) else ""
    return f'"{written}" can\'t be.', meant or f"It can be {one_of(valid)}."


def _no_name(path: KeyPath, written: object) -> tuple[str, str]:
    if str(path[-1]).endswith("_env"):
        mend = "Write the variable's name in capitals, for example `MAILGUN_API_KEY`; never the secret itself."
        return "is no name of an environment variable.", mend
    if path[-1] == "type":
        return f'"{written}" is no type.', "Write where the provider is made, as `package.module:function`."
    return f'"{written}" is no name.', "Use small letters, digits, - and _; begin with a letter or a digit."
