from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.article import ArticleId, Content
from pipeline.domain.canonical import canonical_url, tells_apart
from pipeline.domain.identity import Alias, Known, aliases, believable, content_hash, identify, public_id
from pipeline.domain.resemblance import fingerprint, identical, letters, resembles, said

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LONG = "Die Sonde hat am Morgen die Umlaufbahn verlassen und fliegt nun zum Mond, wo sie im Sommer landen soll. " * 3
OTHER = "Im Hafen liegt seit gestern ein Schiff, das mit Wind fährt: Rotoren auf dem Deck sparen Öl. " * 3


# ---- addresses


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.example/x", "https://www.a.example/x/"),
        ("https://a.example:443/x", "http://a.example:80/x"),
        ("https://A.Example/x", "https://a.example/x"),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2"),
        ("https://a.example/x?utm_source=a&utm_medium=b", "https://a.example/x"),
        ("https://a.example/x?fbclid=1&gclid=2&mc_cid=3&mtm_campaign=4&xtor=5", "https://a.example/x"),
        ("https://a.example/x?source=rss", "https://a.example/x?from=newsletter-7"),
        ("https://a.example/x#comments", "https://a.example/x"),
        ("https://a.example/x;jsessionid=ABC?y=1", "https://a.example/x?y=1"),
        ("https://a.example/%7Eme/x", "https://a.example/~me/x"),
        ("https://a.example/gr%c3%bc%C3%9Fe", "https://a.example/grüße"),
        ("https://amp.a.example/x", "https://a.example/x"),
        ("https://a.example/amp/x", "https://a.example/x"),
        ("https://a.example/x/amp/", "https://a.example/x"),
        ("https://a.example/x.amp.html", "https://a.example/x.html"),
        ("https://a.example/x?amp", "https://a.example/x?outputType=amp"),
        ("https://www.google.de/amp/s/a.example/x/amp/", "https://a.example/x"),
        ("https://a-example.cdn.ampproject.org/c/s/a.example/x", "https://a.example/x"),
        ("https://m.a.example/x", "https://mobile.a.example/x"),
        ("https://de.m.wikipedia.org/wiki/Mond", "https://de.wikipedia.org/wiki/Mond"),
        ("https://a.example/x/index.html", "https://a.example/x/"),
        ("https://a.example/index.php?p=7", "https://a.example/?p=7"),
    ],
)
def test_addresses_of_one_page(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x", "https://a.example:8080/x"),
        ("https://a.example/?p=7", "https://a.example/?p=8"),
        ("https://a.example/x?page=1", "https://a.example/x?page=2"),
        ("https://a.example/x?lang=de", "https://a.example/x?lang=en"),
        ("https://a.example/x?source=print", "https://a.example/x?source=web"),
        ("https://a.example/x?gid=1", "https://a.example/x?gid=2"),
        ("https://a.example/story?sid=1", "https://a.example/story?sid=2"),
        ("https://m.de/x", "https://de/x"),
        ("https://amp.dev/x", "https://dev/x"),
        ("https://blog.a.example/x", "https://a.example/x"),
        ("https://a.example/lamp", "https://a.example/l"),
        ("https://a.example/camp/x", "https://a.example/x"),
        ("https://a.example/#!/x", "https://a.example/#!/y"),
    ],
)
def test_addresses_of_two_pages(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", False),
        ("https://a.example/?utm_source=rss", False),
        ("https://a.example/index.html", False),
        ("https://a.example/?p=7", True),
        ("https://a.example/x", True),
        ("https://a.example/#!/x", True),
    ],
)
def test_the_front_page_tells_no_article_from_another(url: str, expected: bool) -> None:  # noqa: FBT001
    assert tells_apart(canonical_url(url)) is expected


@given(st.text(max_size=60))
def test_any_text_as_an_address_is_compared_or_refused(text: str) -> None:
    try:
        canonical = canonical_url(f"https://a.example/{text}")
    except ValueError:
        return
    assert canonical_url(f"http:{canonical}") == canonical


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_key_and_address_has_aliases(key: str, url: str) -> None:
    assert aliases("a", key, Content(title="T", html="", url=f"https://{url}/x"))


# ---- texts


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{LONG}</p>",
        f"<div>{LONG.replace(' ', chr(10))}<br></div>",
        f"<p>{LONG.replace('Sonde', '<b>Son</b>de')}</p>",
        f"<p>{LONG.replace(',', '&nbsp;–')}</p>",
        f"<p>{LONG.upper()}</p>",
        f"<p>{LONG}</p><p>The post <a>Mond</a> appeared first on <a>Blog</a>.</p>",
        f"<p>{LONG}</p><p>Der Beitrag Mond erschien zuerst auf Blog.</p>",
        f"<p>{LONG}</p><p>L’article Mond est apparu en premier sur Blog.</p>",
        f"<p>{LONG}</p><p><a>Weiterlesen</a> →</p>",
        f"<p>{LONG} […]</p>",
    ],
)
def test_one_text_has_one_fingerprint_however_it_is_marked_up(html: str) -> None:
    assert fingerprint(Content(title="Zum Mond", html=html)) == fingerprint(Content(title="zum  Mond!", html=LONG))


def test_short_texts_have_no_fingerprint() -> None:
    assert fingerprint(Content(title="Ein langer Titel " * 20, html="<p>Kurz.</p>")) is None


def test_what_stands_in_the_middle_is_not_taken_for_what_a_generator_appends() -> None:
    middle = f"The post office appeared first on the list. {LONG * 4}"
    assert letters(middle).startswith("thepostofficeappearedfirstonthelist")


@given(st.text(max_size=400))
def test_any_text_can_be_compared(text: str) -> None:
    content = Content(title=text, html=f"<p>{text}</p>")
    assert identical(content, content)
    assert resembles(content, content, same_page=False)
    assert said(said(text)) == said(text)


@pytest.mark.parametrize(
    ("one", "other", "same_page", "expected"),
    [
        (Content(title="A", html=LONG), Content(title="B", html=LONG + OTHER), False, True),
        (Content(title="A", html=LONG), Content(title="A", html=OTHER), True, False),
        (Content(title="Zum Mond", html="x"), Content(title="Zum Mond!", html="y"), False, True),
        (Content(title="Podcast 12", html="x"), Content(title="Podcast 13", html="y"), False, False),
        (Content(title="Eins", html="x"), Content(title="Zwei", html="y"), True, True),
        (Content(title="Eins", html="x"), Content(title="Zwei", html="y"), False, False),
        (Content(title="A", html="x", language="de"), Content(title="A", html="y", language="en"), True, False),
        (Content(title="A", html="x", language="de"), Content(title="A", html="y", language="de-AT"), True, True),
        (
            Content(title="A", html="x", published=NOW),
            Content(title="A", html="y", published=NOW - timedelta(days=7)),
            True,
            False,
        ),
    ],
)
def test_what_can_be_one_article(one: Content, other: Content, same_page: bool, expected: bool) -> None:  # noqa: FBT001
    assert resembles(one, other, same_page=same_page) is expected
    assert resembles(other, one, same_page=same_page) is expected


# ---- decisions


def known(content: Content, *keys: tuple[str, str], lead: tuple[str, str] | None = None) -> Known:
    return Known(
        article=ArticleId(1),
        content=content,
        content_hash=content_hash(content),
        retracted=False,
        keys=frozenset(keys),
        lead=lead,
    )


def nothing(_name: Alias) -> Known | None:
    return None


texts = st.sampled_from(["Kurz.", "Anders.", LONG, OTHER, LONG + OTHER])
urls = st.sampled_from([None, "https://a.example/1", "https://a.example/2", "https://a.example/1?utm_source=x"])
dates = st.sampled_from([None, NOW, NOW - timedelta(days=1), NOW - timedelta(days=9)])
contents = st.builds(Content, title=st.sampled_from(["Eins", "Zwei", "Nr. 1"]), html=texts, url=urls, published=dates)


@given(contents)
def test_what_a_source_shows_unchanged_is_never_a_revision(content: Content) -> None:
    it = known(content, ("a", "k"), lead=("a", "k"))
    verdict = identify("a", "k", content, by_key=it, by_alias=nothing, present={"k"})
    assert (verdict.article, verdict.revised) == (it.article, False)


@given(contents, contents)
def test_an_article_that_another_item_of_the_answer_is_swallows_no_other(shown: Content, content: Content) -> None:
    it = known(shown, ("a", "1"), lead=("a", "1"))
    verdict = identify("a", "2", content, by_key=None, by_alias=lambda _: it, present={"1", "2"})
    assert verdict.article is None or identical(shown, content)


@given(contents, contents)
def test_only_the_leading_source_revises(shown: Content, content: Content) -> None:
    it = known(shown, ("a", "1"), ("b", "1"), lead=("a", "1"))
    assert not identify("b", "1", content, by_key=it, by_alias=nothing, present={"1"}).revised


@given(contents, contents)
def test_two_sources_that_differ_come_to_rest(one: Content, other: Content) -> None:
    """However often they are collected, there is at most one revision more."""
    current = known(one, ("a", "k"), ("b", "k"), lead=None)
    revisions = 0
    for source, content in [("a", one), ("b", other)] * 4:
        verdict = identify(source, "k", content, by_key=current, by_alias=nothing, present={"k"})
        if verdict.article is not None and verdict.revised:
            revisions += 1
            current = replace(
                current,
                content=verdict.content,
                content_hash=content_hash(verdict.content),
                lead=(source, "k"),
            )
    assert revisions <= 1


@given(contents, contents)
def test_a_trusted_key_always_decides(shown: Content, content: Content) -> None:
    it = known(shown, ("a", "k"), lead=("a", "k"))
    verdict = identify("a", "k", content, by_key=it, by_alias=nothing, present={"k"}, trusted=True)
    assert verdict.article == it.article
    assert verdict.content == content


def test_a_verdict_says_why() -> None:
    it = known(Content(title="A", html=LONG, url="https://a.example/1"), ("a", "1"), lead=("a", "1"))
    moved = Content(title="A", html=LONG, url="https://a.example/1?utm_source=b")
    assert identify("a", "1", moved, by_key=it, by_alias=nothing, present={"1"}).reason == "its key"
    by_url = identify(
        "a", "2", moved, by_key=None, by_alias=lambda name: it if name[0] == "url" else None, present={"2"}
    )
    assert by_url.reason == "its url"
    assert identify("a", "2", moved, by_key=None, by_alias=nothing, present={"2"}).reason == "nothing that is known"


def test_a_public_id_is_the_sources_own_uri_or_one_of_ours() -> None:
    content = Content(title="A", html="", published=NOW)
    assert public_id("n.example", "a", "tag:a.example,2026:1", content, NOW) == "tag:a.example,2026:1"
    assert public_id("n.example", "a", "1 ü", content, NOW) == "tag:n.example,2026-03-01:a/1%20%C3%BC"


def test_a_date_in_the_future_is_not_believed() -> None:
    content, notes = believable(Content(title="A", html="", published=NOW + timedelta(days=3), updated=NOW), NOW)
    assert (content.published, content.updated, len(notes)) == (None, NOW, 1)
