"""A variant of an issue becomes a message.

Layout and articles are rendered and inlined apart and remembered, then put together: what variants share is
inlined once.  In the layout the texts that differ between variants are slots until then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from pathlib import Path

from markupsafe import Markup

from pipeline.domain.article import Article
from pipeline.domain.markup import text_direction
from pipeline.domain.message import Message
from pipeline.errors import RenderError
from pipeline.render.forms import LIMIT, TRIM_ABOVE, Form, fitted, wanted
from pipeline.render.headers import host, list_headers
from pipeline.render.inline import Inliner
from pipeline.render.look import Brand, Look, VariantFacts
from pipeline.render.part import COLUMN, ArticlePart, Place, defused, html_part, places, teaser_of, text_part
from pipeline.render.phrasing import preheader, subject
from pipeline.render.plain import WIDTH, underlined, wrapped
from pipeline.render.templates import Context, Templates, escaping, trusted
from pipeline.render.words import Words, day

_SLOT = re.compile(r"__SLOT_([a-z]+)__")
_SLOTS = ("subject", "preheader", "date", "articles")
_BLANK_LINES = re.compile(r"\n{3,}")
_KEPT = 1024
# Bytes, and some more than it has, of the heading above the articles that are only links.
_LIST_HEADING = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """What templates see of an issue.

    In HTML ``subject``, ``preheader``, ``date`` and ``articles`` (all of them, rendered) are slots, to be printed and
    not to be computed with; ``count`` and ``single`` are real.  In text all are real, and ``articles`` is a sequence.
    """

    subject: str
    preheader: str
    date: str
    articles: Markup | Sequence[ArticlePart]
    count: int
    single: bool
    cadence: str


class Renderer:
    """Renders variants with the templates of some directories; those of the first stand before the others'.

    Each directory is one with an ``email`` folder.  Keep a renderer for many variants: it remembers their parts.
    Instances may be shared by threads.
    """

    def __init__(self, templates: Sequence[Path]) -> None:
        self._templates = Templates([directory / "email" for directory in templates])
        self._inliner = lru_cache(maxsize=64)(self._make_inliner)
        self._html_part = lru_cache(maxsize=_KEPT)(self._render_html_part)
        self._text_part = lru_cache(maxsize=_KEPT)(text_part)

    def render(self, look: Look, facts: VariantFacts) -> Message:
        """The message; the same for the same input.  Its merge fields are ``greeting`` and ``unsubscribe_url``.

        Raises `RenderError` for a template that fails, and for an issue that is too long even as a list of links.
        """
        if not facts.articles:
            raise RenderError("An issue without articles can't be mailed.", where=f"newsletter {look.name}")
        contents = [article.content for article, _ in facts.articles]
        words = Words.of(look.language)
        slots = {
            "subject": defused(subject(contents, words, look.title)),
            "preheader": preheader([teaser_of(content) for content in contents[:1]]),
            "date": day(facts.slot, look.language, look.timezone),
        }

        layout = self._layout(look, facts)
        forms = self._forms(look, facts, room=TRIM_ABOVE - _LIST_HEADING - _bytes(_filled(layout, slots, "")))
        parts = self._html_parts(look, facts, places(forms))
        html = _filled(layout, slots, "".join(parts))
        size = _bytes(html)
        if size > LIMIT:
            raise RenderError(
                f"The message has {size} bytes of HTML even in its shortest form; mail clients cut it off at {LIMIT}.",
                where=f"newsletter {look.name}, {len(contents)} articles",
                mend="Let it come more often, or carry fewer topics.",
            )
        return Message(
            from_=look.from_,
            reply_to=look.reply_to,
            subject=slots["subject"],
            html=html,
            text=self._text(look, facts, forms, slots),
            headers=list_headers(look, facts),
            message_id_domain=_domain(look),
        )

    def _layout(self, look: Look, facts: VariantFacts) -> str:
        """The page with its slots."""
        context = self._context(look, facts, {name: trusted(f"__SLOT_{name}__") for name in _SLOTS}, html=True)
        return self._inliner(look.brand).document(self._templates.render(f"{look.template}.html.j2", context))

    def _forms(self, look: Look, facts: VariantFacts, room: int) -> tuple[Form, ...]:
        linked = [bool(url) for _, url in facts.articles]
        forms = wanted(look.template, linked)
        by_position = places(forms)

        def size(position: int, form: Form) -> int:
            article, url = facts.articles[position]
            return _bytes(self._html_part(article, url, replace(by_position[position], form=form), look))

        return fitted(forms, linked, size, room)

    def _html_parts(self, look: Look, facts: VariantFacts, by_position: Sequence[Place]) -> Iterator[str]:
        for (article, url), place in zip(facts.articles, by_position, strict=True):
            yield self._html_part(article, url, place, look)

    def _render_html_part(self, article: Article, url: str, place: Place, look: Look) -> str:
        part = html_part(article, url, place, look)
        words = Words.of(look.language)
        context: Context = {
            "article": part,
            "look": look,
            "column": COLUMN,
            "words_attributes": _marked(words.language, part.language),
            "day_attributes": _marked(look.language, part.language),
            **_html_words(words),
        }
        return self._inliner(look.brand).part(self._templates.render("article.html.j2", context))

    def _text(self, look: Look, facts: VariantFacts, forms: tuple[Form, ...], slots: Mapping[str, str]) -> str:
        parts, note = [], 1
        for (article, url), place in zip(facts.articles, places(forms), strict=True):
            part, note = self._text_part(article, url, place, look, note)
            parts.append(part)
        context = self._context(look, facts, {**slots, "articles": tuple(parts)}, html=False)
        text = self._templates.render(f"{look.template}.txt.j2", context)
        lines = "\n".join(line.rstrip() for line in text.split("\n"))
        return _BLANK_LINES.sub("\n\n", lines).strip("\n") + "\n"

    def _context(self, look: Look, facts: VariantFacts, texts: Mapping[str, object], *, html: bool) -> Context:
        count = len(facts.articles)
        words = Words.of(look.language)
        issue = IssueView(
            **texts,  # type: ignore[arg-type]  # the four names of _SLOTS
            count=count,
            single=count == 1,
            cadence=words.cadence(facts.cadence),
        )
        return {
            "issue": issue,
            "look": look,
            "dir": text_direction(look.language),
            "words_attributes": _marked(words.language, look.language),
            **(_html_words(words) if html else _text_words(words)),
        }

    def _make_inliner(self, brand: Brand) -> Inliner:
        return Inliner(self._templates.render("style.css", {"brand": brand, "column": COLUMN}))


def _filled(layout: str, texts: Mapping[str, str], articles: str) -> str:
    """In one pass, so that what is filled in is never searched for slots itself."""
    values = {name: escape(text) for name, text in texts.items()} | {"articles": articles}
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), layout)


def _bytes(html: str) -> int:
    return len(html.encode("utf-8", "replace"))


def _marked(language: str, around: str) -> Markup:
    """Attributes for an element whose text is in another language than what it stands in; else nothing."""
    if language.lower().split("-")[0] == around.lower().split("-")[0]:
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(language, text_direction(language))


def _html_words(words: Words) -> Context:
    return {
        "_": lambda message, **values: escaping(words.gettext(message)).format(**values),
        "ngettext": lambda one, many, n, **values: escaping(words.ngettext(one, many, n)).format(count=n, **values),
    }


def _text_words(words: Words) -> Context:
    return {
        "_": lambda message, **values: words.gettext(message).format(**values),
        "ngettext": lambda one, many, n, **values: words.ngettext(one, many, n).format(count=n, **values),
        "wrapped": wrapped,
        "underlined": underlined,
        "width": WIDTH,
    }


def _domain(look: Look) -> str:
    """The sender's: a Message-ID on the right of which stands the domain that signs it."""
    domain = look.from_.rpartition("@")[2].strip(" <>")
    return host(f"//{domain}") if domain else host(look.site_url)
