"""Colours in config.toml."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from pipeline.config.mistake import mistake, text

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.ASCII)
_SHORT = 4


def colour(value: object) -> str:
    """``#rgb`` or ``#rrggbb``, as ``#rrggbb`` in small letters: mail clients know no more than that for sure."""
    written = text(value, "#0b57d0").strip().lower()
    if not _HEX.fullmatch(written):
        raise mistake(f'"{written}" is no colour.', "Write # and six digits from 0 to f, for example `#0b57d0`.")
    return "#" + "".join(digit * 2 for digit in written[1:]) if len(written) == _SHORT else written


Colour = Annotated[
    str,
    BeforeValidator(colour),
    WithJsonSchema({"type": "string", "pattern": "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$", "examples": ["#0b57d0"]}),
]
