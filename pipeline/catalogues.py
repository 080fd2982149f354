"""What is said to readers, by language: gettext catalogues, ``LANGUAGE.po``, found in several directories.

The English words are the keys.  A catalogue is read when its language is first asked for; a language without one gets
the English words.  A catalogue may leave out what another says for it: ``de_AT`` takes from ``de``, and
``de@informal``, which is asked for where readers are on first-name terms, says only what it says differently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations

from pipeline.errors import RenderError

Tone = Literal["formal", "informal"]
"""How readers are spoken to, in languages that tell the two apart: as *Sie* or as *du*."""

_SOURCE = "en"
_NAMED = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.  ``language`` is the one they are really in."""

    language: str
    translations: NullTranslations

    def gettext(self, message: str) -> str:
        return self.translations.gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.translations.ngettext(singular, plural, count)

    def greeting(self, name: str) -> str:
        """The value of the merge field ``greeting``: "Hello Anna," or, for an empty name, "Hello,"."""
        if not name.isprintable():
            name = "".join(c if c.isprintable() else " " for c in name)
        name = " ".join(name.split())
        return self.gettext("Hello {name},").format(name=name) if name else self.gettext("Hello,")


class Catalogues:
    """The catalogues of some directories; what those of the first say stands before the others'."""

    def __init__(self, directories: Sequence[Path], tone: Tone = "formal") -> None:
        self._directories = tuple(directories)
        self._modifiers = ("@informal", "") if tone == "informal" else ("",)
        self.words = lru_cache(maxsize=256)(self._words)

    def speaks(self, language: str) -> bool:
        """Whether there is a catalogue for it; English needs none."""
        return _base(self.words(language).language) == _base(language)

    @property
    def version(self) -> str:
        """Changes with any of the files, and with the tone."""
        digest = sha256(repr(self._modifiers).encode())
        for directory in self._directories:
            for file in sorted(directory.glob("*.po")):
                digest.update(file.name.encode() + b"\n" + file.read_bytes())
        return digest.hexdigest()

    def _words(self, language: str) -> Words:
        """Raises `RenderError` for a catalogue that can't be used, with its file and line."""
        named = [(name, catalogue) for name in _names(language) for catalogue in self._named(name)]
        if not named:
            return Words(_SOURCE, NullTranslations())
        for (_, first), (_, second) in pairwise(named):
            first.add_fallback(second)
        return Words(named[0][0].replace("_", "-"), named[0][1])

    def _named(self, name: str) -> list[Translations]:
        return [
            _read(file)
            for modifier in self._modifiers
            for directory in self._directories
            if (file := directory / f"{name}{modifier}.po").is_file()
        ]


def languages(directories: Sequence[Path]) -> list[str]:
    """The languages that have a catalogue, and English, as BCP 47 tags."""
    stems = {file.stem for directory in directories for file in directory.glob("*.po") if "@" not in file.stem}
    return sorted({_SOURCE, *(stem.replace("_", "-") for stem in stems)})


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a BCP 47 tag, by which dates and numbers are written; English for one that is not known."""
    try:
        return Locale.parse(language, sep="-" if "-" in language else "_")
    except (UnknownLocaleError, ValueError):
        base = _base(language)
        return locale_of(base) if base != language else Locale(_SOURCE)


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _names(language: str) -> list[str]:
    """From the whole tag to its first part: zh_Hant_TW, zh_Hant, zh."""
    subtags = language.replace("-", "_").split("_")
    subtags[0] = subtags[0].lower()
    return ["_".join(subtags[:length]) for length in range(len(subtags), 0, -1)]


def _read(file: Path) -> Translations:
    try:
        # The locale has the rule for plurals that is used where the file names none.
        locale = locale_of(file.stem.partition("@")[0].replace("_", "-"))
        catalogue: Catalog = read_po(BytesIO(file.read_bytes()), locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise RenderError(f"The catalogue has a mistake: {error}.", where=f"{file}:{error.lineno + 1}") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RenderError(f"The catalogue can't be read: {error}.", where=str(file)) from error
    for message in catalogue:
        sources, texts = (
            one if isinstance(one, list | tuple) else (one or "",) for one in (message.id, message.string)
        )
        known = {name for source in sources for name in _NAMED.findall(source)}
        if message.id and (strange := {name for text in texts for name in _NAMED.findall(text or "")} - known):
            raise RenderError(
                f"The words “{sources[0]}” have no {{{min(strange)}}} to put in.",
                where=f"{file}:{message.lineno}",
                mend=f"They may use {', '.join(f'{{{name}}}' for name in sorted(known))}." if known else "",
            )
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
