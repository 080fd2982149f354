"""[sign_up]: who may sign up on our pages; and what a newsletter says about its own."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from pipeline.config.mistake import mistake
from pipeline.config.table import Table
from pipeline.config.values import FilePath, Listed, Text, Url

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+", re.ASCII)


def _domain(value: str) -> str:
    """In lower case and in ASCII (IDNA), as addresses are compared."""
    name = value.strip().lower().removeprefix("@").rstrip(".")
    if not name.isascii():
        import idna  # noqa: PLC0415  (its tables load slowly)

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise mistake(f'"{value}" is no domain.', "Write it like `example.org`.") from error
    if not _DOMAIN.fullmatch(name):
        raise mistake(f'"{value}" is no domain.', "Write it like `example.org`.")
    return name


Domain = Annotated[Text, AfterValidator(_domain)]


class SignUp(Table):
    """[sign_up]: who may sign up on the pages of newsletters."""

    privacy_url: Url | None = None
    """The page that says what you do with addresses; sign-up pages link to it."""

    role_addresses: Literal["accept", "refuse"] = "accept"
    """What becomes of addresses such as `info@`; `postmaster@`, `noreply@` and the like are always refused."""

    disposable_addresses: Literal["accept", "refuse"] = "refuse"
    """What becomes of addresses at the best known services that give them away for minutes."""

    refused_domains: Annotated[tuple[Domain, ...], Listed] = ()
    """No addresses of these domains, nor of those below them."""

    refused_domains_file: FilePath | None = None
    """A file with more of them, one a line; `#` begins a remark."""


class Reception(Table):
    """The keys of [[newsletters]] that say how people come to it, and what it shows to everybody."""

    description: str = ""
    """A sentence about it, for the pages on which people sign up and read past issues."""

    sign_up: bool = True
    """Whether people can sign up by themselves, on the page `/newsletters/NAME/`."""

    consent: Annotated[str, AfterValidator(str.strip)] = ""
    """The words that people agree to when they sign up; if absent, ours, in their language."""

    welcome: bool = True
    """Whether who has confirmed a sign-up is welcomed by a message, with the links to leave and to choose."""

    goodbye: bool = False
    """Whether who has left gets a message that says so."""

    archive: Literal["public", "unlisted", "off"] | None = None
    """Whether issues can be read on the web; `"unlisted"`: only by a link in mail; if absent, as open as `sign_up`."""
