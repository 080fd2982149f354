"""Where the signing key comes from: the environment, else a file beside the store."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from pipeline.audience.tokens import TokenKeys
from pipeline.errors import ConfigError, Problem

_KEY_BYTES = 32


def load_keys(environment_value: str | None, file: Path) -> TokenKeys:
    """The keys from the environment variable's value, if it has one, else from the file, which is made if missing.

    In either, the first key is the current one and the others are older ones, whose links stay good.  In the
    environment they are separated by white space and may be any text of at least 16 characters; in the file each is
    64 hexadecimal digits on a line of its own.  Raises `ConfigError` if a key can't be used or the file can't be read
    or made; an existing file is never changed.
    """
    if environment_value is not None and environment_value.strip():
        return _keys([part.encode() for part in environment_value.split()], "the signing key's environment variable")
    text = _read(file)
    if text is None:
        _create(file)
        text = _read(file)
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    try:
        keys = [bytes.fromhex(line) for line in lines]
    except ValueError as error:
        raise _broken(file) from error
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise _broken(file)
    return _keys(keys, str(file))


def _keys(keys: list[bytes], where: str) -> TokenKeys:
    try:
        return TokenKeys(keys[0], keys[1:])
    except ValueError as error:
        mend = "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        raise _error(where, f"{error}.", mend) from error


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise _broken(file) from error
    except OSError as error:
        raise _error(str(file), f"the signing key can't be read: {error.strerror}.", "Check its rights.") from error


def _create(file: Path) -> None:
    """Write a new key whole or not at all; if another process was faster, its key stays."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # made with mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(secrets.token_bytes(_KEY_BYTES).hex() + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
        finally:
            Path(draft).unlink()
        directory = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        what = f"the signing key can't be written: {error.strerror}."
        raise _error(str(file), what, "Make the directory writable, or set the key in the environment.") from error


def _broken(file: Path) -> ConfigError:
    mend = (
        "Restore it from a backup: links in mails that are out need it.  Only if there is none, remove the file; "
        "a new key is made then, and old unsubscribe links stop working."
    )
    return _error(str(file), "this is no signing key: it must hold 64 hexadecimal digits.", mend)


def _error(where: str, what: str, mend: str) -> ConfigError:
    return ConfigError([Problem(code="signing-key", where=where, what=what, mend=mend)])
