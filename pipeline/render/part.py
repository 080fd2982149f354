"""An article as the templates see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from pipeline.domain.article import Article, Content, Enclosure, Picture
from pipeline.domain.markup import article_html, content_direction
from pipeline.domain.pictures import PictureCopy
from pipeline.render.foreign import DENSITY, mail_html
from pipeline.render.forms import Form
from pipeline.render.look import Look
from pipeline.render.phrasing import TEASER_LIMIT, one_line, shortened, title_of
from pipeline.render.plain import Footnotes, plain_text
from pipeline.render.templates import trusted
from pipeline.render.words import day, unbroken

COLUMN = 536
"""The width of the article column in pixels: `style.css` has the same number."""

BESIDE = 720
"""How many pixels a picture beside a text has: on a phone it stands above it, as wide as the screen."""

_MARK = "__SUBST_"
# A word joiner: invisible, and no merge field is found any more.
_DEFUSED = "_\u2060_SUBST_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePart:
    """The context of ``article.html.j2``, and an element of ``issue.articles`` in a text template.

    ``url`` is "" for an article that has no page; ``html`` is the body for mail ("" unless the form is full),
    ``text`` its plain text with ``notes`` as its footnotes; ``day`` is written out.  ``level`` is the headline's (1 or
    2).  ``tall`` tells a picture that is higher than wide.  ``section`` is the heading that stands before it, "" for
    none.  ``lead`` marks the first article, ``opens_list`` the first of those that are only links, where they
    have no section.
    """

    form: Form
    section: str
    title: str
    url: str
    teaser: str
    topics: tuple[str, ...]
    names: tuple[str, ...]
    day: str
    language: str
    dir: str
    level: int
    lead: bool
    opens_list: bool
    picture: Picture | None
    tall: bool
    enclosures: tuple[Enclosure, ...]
    html: Markup
    text: str
    notes: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how an article stands in its message; with the article it decides all of its part."""

    form: Form
    level: int
    lead: bool
    opens_list: bool = False
    section: str = ""


def places(forms: Sequence[Form], sections: Sequence[str] = ()) -> tuple[Place, ...]:
    """The places of an issue's articles in order.  A section's heading stands before its first article."""
    level = 1 if len(forms) == 1 else 2
    first_link = forms.index(Form.LINK) if Form.LINK in forms else None
    headings = [name if name != before else "" for before, name in zip(["", *sections], sections, strict=False)]
    return tuple(
        Place(
            form,
            level,
            number == 0,
            number == first_link and number > 0 and not any(sections[number : number + 1]),
            defused(one_line(heading)),
        )
        for number, (form, heading) in enumerate(zip(forms, headings or [""] * len(forms), strict=True))
    )


def teaser_of(content: Content) -> str:
    """The teaser, or the beginning of the article where there is none."""
    teaser = content.teaser or plain_text(content.html, Footnotes(), width=10_000)
    return defused(shortened(teaser, TEASER_LIMIT))


def html_part(article: Article, url: str, place: Place, look: Look, copies: Sequence[PictureCopy] = ()) -> ArticlePart:
    """For the HTML part: without the plain text.  ``copies`` are those that we have of its pictures."""
    html = ""
    if place.form is Form.FULL:
        body, there = article_html(article.content), look.pictures_url
        html = mail_html(body, width=COLUMN, level=place.level, copies=copies, copies_url=there)
    part = _part(article, url, place, look, html=html)
    part = replace(part, day=unbroken(part.day))
    copy = part.picture and next((one for one in copies if one.url == part.picture.url), None)
    if not part.picture or not copy:
        return part
    size = copy.at_least(DENSITY * COLUMN if place.lead else BESIDE)
    shown = replace(part.picture, url=f"{look.pictures_url}/{size.name}", width=copy.width, height=copy.height)
    return replace(part, picture=shown, tall=copy.height > copy.width)


def text_part(article: Article, url: str, place: Place, look: Look, first_note: int) -> tuple[ArticlePart, int]:
    """For the text part: without the HTML.  Footnotes count from ``first_note``; the next free number is returned."""
    notes = Footnotes(first_note)
    text = plain_text(article_html(article.content), notes) if place.form is Form.FULL else ""
    part = _part(article, url, place, look, text=text, notes=notes.lines())
    return part, first_note + len(notes.urls)


def _part(
    article: Article, url: str, place: Place, look: Look, *, html: str = "", text: str = "", notes: str = ""
) -> ArticlePart:
    content = article.content
    picture = content.picture if content.picture and _on_the_web(content.picture.url) else None
    return ArticlePart(
        form=place.form,
        section=place.section,
        level=place.level,
        lead=place.lead,
        opens_list=place.opens_list,
        title=defused(title_of(content, look.title)),
        url=defused(url),
        teaser=teaser_of(content),
        topics=tuple(map(defused, content.topics)),
        names=tuple(defused(author.name) for author in content.authors),
        day=day(article.published, look.language, look.timezone),
        language=content.language or look.language,
        dir=content_direction(content),
        picture=picture and replace(picture, url=defused(picture.url or ""), alt=defused(picture.alt)),
        tall=bool(picture and (picture.height or 0) > (picture.width or 0)),
        enclosures=tuple(
            replace(enclosure, url=defused(enclosure.url), title=defused(one_line(enclosure.title or "")))
            for enclosure in content.enclosures
            if _on_the_web(enclosure.url)
        ),
        html=trusted(defused(html)),
        text=defused(text),
        notes=defused(notes),
    )


def _on_the_web(url: str | None) -> bool:
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


def defused(foreign: str) -> str:
    """Foreign text in which no merge field is found: an article must not ask for a reader's own links."""
    return foreign.replace(_MARK, _DEFUSED)
