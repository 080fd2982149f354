"""Front matter and sidecars: what a person wrote down about a document, as a mapping of plain values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, YAMLHandler

from pipeline.collect.sources.documents.document import InvalidDocument

_LONGEST = 100_000
_MOST_KEYS = 200
_KEY_LINE = re.compile(r"(?:-{3,}\s*\n[A-Za-z_]\w*\s*:|\+{3,}\s*\n[A-Za-z_]\w*\s*=)")


class _AsWritten(yaml.SafeLoader):
    """YAML whose scalars stay as they were written, but for null.

    YAML 1.1 would make False of ``language: no``, 1.0 of ``title: 1.0``, and a date without its zone of a time.
    """


_AsWritten.yaml_implicit_resolvers = {
    initial: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for initial, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _TomlHandler(BaseHandler):
    """Front matter between lines of ``+++``, as Hugo has it (python-frontmatter's own needs the ``toml`` package)."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "+++"

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


def split_front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The front matter (YAML between lines of ``---``, TOML between lines of ``+++``; empty if none) and the rest.

    Raises `InvalidDocument` where it is broken or has no end.
    """
    for handler, load in ((YAMLHandler(), _yaml), (_TomlHandler(), _toml)):
        if not handler.detect(text):
            continue
        try:
            written, body = handler.split(text)
        except ValueError:
            break
        values = _loaded(load, written, "front matter")
        if values is None:
            # Lines that separate text, not front matter: python-frontmatter would drop what is between them.
            return {}, text
        return values, body.lstrip("\n")
    if _KEY_LINE.match(text):
        what = "Its front matter has no end."
        raise InvalidDocument(what, mend=f"Write a line of {text[:3]} below the last key.")
    return {}, text


def read_sidecar(text: str, name: str) -> Mapping[str, object]:
    """The values of a sidecar file, whose name tells its format: .toml, .yaml or .yml.  Raises `InvalidDocument`."""
    values = _loaded(_toml if name.endswith(".toml") else _yaml, text, f"sidecar {name}")
    if values is None:
        what = f"Its sidecar {name} holds a single value or a list instead of keys."
        raise InvalidDocument(what, mend="Write a key and its value on each line, such as title: Two rivers.")
    return values


def _loaded(load: Callable[[str], object], written: str, place: str) -> Mapping[str, object] | None:
    """The keys and values, or None where what was written has no keys."""
    if len(written) > _LONGEST:
        what = f"Its {place} has {len(written)} characters; the limit is {_LONGEST}."
        raise InvalidDocument(what, mend="Close it above the text.")
    try:
        values = load(written)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        what = f"Its {place} is not valid YAML{line}: {error.problem or error.context}."
        raise InvalidDocument(what, mend="A value with a colon or a # in it needs quotes around it.") from error
    except tomllib.TOMLDecodeError as error:
        what = f"Its {place} is not valid TOML: {error}."
        raise InvalidDocument(what, mend="A text needs quotes around it.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = f"Its {place} can't be read: {type(error).__name__}."
        raise InvalidDocument(what, mend="Keep to keys with texts, lists and one level of mappings.") from error
    if values is None:
        return {}
    if isinstance(values, dict) and len(values) > _MOST_KEYS:
        what = f"Its {place} has {len(values)} keys; the limit is {_MOST_KEYS}."
        raise InvalidDocument(what, mend="Take out those that are not meant for an article.")
    return {str(key): value for key, value in values.items()} if isinstance(values, dict) else None


def _yaml(written: str) -> object:
    return YAMLHandler().load(written, Loader=_AsWritten)


def _toml(written: str) -> object:
    return tomllib.loads(written)
