"""Adding sources to config.toml: what is there already stays as it is, to the byte."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, SingleKey, Table

from pipeline.config.lines import KeyPath, key_lines
from pipeline.config.load import load
from pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pipeline.config.model import Config

NewSource = Mapping[str, object]
"""The keys of a table [[sources]] and their values: texts, numbers, booleans, lists of texts."""

_BOM = "\ufeff"
_FIRST_KEYS = ("name", "type", "url", "path", "topics")
_ASSIGNMENT = re.compile(r"([A-Za-z0-9_-]+)([ \t]*)=[ \t]*")


def source_tables(sources: Sequence[NewSource], column: int = 0) -> str:
    """The sources as TOML, a blank line between them.  ``column`` is where the ``=`` shall stand at the earliest."""
    tables = []
    for source in sources:
        table = Table(tomlkit.container.Container(), tomlkit.items.Trivia(), is_aot_element=True)
        for key in _in_order(source):
            table.append(SingleKey(key, sep=f"{' ' * max(column - len(key), 1)}= "), tomlkit.item(source[key]))
        document = tomlkit.document()
        document.append("sources", AoT([table]))
        tables.append(tomlkit.dumps(document))
    return "\n".join(tables)


def with_sources(text: str, sources: Sequence[NewSource]) -> str:
    """A configuration with more sources, behind those that it has, in its own style and with its line endings.

    Raises ValueError where it is no TOML, or can't be added to.
    """
    try:
        wanted = tomllib.loads(text)
        own = wanted.setdefault("sources", [])
        if not isinstance(own, list):
            raise ValueError("its sources are no list of tables")  # noqa: TRY004 - the file is wrong, not the caller
        own += [dict(source) for source in sources]
        lines = key_lines(text)
        written_inline = ("sources",) in lines
        new = _appended_inline(text, sources) if written_inline else _inserted(text, lines, sources)
        understood = tomllib.loads(new)
    except (tomllib.TOMLDecodeError, TOMLKitError) as error:
        raise ValueError(str(error)) from error
    if understood != wanted:
        raise ValueError("what was added would be understood as something else")
    return new


def add_sources(file: Path, sources: Sequence[NewSource], environ: Mapping[str, str]) -> Config:
    """Add sources to a configuration file, which is read again to prove it: the answer is what it says now.

    It is replaced at once, and only if the new one is valid; its mode stays, and so does a symbolic link to it.
    Raises ConfigError where it can't be read or written, or would not be valid.
    """
    try:
        target = file.resolve(strict=True)
        with _turn(target.parent):
            old = target.read_bytes()
            text = old.decode()
            mark = _BOM if text.startswith(_BOM) else ""
            new = mark + with_sources(text.removeprefix(_BOM), sources)
            _replace(target, old, new.encode(), shown=file, environ=environ)
    except OSError as error:
        raise _failure(file, f"The file can't be changed: {error.strerror}.") from error
    except ValueError as error:
        raise _failure(file, f"Sources can't be added here: {error}.", "Add the tables by hand.") from error
    return load(file, environ)


def _in_order(source: NewSource) -> list[str]:
    return [*(key for key in _FIRST_KEYS if key in source), *(key for key in source if key not in _FIRST_KEYS)]


def _appended_inline(text: str, sources: Sequence[NewSource]) -> str:
    """For ``sources = [{…}, {…}]``, to which no [[sources]] may be added."""
    document = tomlkit.parse(text)
    listed = document["sources"]
    if not isinstance(listed, Array):
        raise ValueError("its sources are no list of tables")  # noqa: TRY004 - the file is wrong, not the caller
    for source in sources:
        table = InlineTable(tomlkit.container.Container(), tomlkit.items.Trivia())
        for key in _in_order(source):
            table.append(key, source[key])
        listed.append(table)
    written = tomlkit.dumps(document)
    return re.sub(r"\r?\n", "\r\n", written) if _line_end(text) == "\r\n" else written


def _inserted(text: str, lines: Mapping[KeyPath, int], sources: Sequence[NewSource]) -> str:
    # Not with tomlkit: it takes a comment before the next table for the end of the last one, and mixes line endings.
    end = _line_end(text)
    written = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    last = max((one for one in lines if one[:1] == ("sources",)), key=lambda one: lines[one], default=None)
    place = _end_of_table(written, lines[last]) if last else len(written)
    column = _column(written[lines[("sources", last[1])] : place]) if last else 0
    block = source_tables(sources, column).replace("\n", end)
    before, after = written[:place], written[place:]
    if before and not before[-1].endswith("\n"):
        before[-1] += end
    gap = end if before and before[-1].strip() else ""
    rest = end if after and after[0].strip() else ""
    return "".join([*before, gap, block, rest, *after])


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text and not re.search(r"(?<!\r)\n", text) else "\n"


def _end_of_table(written: Sequence[str], start: int) -> int:
    """How many lines there are up to the end of the statement that begins in line ``start`` and of its comments."""
    end = start
    while end < len(written) and not _is_toml("".join(written[start - 1 : end])):
        end += 1
    comments = end
    while comments < len(written) and written[comments].lstrip().startswith("#"):
        comments += 1
    # Comments right above the next table are that one's.
    return comments if comments == len(written) or not written[comments].strip() else end


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _column(table: Sequence[str]) -> int:
    """Where the ``=`` of a table stand, if they stand below each other; else 0."""
    keys = [found for line in table if (found := _ASSIGNMENT.match(line))]
    columns = {len(key[1]) + len(key[2]) for key in keys}
    aligned = len(columns) == 1 and len({len(key[1]) for key in keys}) > 1
    return columns.pop() if aligned else 0


@contextmanager
def _turn(directory: Path) -> Iterator[None]:
    """Processes that add to a file in this directory take turns."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(target: Path, old: bytes, new: bytes, *, shown: Path, environ: Mapping[str, str]) -> None:
    """Write ``new`` beside the file, prove it, and put it in the file's place."""
    draft = target.with_name(f".{target.name}.tmp")
    draft.unlink(missing_ok=True)
    # Renaming would replace a file that is write-protected, too.
    with target.open("r+b") as current:
        was = os.fstat(current.fileno())
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(new)
            file.flush()
            with suppress(PermissionError):
                os.fchown(file.fileno(), was.st_uid, was.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
            os.fsync(file.fileno())
        try:
            load(draft, environ)
        except ConfigError as error:
            places = (replace(one, where=one.where.replace(str(draft), str(shown))) for one in error.problems)
            raise ConfigError(tuple(places)) from error
        if target.read_bytes() != old:
            raise _failure(shown, "The file was changed by somebody else meanwhile.", "Nothing was added: try again.")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _failure(file: Path, what: str, mend: str = "") -> ConfigError:
    return ConfigError([Problem(code=ConfigError.code, where=str(file), what=what, mend=mend)])
