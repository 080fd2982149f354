"""A configuration as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(value: Mapping[str, Any]) -> str:
    """The tables of a mapping whose leaves are texts, numbers, booleans and lists of them."""
    return "\n\n".join("\n".join(lines) for lines in _tables(value, ()))


def _tables(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[list[str]]:
    plain = {key: value for key, value in table.items() if not _is_tables(value)}
    if path and (plain or not table):
        yield [f"[{_dotted(path)}]", *_lines(plain)]
    elif plain:
        yield _lines(plain)
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _tables(value, (*path, key))
        elif _is_tables(value):
            for one in value:
                first, *more = _tables(one, (*path, key))
                yield [f"[{first[0]}]", *first[1:]]
                yield from more


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _is_tables(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
    )


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(map(_key, path))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # A JSON text is a TOML text, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
