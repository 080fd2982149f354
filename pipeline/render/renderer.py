"""A variant of an issue becomes a message.

Layout and articles are rendered and inlined apart and remembered, then put together: what variants share is
inlined once.  In the layout the texts that differ between variants are slots until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from pipeline.catalogues import Tone
from pipeline.domain.article import Article
from pipeline.domain.message import Message
from pipeline.domain.pictures import PictureCopy
from pipeline.errors import RenderError
from pipeline.render.forms import LIMIT, TRIM_ABOVE, Form, fitted, form_of, wanted
from pipeline.render.frame import Frame, filled, slot
from pipeline.render.headers import list_headers, sender_domain
from pipeline.render.look import Correction, Look, VariantFacts
from pipeline.render.notices import Notice, notice_message
from pipeline.render.part import ArticlePart, Place, defused, html_part, places, teaser_of, text_part
from pipeline.render.phrasing import one_line, preheader, subject
from pipeline.render.words import cadence_sentence, day, unbroken

_KEPT = 1024
# Bytes, and some more than they have, of the headings above articles.
_HEADING = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView:
    """What templates see of a `Correction`; ``day`` is that of the issue that carried the article, written out."""

    title: str
    url: str
    day: str
    retracted: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """What templates see of an issue.

    In HTML ``subject``, ``preheader``, ``date``, ``page_url`` ("" if there is none) and ``articles`` (all of them,
    rendered) are slots, to be printed and not to be computed with; the rest is real.  In text all are real, and
    ``articles`` is a sequence.
    """

    subject: str
    preheader: str
    date: str
    page_url: str
    articles: Markup | Sequence[ArticlePart]
    corrections: Sequence[CorrectionView]
    count: int
    single: bool
    cadence: str


class Renderer:
    """Renders variants and notices with the templates of some directories (`Frame`).

    Keep a renderer for many variants: it remembers their parts.  Instances may be shared by threads.
    """

    def __init__(self, templates: Sequence[Path], tone: Tone = "formal") -> None:
        self._frame = Frame(templates, tone)
        self._form = lru_cache(maxsize=64)(self._read_form)
        self._layout = lru_cache(maxsize=_KEPT)(self._render_layout)
        self._html_part = lru_cache(maxsize=_KEPT)(self._render_html_part)
        self._text_part = lru_cache(maxsize=_KEPT)(text_part)

    def greeting(self, name: str, language: str) -> str:
        """The value of the merge field ``greeting``."""
        return self._frame.catalogues.words(language).greeting(name)

    def notice(self, look: Look, notice: Notice) -> Message:
        """The message of that kind; its merge fields are those that `Notice` names for it."""
        return notice_message(self._frame, look, notice)

    def render(self, look: Look, facts: VariantFacts) -> Message:
        """The message; the same for the same input.

        Its merge fields are ``greeting`` and ``unsubscribe_url``, and ``preferences_url`` where the look has it.
        Raises `RenderError` for a template that fails, and for an issue that is too long even as a list of links.
        """
        if not facts.articles:
            raise RenderError("An issue without articles can't be mailed.", where=f"newsletter {look.name}")
        contents = [article.content for article, _ in facts.articles]
        slots = {
            "subject": defused(subject(contents, self._frame.words(look), look.title)),
            "preheader": preheader([teaser_of(content) for content in contents[:1]]),
            "date": day(facts.slot, look.language, look.timezone),
            "page_url": facts.page_url,
        }
        shown = {**slots, "date": unbroken(slots["date"])}
        corrections = [_correction(one, look) for one in facts.corrections]
        layout = self._layout(look, len(contents), facts.cadence, has_page=bool(facts.page_url))
        after = self._corrections(look, corrections)
        forms = self._forms(look, facts, room=TRIM_ABOVE - _bytes(filled(layout, shown, {"articles": after})))
        parts = self._html_parts(look, facts, places(forms, facts.sections))
        html = filled(layout, shown, {"articles": "".join([*parts, after])})
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
            text=self._text(look, facts, forms, slots, corrections),
            headers=list_headers(look, facts),
            message_id_domain=sender_domain(look),
        )

    def _read_form(self, template: str) -> Form:
        return form_of(template, self._frame.templates.setting(f"{template}.html.j2", "form"))

    def _render_layout(self, look: Look, count: int, cadence: str, *, has_page: bool) -> str:
        """The page with its slots."""
        texts: dict[str, object] = {name: slot(name) for name in ("subject", "preheader", "date", "articles")}
        texts["page_url"] = slot("page_url") if has_page else ""
        return self._frame.page(look, look.template, _shown(self._view(look, count, cadence, texts, ())))

    def _corrections(self, look: Look, corrections: Sequence[CorrectionView]) -> str:
        if not corrections:
            return ""
        return self._frame.part(look, "corrections.html.j2", {"corrections": corrections}, look.language)

    def _forms(self, look: Look, facts: VariantFacts, room: int) -> tuple[Form, ...]:
        linked = [bool(url) for _, url in facts.articles]
        forms = wanted(self._form(look.template), linked, facts.links_from)
        by_position = places(forms, facts.sections)
        headings = _HEADING * (1 + sum(bool(place.section) for place in by_position))

        def size(position: int, form: Form) -> int:
            article, url = facts.articles[position]
            place = replace(by_position[position], form=form)
            return _bytes(self._html_part(article, url, place, look, facts.copies.get(article.id, ())))

        return fitted(forms, linked, size, room - headings)

    def _html_parts(self, look: Look, facts: VariantFacts, by_position: Sequence[Place]) -> Iterator[str]:
        for (article, url), place in zip(facts.articles, by_position, strict=True):
            yield self._html_part(article, url, place, look, facts.copies.get(article.id, ()))

    def _render_html_part(
        self, article: Article, url: str, place: Place, look: Look, copies: tuple[PictureCopy, ...]
    ) -> str:
        part = html_part(article, url, place, look, copies)
        return self._frame.part(look, "article.html.j2", {"article": part}, part.language)

    def _text(
        self,
        look: Look,
        facts: VariantFacts,
        forms: tuple[Form, ...],
        slots: Mapping[str, str],
        corrections: Sequence[CorrectionView],
    ) -> str:
        parts, note = [], 1
        for (article, url), place in zip(facts.articles, places(forms, facts.sections), strict=True):
            part, note = self._text_part(article, url, place, look, note)
            parts.append(part)
        texts = {**slots, "articles": tuple(parts)}
        view = self._view(look, len(parts), facts.cadence, texts, corrections)
        return self._frame.text(look, look.template, _shown(view))

    def _view(
        self,
        look: Look,
        count: int,
        cadence: str,
        texts: Mapping[str, object],
        corrections: Sequence[CorrectionView],
    ) -> IssueView:
        return IssueView(
            **texts,  # type: ignore[arg-type]  # the five names of slots
            corrections=corrections,
            count=count,
            single=count == 1,
            cadence=cadence_sentence(self._frame.words(look), cadence),
        )


def _shown(view: IssueView) -> Mapping[str, object]:
    return {"issue": view, "mail": view}


def _correction(correction: Correction, look: Look) -> CorrectionView:
    return CorrectionView(
        title=defused(correction.title),
        url=defused(correction.url),
        day=day(correction.carried, look.language, look.timezone),
        retracted=correction.retracted,
        note=defused(one_line(correction.note)),
    )


def _bytes(html: str) -> int:
    return len(html.encode("utf-8", "replace"))
