from __future__ import annotations

from dataclasses import replace
from typing import get_args
from urllib.parse import quote

import pytest

from pipeline.config.preflight import Code
from pipeline.domain.message import Message
from pipeline.render import Brand, Look
from pipeline.render.findings import CODES, Level, Strictness
from pipeline.render.link_texts import misleading
from pipeline.render.preflight import preflight
from pipeline.render.tracking import tracked

LOOK = Look(
    name="n",
    title="N",
    from_="n@news.example.org",
    site_title="N",
    site_url="https://news.example.org/",
    brand=Brand(postal_address="Musterweg 1"),
)
OUT = '<a href="__SUBST_unsubscribe_url__">Leave</a>'
GOOD = Message(
    from_="n@news.example.org",
    subject="News",
    html=f"<html><body><p>Text</p>{OUT}</body></html>",
    text="Text\n__SUBST_unsubscribe_url__",
    headers=(
        ("List-Unsubscribe", "<__SUBST_unsubscribe_url__>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ),
)
FIELDS = {"greeting", "unsubscribe_url"}


def codes(message: Message, look: Look = LOOK) -> list[str]:
    return list(dict.fromkeys(one.code for one in preflight(message, look, FIELDS)))


def with_body(html: str) -> Message:
    return replace(GOOD, html=f"<html><body>{html}{OUT}</body></html>")


def test_a_good_message_has_no_findings() -> None:
    assert codes(GOOD) == []


def test_every_code_may_be_configured() -> None:
    assert set(get_args(Code)) == set(CODES)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<a href="/about">About</a>', ["link-address"]),
        ('<a href="javascript:alert(1)">x</a>', ["link-address"]),
        ('<a href="mailto:a@b.example">x</a><a href="tel:+49">y</a><a href="#top">z</a>', []),
        ('<a href="https://a.example"> </a>', ["link-unnamed", "text-parity"]),
        ('<a href="__SUBST_unsubscribe_url__"><img src="https://a.example/b.png" alt="B"></a>', []),
        ('<a href="https://evil.example/x">bank.test</a>', ["link-text", "text-parity"]),
        ('<img src="a.png" alt="A">', ["picture-address"]),
        ('<img src="https://a.example/a.png">', ["alt-missing"]),
        ('<img src="http://a.example/a.png" alt="">', ["picture-insecure"]),
        ('<img src="https://a.example/a.webp?x=1" alt="">', ["client"]),
        ('<div style="display:flex">x</div>', ["client"]),
        ('<div style="background:url(https://a.example/b.png)">x</div>', ["client"]),
        ("<video></video>", ["client"]),
        ('<p style="color:#999999">pale</p>', ["contrast"]),
        ('<div style="background-color:#222"><p style="color:#333">x</p></div>', ["contrast"]),
        ('<div style="display:none;color:#fff">hidden</div>', []),
        ("<div><p>x</div></p>", ["html-broken"]),
        ("__SLOT_subject__", ["merge-field"]),
        ("__SUBST_nobody__", ["merge-field"]),
        ("__SUBST_Broken", ["merge-field"]),
        ("<style>" + "p { color: red }" * 600 + "</style>", ["style-block"]),
        ("x" * 101_000, ["size-near"]),
        ("x" * 103_000, ["size"]),
    ],
)
def test_what_is_wrong_in_the_page_is_found(body: str, expected: list[str]) -> None:
    assert codes(with_body(body)) == expected


@pytest.mark.parametrize(
    ("text", "address", "sites"),
    [
        ("bank.test", "https://evil.example/login", ("bank.test", "evil.example")),
        ("https://www.bank.test/a", "https://evil.example", ("www.bank.test", "evil.example")),
        ("Log in at https://bank.test now", "https://evil.example", ("bank.test", "evil.example")),
        ("news.co.uk", "https://other.co.uk/", ("news.co.uk", "other.co.uk")),
        ("b\u0430nk.test", "https://bank.test", ("xn--bnk-6cd.test", "bank.test")),
        ("bank.test", "https://www.bank.test/x", None),
        ("https://bank.test", "http://login.bank.test/x", None),
        ("B\u00fccher.test", "https://xn--bcher-kva.test/", None),
        ("Node.js", "https://nodejs.example/", None),
        ("version 3.11", "https://python.example/", None),
        ("(https://bank.test).", "https://bank.test/", None),
        ("z.B.", "https://a.example/", None),
        ("anna@bank.test", "mailto:anna@bank.test", None),
        ("bank.test", "mailto:anna@evil.example", None),
        ("https://[", "https://evil.example/", None),
    ],
)
def test_a_link_leads_to_the_site_that_its_text_names(text: str, address: str, sites: tuple[str, str] | None) -> None:
    assert misleading(text, address) == sites


def test_a_link_that_is_counted_is_judged_by_where_it_leads_in_the_end() -> None:
    def through(target: str, field: str) -> str:
        return f"https://news.example.org/t/{field}/1?u={quote(target, safe='')}"

    honest = tracked(with_body('<a href="https://bank.test/x">bank.test</a>'), through, None)
    assert "link-text" not in codes(honest)
    false = tracked(with_body('<a href="https://evil.example/x">bank.test</a>'), through, None)
    assert "link-text" in codes(false)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": " "}, ["subject-empty"]),
        ({"subject": "w " * 40}, ["subject-cut"]),
        ({"subject": "w " * 80}, ["subject-long"]),
        ({"subject": "FREE MONEY FOR ALL"}, ["spam-words"]),
        ({"subject": "Jetzt zuschlagen!!"}, ["spam-words"]),
        ({"subject": "人工知能が世界を変える人工知能が世界"}, []),
        ({"text": "\n"}, ["unsubscribe", "text-empty"]),
        ({"headers": ()}, ["unsubscribe"]),
        ({"headers": GOOD.headers[:1]}, ["unsubscribe"]),
        ({"html": "<p>Nothing</p>"}, ["unsubscribe"]),
    ],
)
def test_what_is_wrong_around_the_page_is_found(changes: dict[str, object], expected: list[str]) -> None:
    assert codes(replace(GOOD, **changes)) == expected  # type: ignore[arg-type]


def test_a_publisher_without_an_address_is_told() -> None:
    assert codes(GOOD, replace(LOOK, brand=Brand())) == ["postal-address"]


def test_a_finding_says_where_and_how_to_mend_it() -> None:
    (found,) = preflight(with_body('<p><a class="x y" href="/about">About us</a></p>'), LOOK, FIELDS)
    assert (found.level, found.place) == (Level.ERROR, "HTML, <a class=x> “About us”")
    assert "/about" in found.what
    assert "https://" in found.mend
    assert str(found.problem("newsletter n")).startswith("newsletter n, HTML, <a class=x>")


def test_the_operator_decides_what_matters() -> None:
    message = with_body('<img src="http://a.example/a.webp">')
    strict = Strictness(ignore=frozenset({"client"}), errors=frozenset({"alt-missing"}))
    found = preflight(message, LOOK, FIELDS, strict)
    assert [(one.code, one.level) for one in found] == [
        ("alt-missing", Level.ERROR),
        ("picture-insecure", Level.NOTE),
    ]


def test_the_values_of_merge_fields_count_for_the_size() -> None:
    message = with_body("x" * 102_000)
    assert [one.code for one in preflight(message, LOOK, FIELDS, extra=1_000)] == ["size"]
