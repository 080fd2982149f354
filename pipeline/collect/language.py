"""Which language a text is in, and how languages are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LETTERS_NEEDED = 20
_LETTERS_READ = 4000
_SURE = 0.5
_WORD = re.compile(r"[^\W\d_]+")
_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")

# An article's worth of text gives its language away by its small words.  They cost nothing; the model costs a second
# to load and 125 MB to keep, so it is asked only about what they leave open.
_GERMAN = (
    "aber als am an auch auf aus bei bis das dass dem den der des die doch durch ein eine einem einen einer eines er "
    "es für hat ich im ist kann mehr mit nach nicht noch nur oder sein sich sie sind so um und unter vom von vor war "
    "was wenn werden wie wir wird wurde zu zum zur über"
)
_ENGLISH = (
    "a an and are as at be been but by can for from had has have he i in into is it its more not of on or our she so "
    "than that the their there they this to was we were what when which who will with would you"
)
_SMALL_WORDS = {"de": frozenset(_GERMAN.split()), "en": frozenset(_ENGLISH.split())}
_loading = Lock()
_WORDS_NEEDED = 40
_SHARE_NEEDED = 0.22
_SHARE_ALLOWED = 0.09


def language_tag(raw: str | None) -> str | None:
    """A BCP 47 tag in its usual case (``de-AT``), or None where it is none."""
    match = _TAG.fullmatch((raw or "").strip())
    if match is None:
        return None
    subtags = match[2].replace("_", "-").split("-")[1:]
    return "-".join([match[1].lower(), *(_subtag(subtag) for subtag in subtags)])


def _subtag(subtag: str) -> str:
    region, script = 2, 4
    if len(subtag) == region:
        return subtag.upper()
    return subtag.title() if len(subtag) == script else subtag.lower()


def detect_language(text: str, candidates: Sequence[str] = ("de", "en")) -> str | None:
    """The language of plain ``text`` as an ISO 639 code, or None where it is too short or not surely a candidate.

    No ``candidates`` means any language.  A text in a language that is not among them is None, not the nearest one.
    """
    start = text[:_LETTERS_READ]
    words = _WORD.findall(start.casefold())
    if sum(map(len, words)) < _LETTERS_NEEDED:
        return None
    language = _by_small_words(words) or _by_model(start)
    return language if not candidates or language in candidates else None


def _by_small_words(words: Sequence[str]) -> str | None:
    if len(words) < _WORDS_NEEDED:
        return None
    counts = Counter(words)
    shares = {language: sum(counts[word] for word in small) / len(words) for language, small in _SMALL_WORDS.items()}
    best = max(shares, key=shares.__getitem__)
    others = [share for language, share in shares.items() if language != best]
    return best if shares[best] >= _SHARE_NEEDED and max(others) <= _SHARE_ALLOWED else None


def _by_model(text: str) -> str | None:
    # Over all languages, not only the candidates: asked to choose between German and English, it is sure of Spanish.
    with _loading:
        # Or each of many threads would load it.
        identifier = _identifier()
    language, probability = identifier.classify(text)
    return language if probability >= _SURE else None


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - a second, and only when needed

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
