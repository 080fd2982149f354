from __future__ import annotations

from lxml import html as lxml_html

from pipeline.domain.message import filled
from pipeline.render.web_page import web_page
from tests.fakes.mailing import MESSAGE

FOOT = (
    '<p>Du bekommst das.&nbsp;·&nbsp; <a href="__SUBST_unsubscribe_url__">Abmelden</a> &nbsp;·&nbsp; '
    '<a href="__SUBST_preferences_url__">Themen</a> &nbsp;·&nbsp; <a href="https://a.example/">Archiv</a></p>'
)
PAGE = (
    "<!DOCTYPE html><html lang='de'><head><title>Neues</title></head><body>"
    '<p class="date">Heute &nbsp;·&nbsp; <a href="https://a.example/1">Im Browser ansehen</a></p>'
    '<p class="greeting">__SUBST_greeting__ hier ist Neues:</p><h1>Neues</h1>'
    f'<p class="foot mail-only">Weil du es wolltest.</p>{FOOT}</body></html>'
)


def test_a_page_for_everybody_has_nothing_of_one_reader() -> None:
    page = web_page(
        PAGE, page_url="https://a.example/1", head='<link rel="canonical" href="x">', above="<nav>Hoch</nav>"
    )
    text = " ".join(lxml_html.document_fromstring(page).text_content().split())
    assert text == "Neues Hoch Heute Neues Du bekommst das. Archiv" or text.endswith("Archiv")
    for gone in ("SUBST", "Abmelden", "Themen", "Im Browser", "hier ist", "Weil du"):
        assert gone not in page
    assert page.index("<nav>") < page.index("<h1>")
    assert '<link rel="canonical" href="x">' in page


def test_what_divided_links_goes_with_them() -> None:
    page = web_page(f"<html><body>{FOOT}</body></html>", page_url="", head="", above="<nav></nav>")
    (foot,) = lxml_html.document_fromstring(page).iter("p")
    assert " ".join(foot.text_content().split()) == "Du bekommst das. · Archiv"


def test_a_value_that_looks_like_a_merge_field_is_none() -> None:
    link = "https://news.example.org/unsubscribe/a"
    message = filled(MESSAGE, {"unsubscribe_url": f"{link}?__SUBST_greeting__&<b>"})
    assert message.fields == frozenset()
    assert "&lt;b&gt;" in message.html
    assert "<b>" in message.text
