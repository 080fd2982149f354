"""Web addresses, e-mail addresses, paths, and where a server listens, as config.toml writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from pydantic import ValidationInfo

from pipeline.config.mistake import mistake, text
from pipeline.config.nearest import did_you_mean

SELF: Final = "self"

_HIGHEST_PORT = 65535


def url(value: object) -> str:
    """An absolute http or https address, without credentials."""
    address = text(value, "https://news.example.org").strip()
    mend = 'Write the whole address, for example "https://news.example.org/".'
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise mistake("is no web address.", mend) from error
    if parts.username is not None or parts.password is not None:
        raise mistake("holds a user name or a password.", "Take it out: secrets come from the environment.")
    if parts.scheme.lower() not in {"http", "https"} or not host or re.search(r'[\s<>"\x00-\x1f]', address):
        raise mistake(f'"{address}" is no absolute http or https address.', mend)
    return address


def hub(value: object) -> str:
    """A hub's address, or "self" for our own."""
    return SELF if value == SELF else url(value)


def base_url(value: object) -> str:
    """A `url` that paths are put behind: without a slash at its end, a query or a fragment."""
    address = url(value)
    if "?" in address or "#" in address:
        raise mistake(
            f'"{address}" has a query or a fragment.', "Paths are put behind this address: end it with its path."
        )
    return address.rstrip("/")


def site_path(value: object) -> str:
    """A path of the site, perhaps with a query, as a browser sends it but for escapes."""
    written = text(value, "/feeds/old/atom.xml").strip()
    if not re.fullmatch(r"/(?!/)[^\s#\\]*", written):
        raise mistake(f'"{written}" is no path of the site.', 'Begin with a slash, for example "/feeds/old/".')
    return unquote(written)


def path_or_url(value: object) -> str:
    """A `site_path`, or the `url` of something else."""
    return site_path(value) if isinstance(value, str) and value.startswith("/") else url(value)


def email_address(value: object) -> str:
    """An e-mail address, its domain in ASCII (IDNA); whether the domain exists is not asked."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 — it loads a DNS resolver

    written = text(value, "redaktion@news.example.org").strip()
    try:
        # allow_smtputf8: many mail servers refuse letters beyond ASCII before the @.
        # test_environment lets `.test` pass, which is as good as the `example.org` that is allowed anyway.
        valid = validate_email(written, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise mistake(f'"{written}" is no e-mail address: {reason[:1].lower()}{reason[1:]}.') from error
    return f"{valid.local_part}@{valid.ascii_domain}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an e-mail address.  Its text is the value of a From header (RFC 5322 mailbox), not yet encoded."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return str(Address(self.name, addr_spec=self.address)) if self.name else self.address


def mailbox(value: object) -> Mailbox:
    """``"Redaktion <redaktion@news.example.org>"`` or the address alone."""
    if isinstance(value, Mailbox):
        return value
    written = text(value, "Redaktion <redaktion@news.example.org>").strip()
    if not written.isprintable():
        raise mistake("holds control characters.")
    name, bracket, rest = written.rpartition("<")
    if not bracket:
        return Mailbox(email_address(written))
    if not rest.endswith(">") or "<" in name or "@" in name.rpartition('"')[2]:
        raise mistake(f'"{written}" is no mailbox.', 'Write "Name <name@example.org>".')
    name = name.strip()
    if name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    return Mailbox(email_address(rest[:-1]), re.sub(r"\\(.)", r"\1", name))


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen(value: object) -> Listen:
    """``"127.0.0.1:8000"``, ``"[::1]:8000"`` or ``"localhost:8000"``."""
    if isinstance(value, Listen):
        return value
    written = text(value, "127.0.0.1:8000").strip()
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})", written, re.ASCII)
    if not found or int(found[3]) > _HIGHEST_PORT:
        raise mistake(f'"{written}" is no address to listen on.', 'Write HOST:PORT, for example "127.0.0.1:8000".')
    return Listen(found[1] or found[2], int(found[3]))


def path(value: object, info: ValidationInfo) -> Path:
    """A path; a relative one starts at the directory of the configuration file, which is the context of validation."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise mistake("must be a path in quotes.", 'For example "feeds".')
    try:
        return Path(info.context["base"] if info.context else ".", Path(value).expanduser())
    except RuntimeError as error:
        raise mistake(
            f'"{value}" starts at the home of a user who is not known here.', "Write the path out."
        ) from error


def store_url(value: object, info: ValidationInfo) -> str:
    """``sqlite:///FILE``, resolved as a `path`, or ``postgresql://…`` without a password."""
    written = text(value, "sqlite:///var/rundbrief.db")
    mend = 'Write "sqlite:///var/rundbrief.db" or "postgresql://user@host/database".'
    scheme, _, rest = written.partition("://")
    if scheme == "sqlite":
        if not rest.startswith("/") or rest in {"/", "/:memory:"} or "?" in rest:
            raise mistake("names no file: the store must outlive the command.", mend)
        return f"sqlite:///{path(rest[1:], info)}"
    if scheme not in {"postgresql", "postgres"}:
        raise mistake(f'"{scheme}" is no kind of store.', did_you_mean(scheme, ("sqlite", "postgresql")) or mend)
    try:
        parts = urlsplit(written)
        has_password = bool(parts.password)
    except ValueError as error:
        raise mistake("is no address of a database.", mend) from error
    if has_password or "password=" in parts.query:
        raise mistake(
            "holds a password.", "Put it into an environment variable, and name that with `password_env` in [store]."
        )
    return f"postgresql://{rest}"


def with_password(url: str, password: str) -> str:
    """A PostgreSQL address with a password in it."""
    scheme, _, rest = url.partition("://")
    authority, slash, path_and_query = rest.partition("/")
    user, _, host = authority.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}:{quote(password, safe='')}@{host}{slash}{path_and_query}"
