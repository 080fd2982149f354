"""[preflight]: how strictly mail is looked over before it goes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pipeline.config.table import Table
from pipeline.config.values import Listed

Code = Literal[
    "size",
    "merge-field",
    "unsubscribe",
    "subject-empty",
    "text-empty",
    "link-address",
    "picture-address",
    "html-broken",
    "size-near",
    "subject-long",
    "alt-missing",
    "link-unnamed",
    "contrast",
    "style-block",
    "client",
    "postal-address",
    "link-dead",
    "subject-cut",
    "preheader-missing",
    "picture-insecure",
    "text-parity",
    "spam-words",
]


class Preflight(Table):
    """[preflight]: how strictly mail is looked over before it goes out."""

    ignore: Annotated[tuple[Code, ...], Listed] = ()
    """Codes of findings that don't matter here."""

    errors: Annotated[tuple[Code, ...], Listed] = ()
    """Codes of findings that keep an issue from being mailed, whatever they are by themselves."""
