"""[preflight]: how strictly mail is looked over before it goes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.table import Table
from pipeline.config.values import Listed, Text

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
    "link-text",
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
    "spam-score",
]


class Preflight(Table):
    """[preflight]: how strictly mail is looked over before it goes out."""

    ignore: Annotated[tuple[Code, ...], Listed] = ()
    """Codes of findings that don't matter here."""

    errors: Annotated[tuple[Code, ...], Listed] = ()
    """Codes of findings that keep an issue from being mailed, whatever they are by themselves."""

    spam_filter: Annotated[Text | None, Field(pattern=r"^(spamd|rspamd)://[\w.\-]+:\d+$")] = None
    """A spam filter that `plan` and `preview` ask: `spamd://HOST:PORT` (SpamAssassin), `rspamd://HOST:PORT`."""

    spam_limit: float = 1.0
    """How many points it may give."""
