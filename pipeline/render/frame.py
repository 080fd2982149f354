"""What issues and notices are made with alike: templates, words and style sheet, and how they come together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from markupsafe import Markup

from pipeline.catalogues import Catalogues, Tone, Words
from pipeline.domain.markup import text_direction
from pipeline.render.inline import Inliner
from pipeline.render.look import Brand, Look
from pipeline.render.part import COLUMN
from pipeline.render.plain import WIDTH, underlined, wrapped
from pipeline.render.templates import Context, Templates, escaping, trusted
from pipeline.render.words import number

_SLOT = re.compile(r"__SLOT_([a-z_]+)__")
_BLANK_LINES = re.compile(r"\n{3,}")


class Frame:
    """The templates of some directories; those of the first stand before the others'.

    Each directory is one with an ``email`` folder, and may have a ``locale`` folder with catalogues.
    """

    def __init__(self, directories: Sequence[Path], tone: Tone) -> None:
        self.templates = Templates([directory / "email" for directory in directories])
        self.catalogues = Catalogues([directory / "locale" for directory in directories], tone)
        self._inliner = lru_cache(maxsize=64)(self._make_inliner)

    def words(self, look: Look) -> Words:
        return self.catalogues.words(look.language)

    def page(self, look: Look, template: str, context: Mapping[str, object]) -> str:
        """A whole document, inlined."""
        html = self.templates.render(f"{template}.html.j2", self.context(look, context, html=True))
        return self._inliner(look.brand).document(html)

    def part(self, look: Look, template: str, context: Mapping[str, object], around: str) -> str:
        """A part of a document, inlined.  ``around`` is the language of its text."""
        words = self.words(look)
        marked = {
            "words_attributes": marked_language(words.language, around),
            "day_attributes": marked_language(look.language, around),
        }
        html = self.templates.render(template, {**self.context(look, context, html=True), **marked})
        return self._inliner(look.brand).part(html)

    def text(self, look: Look, template: str, context: Mapping[str, object]) -> str:
        """A text part: no line ends in spaces, and no two empty lines follow each other."""
        text = self.templates.render(f"{template}.txt.j2", self.context(look, context, html=False))
        lines = "\n".join(line.rstrip() for line in text.split("\n"))
        return _BLANK_LINES.sub("\n\n", lines).strip("\n") + "\n"

    def context(self, look: Look, context: Mapping[str, object], *, html: bool) -> Context:
        words = self.words(look)
        return {
            "look": look,
            "brand": look.brand,
            "column": COLUMN,
            "dir": text_direction(look.language),
            "words_attributes": marked_language(words.language, look.language),
            **(_html_words(words, look.language) if html else _text_words(words, look.language)),
            **context,
        }

    def _make_inliner(self, brand: Brand) -> Inliner:
        return Inliner(self.templates.render("style.css", {"brand": brand, "column": COLUMN}))


def slot(name: str) -> Markup:
    """What stands in a page until `filled` puts the text there, so that the page can be kept for many."""
    return trusted(f"__SLOT_{name}__")


def filled(page: str, texts: Mapping[str, str], html: Mapping[str, str]) -> str:
    """In one pass, so that what is filled in is never searched for slots itself."""
    values = {**{name: escape(text) for name, text in texts.items()}, **html}
    return _SLOT.sub(lambda found: values.get(found[1], found[0]), page)


def marked_language(language: str, around: str) -> Markup:
    """Attributes for an element whose text is in another language than what it stands in; else nothing."""
    if language.lower().split("-")[0] == around.lower().split("-")[0]:
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(language, text_direction(language))


def _html_words(words: Words, language: str) -> Context:
    return {
        "_": lambda message, **values: escaping(words.gettext(message)).format(**values),
        "ngettext": lambda one, many, n, **values: escaping(words.ngettext(one, many, n)).format(
            count=number(n, language), **values
        ),
    }


def _text_words(words: Words, language: str) -> Context:
    return {
        "_": lambda message, **values: words.gettext(message).format(**values),
        "ngettext": lambda one, many, n, **values: words.ngettext(one, many, n).format(
            count=number(n, language), **values
        ),
        "wrapped": wrapped,
        "underlined": underlined,
        "width": WIDTH,
    }
