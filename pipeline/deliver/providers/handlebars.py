"""Text in template languages that are like Handlebars: those of Amazon SES and of SparkPost."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OWN = "f_"
"""Begins our variables: no merge field may be one of the template language's own words (``if``, ``each``)."""
_SIGNS = {"{": "open", "}": "close", "\\": "backslash"}
# What the template language would read in an article: braces in a row, and what touches a variable of ours.
_NOT_OURS = re.compile(r"\\*\{{2,}\}*|\A\}+|[{\\]+\Z")


def variable(name: str) -> str:
    """With three braces: never escaped, whatever two would do."""
    return f"{{{{{{{_OWN}{name}}}}}}}"


def literal(text: str) -> str:
    """Text that stays as it is: signs that mean something to the template language become variables."""
    return _NOT_OURS.sub(lambda found: "".join(variable(_SIGNS[sign]) for sign in found[0]), text)


def template_data(values: Mapping[str, str]) -> dict[str, str]:
    """The values of all variables, those of signs too."""
    signs = {f"{_OWN}{name}": sign for sign, name in _SIGNS.items()}
    return signs | {f"{_OWN}{name}": value for name, value in values.items()}
