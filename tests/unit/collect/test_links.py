from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.links import _NORMAL, _normal, link_url, web_url

BASE = "https://blog.example.org/2025/post.html?x=1"


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://x.example/a?b=c&d=e#f", "https://x.example/a?b=c&d=e#f"),
        ("../a b.png", "https://blog.example.org/a%20b.png"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("?page=2", "https://blog.example.org/2025/post.html?page=2"),
        ("  https://x.example/\n a ", "https://x.example/%20a"),
        ("ht\ntps://x.example/", "https://x.example/"),
        ("HTTPS://X.Example/%c3%a4", "https://x.example/%C3%A4"),
        ("https://bücher.example/ä?q=ö", "https://xn--bcher-kva.example/%C3%A4?q=%C3%B6"),
        ("https://x.example/a/./b/../c", "https://x.example/a/c"),
        ("https://x.example:8080", "https://x.example:8080"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_links_become_absolute_and_ascii(raw: str, url: str) -> None:
    assert web_url(raw, BASE) == url
    assert url.isascii()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "ftp://x.example/",
        "http://[",
        "http://",
        "https://x.example:port/",
        "https://" + "ä" * 100 + ".example/",
        "https://x.example/" + "a" * 9000,
        "mailto:a@b.de",
    ],
)
def test_what_is_no_web_address_is_none(raw: str) -> None:
    assert web_url(raw, BASE) is None


def test_a_relative_reference_without_a_base_is_none() -> None:
    assert web_url("/x") is None


def test_mail_and_telephone_are_links_but_no_web_addresses() -> None:
    assert link_url("mailto:a@b.de?subject=Grüße an dich") == "mailto:a@b.de?subject=Gr%C3%BC%C3%9Fe%20an%20dich"
    assert link_url("tel:+49-30-1234") == "tel:+49-30-1234"
    assert link_url("mailto:") is None


@given(st.text(max_size=40), st.sampled_from([None, BASE]))
def test_an_absolute_link_stays_as_it_is(raw: str, base: str | None) -> None:
    for reference in (raw, f"https://x.example/{raw}"):
        url = link_url(reference, base)
        assert url is None or link_url(url) == url


@given(st.from_regex(_NORMAL, fullmatch=True))
def test_what_is_taken_as_it_is_needs_no_change(url: str) -> None:
    assert _normal(url) == url
