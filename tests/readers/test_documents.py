"""What the W3C's feed validator minded once in documents of the two hundred articles, their archives included.

The validator itself is run by hand: it is no package.  These are its rules that mattered.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from lxml import etree, html

from pipeline.publish.gate import check_atom, check_json_feed, check_page, check_rss
from tests.readers.conftest import Published

ATOM = "{http://www.w3.org/2005/Atom}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
CHECKS = {"atom.xml": check_atom, "rss.xml": check_rss, "feed.json": check_json_feed, "index.html": check_page}
# HTML's own elements that the validator takes for a risk.
RISKY = {"bdo", "math", "svg", "script", "style", "iframe", "object", "embed", "applet", "base", "meta", "link"}
_ABSOLUTE = re.compile(r"(?:https?://[^/]|mailto:|tel:|data:image/|#)", re.IGNORECASE)
_END_TAG = re.compile(r"</\w+>")


def trees(published: Published, name: str) -> dict[Path, etree._Element]:
    """The feed's document of that name, and those of its archives."""
    files = sorted(published.directory.rglob(name))
    assert len(files) > 1
    return {file: etree.parse(file).getroot() for file in files}


def contents(published: Published) -> list[str]:
    atom = [one.text or "" for tree in trees(published, "atom.xml").values() for one in tree.iter(f"{ATOM}content")]
    rss = [one.text or "" for tree in trees(published, "rss.xml").values() for one in tree.iter("description", ENCODED)]
    items = [
        item.get("content_html", "")
        for file in published.directory.rglob("feed.json")
        for item in json.loads(file.read_bytes())["items"]
    ]
    return [*atom, *rss, *items]


@pytest.mark.parametrize(("name", "check"), CHECKS.items(), ids=CHECKS)
def test_every_document_passes_the_gate(published: Published, name: str, check: Callable[[BinaryIO], None]) -> None:
    for file in published.directory.rglob(name):
        with file.open("rb") as document:
            check(document)


def test_no_two_entries_of_a_document_were_updated_at_the_same_moment(published: Published) -> None:
    for file, tree in trees(published, "atom.xml").items():
        times = Counter(entry.findtext(f"{ATOM}updated") for entry in tree.iter(f"{ATOM}entry"))
        assert [time for time, number in times.items() if number > 1] == [], file


def test_a_title_that_looks_like_markup_says_that_it_is_none(published: Published) -> None:
    for tree in trees(published, "atom.xml").values():
        for entry in tree.iter(f"{ATOM}entry"):
            title = entry.find(f"{ATOM}title")
            assert title is not None
            if title.get("type", "text") == "text":
                assert not _END_TAG.search(title.text or "")


def test_every_link_in_a_text_is_absolute_and_nothing_in_it_is_a_risk(published: Published) -> None:
    for text in contents(published):
        if not text.strip():
            continue
        for element in html.fragment_fromstring(text, create_parent="div").iter():
            assert element.tag not in RISKY
            for name in ("href", "src", "poster", "cite"):
                value = element.get(name)
                assert value is None or _ABSOLUTE.match(value), value


def test_no_document_has_characters_that_are_discouraged(published: Published) -> None:
    for name in CHECKS:
        for file in published.directory.rglob(name):
            text = file.read_text("utf-8")
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffd-\uffff]", text), file


def test_authors_are_names_and_topics_have_no_markup(published: Published) -> None:
    for tree in trees(published, "rss.xml").values():
        assert [one.text for one in tree.iter(CREATOR) if "@" in (one.text or "") or (one.text or "")[:1] in "( "] == []
        assert [one.text for one in tree.iter("category") if {"<", ">"} & set(one.text or "")] == []
    for tree in trees(published, "atom.xml").values():
        assert [one.text for one in tree.iter(f"{ATOM}name") if "@" in (one.text or "")] == []


def test_ids_are_spelled_as_all_readers_compare_them(published: Published) -> None:
    for tree in trees(published, "atom.xml").values():
        for one in tree.iter(f"{ATOM}id"):
            scheme, _, rest = (one.text or "").partition(":")
            host = rest.removeprefix("//").partition("/")[0]
            assert scheme == scheme.lower()
            assert rest[:2] != "//" or host == host.lower()


def test_every_article_is_in_the_archives_or_in_the_feed(published: Published) -> None:
    shown = {
        entry.findtext(f"{ATOM}id")
        for tree in trees(published, "atom.xml").values()
        for entry in tree.iter(f"{ATOM}entry")
    }
    assert shown == {article.id for article in published.articles}
