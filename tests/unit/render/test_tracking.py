"""What a message looks like whose links are counted."""

from __future__ import annotations

from html import unescape

import pytest

from pipeline.audience.tokens import TokenKeys
from pipeline.audience.tracked_links import PIXEL, TrackedLinks
from pipeline.domain.ledger import IssueId
from pipeline.domain.message import Message
from pipeline.render.tracking import tracked, untracked

SITE = "https://news.example.org"
LINKS = TrackedLinks(SITE, TokenKeys(b"k" * 32))
ISSUE = IssueId(7)
HTML = (
    '<html><body><p><a class="x" href="https://example.org/a?b=1&amp;c=ü">A</a> '
    '<a href="https://news.example.org/archive/x">im Browser</a> '
    '<a href="https://news.example.org/unsubscribe/__SUBST_unsubscribe_url__">Abmelden</a> '
    '<a href="__SUBST_preferences_url__">Themen</a> '
    '<a href="mailto:redaktion@example.org">Post</a> <a href="#oben">oben</a></p></body></html>'
)
MESSAGE = Message(from_="a@example.org", subject="S", html=HTML, text="https://example.org/a")


def link(url: str, counted: str) -> str:
    return LINKS.link(ISSUE, url, counted)


def pixel(counted: str) -> str:
    return LINKS.pixel(ISSUE, counted)


def test_links_of_articles_lead_over_the_site_and_all_others_stay() -> None:
    html = tracked(MESSAGE, link, None, {"https://news.example.org/archive/x"}).html
    assert html.count("/t/__SUBST_counted__/7/") == 1
    for stays in (
        'href="https://news.example.org/archive/x"',
        'href="https://news.example.org/unsubscribe/__SUBST_unsubscribe_url__"',
        'href="__SUBST_preferences_url__"',
        'href="mailto:redaktion@example.org"',
        'href="#oben"',
    ):
        assert stays in html
    assert "<img" not in html


def test_text_and_subject_are_never_changed() -> None:
    message = tracked(MESSAGE, link, pixel)
    assert (message.text, message.subject, message.headers) == (MESSAGE.text, MESSAGE.subject, MESSAGE.headers)


def test_what_differs_per_recipient_is_one_merge_field() -> None:
    message = tracked(MESSAGE, link, pixel)
    assert message.fields - MESSAGE.fields == {"counted"}
    assert message.html.count("<img ") == 1


@pytest.mark.parametrize("end", ["</body></html>", "</BODY >\n</html>", ""])
def test_the_picture_stands_at_the_end_of_the_body(end: str) -> None:
    html = tracked(Message(from_="a", subject="", html=f"<p>x</p>{end}", text=""), None, pixel).html
    assert html == f'<p>x</p><img src="{pixel("__SUBST_counted__")}" width="1" height="1" alt="">{end}'


def test_everybody_on_the_web_gets_it_as_it_was_before() -> None:
    assert untracked(tracked(MESSAGE, link, pixel).html) == HTML
    assert untracked(HTML) == HTML


def test_an_address_says_where_it_leads_and_can_not_be_made_to_lead_elsewhere() -> None:
    url = "https://example.org/a?b=1&c=ü"
    made = link(url, "y")
    assert made.startswith(f"{SITE}/t/y/7/")
    assert unescape(made).endswith("?u=https://example.org/a%3Fb%3D1%26c%3D%C3%BC")
    mac = made.split("/")[6].partition("?")[0]
    assert LINKS.is_ours(7, url, mac)
    assert not LINKS.is_ours(8, url, mac)
    assert not LINKS.is_ours(7, "https://evil.example/", mac)
    assert not LINKS.is_ours(7, url, mac[:-1])
    assert not LINKS.is_ours(7, url, "ü" * 20)
    assert not LINKS.is_ours(7, "", mac)
    assert pixel("y").endswith(PIXEL)


def test_links_in_old_mail_work_after_the_key_was_changed() -> None:
    mac = link("https://example.org/", "y").split("/")[6].partition("?")[0]
    newer = TrackedLinks(SITE, TokenKeys(b"n" * 32, [b"k" * 32]))
    assert newer.is_ours(7, "https://example.org/", mac)
    assert not TrackedLinks(SITE, TokenKeys(b"n" * 32)).is_ours(7, "https://example.org/", mac)
